// What a decision costs natively: every slot of a page, and one slot after an attribute changed.
//
//   ./dev bench decide [Google Benchmark options]
//
// Rule i of N matches visitors with i <= n < i + 1, in one of ten slots; so each answer is known,
// and a wrong one stops the run before anything is timed.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/runtime/ruleset.h"
#include "heed/runtime/session.h"
#include "heed/studio/compile.h"

namespace {

constexpr std::uint32_t slot_count = 10;
constexpr heed::TimeMs now{1'795'687'200'000};

std::string source(std::uint32_t rule_count) {
  std::string text = R"({"site": "bench", "version": 1, "expires": "2099-01-01T00:00:00Z",
    "attributes": {"n": {"type": "number"}}, "slots": {)";
  for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
    text += (slot ? ", \"s" : "\"s") + std::to_string(slot) + "\": {}";
  }
  text += "}, \"triggers\": {";
  for (std::uint32_t rule = 0; rule < rule_count; ++rule) {
    const std::string name = std::to_string(rule);
    text += (rule ? ", \"r" : "\"r") + name + R"(": {"slot": "s)";
    text += std::to_string(rule % slot_count) + R"(", "when": "n >= )" + name + " && n < ";
    text += std::to_string(rule + 1) + R"(", "parts": {"arm": ["a", "b"]}})";
  }
  return text + "}}";
}

std::optional<heed::Ruleset> ruleset_of(std::uint32_t rule_count) {
  const std::vector<heed::compile::SourceFile> files = {{"bench.heed.json", source(rule_count)}};
  const heed::compile::CompileResult result = heed::compile::compile(files);
  if (!result.compiled) return std::nullopt;
  auto ruleset = heed::Ruleset::open(result.compiled->image);
  return ruleset ? std::optional(std::move(*ruleset)) : std::nullopt;
}

/// A visitor with n = `n`; the rule floor(n) is the only one that matches.
std::optional<heed::Session> session_at(const heed::Ruleset& ruleset, double n) {
  auto session = heed::Session::create(ruleset, "visitor", now, heed::Level::device, 1);
  if (!session || !session->set(*ruleset.find_attribute("n"), n, now)) return std::nullopt;
  return std::move(*session);
}

bool answers_right(const heed::Ruleset& ruleset, heed::Session& session, std::uint32_t rule) {
  heed::Array<heed::Decision> decisions;
  session.decide_all(now, decisions);
  std::size_t won = 0;
  for (const heed::Decision& decision : decisions) {
    if (decision.reason == heed::Reason::no_trigger) continue;
    ++won;
    const std::string name = "r" + std::to_string(rule);
    if (ruleset.name(decision.trigger) != name) return false;
  }
  return won == 1;
}

void decide_all(benchmark::State& state) {
  const auto rule_count = static_cast<std::uint32_t>(state.range(0));
  const auto ruleset = ruleset_of(rule_count);
  if (!ruleset) return state.SkipWithError("the source does not compile");
  auto session = session_at(*ruleset, rule_count - 0.5);
  if (!session || !answers_right(*ruleset, *session, rule_count - 1)) {
    return state.SkipWithError("a decision is wrong");
  }
  heed::Array<heed::Decision> decisions;
  for ([[maybe_unused]] auto _ : state) {
    session->decide_all(now, decisions);
    benchmark::DoNotOptimize(decisions.data());
  }
}
BENCHMARK(decide_all)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

void set_and_decide(benchmark::State& state) {
  const auto rule_count = static_cast<std::uint32_t>(state.range(0));
  const auto ruleset = ruleset_of(rule_count);
  if (!ruleset) return state.SkipWithError("the source does not compile");
  auto session = session_at(*ruleset, 0.5);
  if (!session || !answers_right(*ruleset, *session, 0)) {
    return state.SkipWithError("a decision is wrong");
  }
  const heed::AttributeId attribute = *ruleset->find_attribute("n");
  const heed::SlotId slot = *ruleset->find_slot("s0");
  double n = 0.5;
  for ([[maybe_unused]] auto _ : state) {
    n = n + 1 < rule_count ? n + 1 : 0.5;
    if (!session->set(attribute, n, now)) return state.SkipWithError("the attribute is refused");
    benchmark::DoNotOptimize(session->decide(slot, now));
  }
}
BENCHMARK(set_and_decide)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
