// decay/decay.json natively: a million scores that have decayed, as an explanation reads them, have
// the bits that wasm/test/decay.test.mjs finds in Node, workerd and Chromium.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "heed/base/hash.h"
#include "heed/runtime/session.h"
#include "heed/studio/compile.h"

namespace heed {
namespace {

constexpr std::int64_t year_ms = 365LL * 86'400'000;

/// Marsaglia's xorshift: 32 bits at a time.
class Xorshift {
 public:
  explicit Xorshift(std::uint32_t seed) : x_(seed) {}
  std::uint32_t operator()() {
    x_ ^= x_ << 13U;
    x_ ^= x_ >> 17U;
    x_ ^= x_ << 5U;
    return x_;
  }
  std::int64_t pause() {
    const std::uint64_t any = (*this)();
    return static_cast<std::int64_t>(any % (std::uint64_t{1} << (*this)() % 34)) + 1;
  }
  double weight() {
    const double any = (*this)();
    return (any - 0x1p31) / std::ldexp(1.0, static_cast<int>((*this)() % 40));
  }

 private:
  std::uint32_t x_;
};

struct Vector {
  std::string source;
  std::string digest;
  std::uint32_t seed = 0;
  std::uint64_t steps = 0;
};

Vector read_vector() {
  simdjson::ondemand::parser parser;
  const auto text =
      simdjson::padded_string::load(HEED_SOURCE_DIR "/tests/vectors/decay/decay.json").value();
  simdjson::ondemand::document json = parser.iterate(text);
  Vector vector;
  vector.seed = static_cast<std::uint32_t>(std::uint64_t(json["seed"]));
  vector.steps = std::uint64_t(json["steps"]);
  vector.digest = std::string(std::string_view(json["digest"]));
  vector.source = std::string(std::string_view(simdjson::to_json_string(json["source"]).value()));
  return vector;
}

/// Puts each score where its name, f0 to f249, says.
void read_scores(const Ruleset& ruleset, const Explanation& why, std::span<double> scores) {
  ASSERT_EQ(why.inputs.size(), scores.size());
  for (const InputValue& input : why.inputs) {
    const auto row = ruleset.at<std::uint32_t>(image::Column::input_row, input.input.index);
    const std::string name(ruleset.text(image::Column::feature_name, row));
    scores[std::stoul(name.substr(1))] = std::get<double>(input.value);
  }
}

std::string digest_of(const Ruleset& ruleset, const Vector& vector) {
  Xorshift random(vector.seed);
  std::int64_t now = 50 * year_ms;
  Session session = Session::create(ruleset, "u1", TimeMs{now}, Level::device, 1).value();
  const SignalId seen = ruleset.find_signal("seen").value();
  const SlotId all = ruleset.find_slot("all").value();
  const std::size_t count = ruleset.row_count(image::Column::feature_name);
  std::vector<double> scores(vector.steps * count);
  for (std::uint64_t step = 0; step < vector.steps; ++step) {
    now += random.pause();
    const FieldValue weight{0, random.weight()};
    EXPECT_TRUE(session.observe(seen, std::span(&weight, 1), "", TimeMs{now}).has_value());
    now += random.pause();
    read_scores(ruleset, session.explain(all, TimeMs{now}),
                std::span(scores).subspan(step * count, count));
  }
  const auto* bytes = reinterpret_cast<const char*>(scores.data());
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(xxh64({bytes, 8 * scores.size()}, 0)));
  return text;
}

TEST(Decay, a_million_scores_have_the_bits_that_every_host_finds) {
  Vector vector = read_vector();
  const compile::SourceFile file{"decay.heed.json", vector.source};
  const auto result = compile::compile(std::span(&file, 1), {});
  ASSERT_TRUE(result.compiled) << compile::to_text(result.diagnostics);
  const Ruleset ruleset = Ruleset::open(result.compiled->image).value();
  EXPECT_EQ(digest_of(ruleset, vector), vector.digest);
  vector.seed += 1;
  vector.steps = 9;
  EXPECT_NE(digest_of(ruleset, vector), vector.digest);
}

}  // namespace
}  // namespace heed
