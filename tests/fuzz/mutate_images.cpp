// Mutates images of rulesets that use everything, seals them again, and lives with whatever open
// still accepts: none may be accepted and later trap.
//
//   mutate_images COUNT [SEED] [FOLDER]
//
// The image at hand when it dies is written to FOLDER.
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "reference/pair.h"
#include "support/live.h"
#include "support/rich_image.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEED_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HEED_SANITIZED
#endif
#if defined(HEED_SANITIZED)
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

using namespace heed;
using reference::Random;
using Bytes = std::vector<std::byte>;

constexpr int random_source_count = 40;
constexpr std::uint64_t report_every = 100'000;

Bytes at_hand;
std::string found_folder = ".";
std::uint64_t at_count = 0;

void keep_at_hand() {
  const std::string path = found_folder + "/image-" + std::to_string(at_count);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(at_hand.data()),
             static_cast<std::streamsize>(at_hand.size()));
  std::fprintf(stderr, "mutate_images: died of image %llu, kept as %s\n",
               static_cast<unsigned long long>(at_count), path.c_str());
}

std::vector<Bytes> sound_images() {
  const test::Image rich = test::rich_image();
  std::vector<Bytes> images = {{rich.bytes().begin(), rich.bytes().end()}};
  for (std::uint64_t seed = 1; images.size() <= random_source_count; ++seed) {
    Random random(seed);
    std::string refused;
    if (auto pair = reference::random_pair(random, refused)) {
      images.push_back(std::move(pair->image));
    }
  }
  return images;
}

/// A value near the one that is there, at an edge, or anything.
std::uint64_t near(Random& random, std::uint64_t value) {
  switch (random.below(6)) {
    case 0:
      return value + 1;
    case 1:
      return value - 1;
    case 2:
      return random.below(64);
    case 3:
      return ~std::uint64_t{0} >> random.below(64);
    case 4:
      return value ^ std::uint64_t{1} << random.below(64);
    default:
      return random.next();
  }
}

/// Where to edit: the section table decides what everything else is, so that it gets its share.
std::size_t place(Random& random, const Bytes& image, std::size_t width) {
  const std::size_t head = image::header_size_bytes;
  if (image.size() < head + 2 * width) return 0;
  const std::size_t table = std::min<std::size_t>(image.size() - head - width, 1024);
  const std::size_t room = random.chance(40) ? table : image.size() - head - width;
  const std::size_t at = head + random.below(room + 1);
  return random.chance(80) ? at / width * width : at;
}

void edit_number(Random& random, Bytes& image) {
  const std::size_t width = std::size_t{1} << random.below(4);
  if (image.size() < width) return;
  const std::size_t at = place(random, image, width);
  std::uint64_t value = 0;
  // A value that stands elsewhere is often right in form and wrong in sense.
  const std::size_t from = random.chance(25) ? place(random, image, width) : at;
  std::memcpy(&value, image.data() + from, width);
  if (from == at) value = near(random, value);
  std::memcpy(image.data() + at, &value, width);
}

void move_block(Random& random, Bytes& image) {
  const std::size_t from = random.below(image.size());
  const std::size_t to = random.below(image.size());
  const std::size_t count =
      std::min({1 + random.below(32), image.size() - from, image.size() - to});
  std::memmove(image.data() + to, image.data() + from, count);
}

void mutate(Random& random, Bytes& image) {
  if (image.empty()) return;
  switch (random.below(12)) {
    case 0:
      image[random.below(image.size())] = static_cast<std::byte>(random.next());
      break;
    case 1:
      image[random.below(image.size())] ^= static_cast<std::byte>(1U << random.below(8));
      break;
    case 2:
      move_block(random, image);
      break;
    case 3:
      image.resize(random.below(image.size() + 64));
      break;
    default:
      edit_number(random, image);
  }
}

/// Makes size and hash true, so that mutations get past them.
void seal(Bytes& image) {
  if (image.size() < image::header_size_bytes) return;
  const std::span<std::byte> bytes(image);
  store_le(bytes.subspan(image::HeaderAt::size_bytes), 0, std::uint64_t{image.size()});
  const auto body = bytes.subspan(image::header_size_bytes);
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  store_le(bytes.subspan(image::HeaderAt::body_hash), 0, xxh64(text, 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: mutate_images COUNT [SEED] [FOLDER]\n");
    return 2;
  }
  const std::uint64_t count = std::strtoull(argv[1], nullptr, 10);
  Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  if (argc > 3) found_folder = argv[3];
  std::signal(SIGABRT, [](int) { keep_at_hand(); });  // a promise broken, or an assertion
#if defined(HEED_SANITIZED)
  __sanitizer_set_death_callback(keep_at_hand);
#endif
  const std::vector<Bytes> sound = sound_images();
  std::uint64_t accepted = 0;
  for (at_count = 0; at_count < count; ++at_count) {
    at_hand = random.pick(sound);
    for (std::size_t edits = 1 + random.below(3); edits > 0; --edits) mutate(random, at_hand);
    if (random.chance(95)) seal(at_hand);
    if (at_count % report_every == 0 && at_count > 0) {
      std::printf("%llu images, %llu accepted\n", static_cast<unsigned long long>(at_count),
                  static_cast<unsigned long long>(accepted));
      std::fflush(stdout);
    }
    const Result<Ruleset> ruleset = Ruleset::open(at_hand);
    if (!ruleset) {
      test::require(ruleset.error().where <= at_hand.size(), "an error outside the image");
      continue;
    }
    ++accepted;
    const auto choice = static_cast<std::uint32_t>(random.below(8));
    test::live(*ruleset, choice % 4 == 0 ? Level::none : Level::account, choice);
  }
  std::printf("%llu images, %llu accepted, none trapped\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(accepted));
  return 0;
}
