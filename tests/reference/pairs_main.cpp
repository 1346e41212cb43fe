// Writes random pairs to a folder, for hosts that cannot link the oracle: NNNN.heed (unsigned),
// NNNN.in.ndjson and NNNN.out.ndjson, which must come out byte for byte.
//
//   heed_pairs FOLDER [SEED [SOURCES [VISITORS]]]
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "pair.h"

namespace heed::reference {
namespace {

std::string numbered(int number) {
  const std::string digits = std::to_string(number);
  return std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits;
}

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

int run(const std::filesystem::path& folder, std::uint64_t seed, int source_count,
        int visitor_count) {
  std::filesystem::create_directories(folder);
  Random random(seed);
  int written = 0;
  for (int attempt = 0; written < source_count; ++attempt) {
    if (attempt > source_count * 2) throw std::runtime_error("too many sources are refused");
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    std::string in;
    std::string out;
    for (int i = 0; i < visitor_count; ++i) {
      const std::string line = random_line(random, pair->source.vocabulary);
      in += line + "\n";
      out += pair->oracle.decide_line(line) + "\n";
    }
    const std::vector<std::byte>& image = pair->image;
    const std::string name = numbered(written++);
    write(folder / (name + ".heed.json"), pair->json);
    write(folder / (name + ".heed"), {reinterpret_cast<const char*>(image.data()), image.size()});
    write(folder / (name + ".in.ndjson"), in);
    write(folder / (name + ".out.ndjson"), out);
  }
  std::cout << written << " sources x " << visitor_count << " visitors, seed " << seed << "\n";
  return 0;
}

}  // namespace
}  // namespace heed::reference

int main(int argument_count, char** arguments) {
  if (argument_count < 2 || argument_count > 5) {
    std::cerr << "usage: heed_pairs FOLDER [SEED [SOURCES [VISITORS]]]\n";
    return 2;
  }
  const auto number = [&](int at, std::uint64_t otherwise) {
    return argument_count > at ? std::strtoull(arguments[at], nullptr, 10) : otherwise;
  };
  try {
    return heed::reference::run(arguments[1], number(2, 1), static_cast<int>(number(3, 400)),
                                static_cast<int>(number(4, 250)));
  } catch (const std::exception& error) {
    std::cerr << "heed_pairs: " << error.what() << "\n";
    return 1;
  }
}
