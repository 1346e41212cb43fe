// An index that finds no room at any of its allocations leaves nothing behind: the session that
// asked for it decides by a scan as before.
#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "heed/studio/compile.h"
#include "pair.h"
#include "support/allocations.h"

namespace heed::reference {
namespace {

using test::allocations_left;
using test::bytes_held;
using test::no_limit;

/// Whether an index was built with so many allocations; without one nothing stays behind.
bool built(const Ruleset& ruleset, std::size_t allocations) {
  const std::size_t before = bytes_held;
  allocations_left = allocations;
  bool is_built = true;
  try {
    const Index index(ruleset);
  } catch (const std::bad_alloc&) {
    is_built = false;
  }
  allocations_left = no_limit;
  EXPECT_EQ(bytes_held, before) << allocations;
  return is_built;
}

TEST(IndexMemory, wherever_it_runs_out_nothing_is_left_and_the_scan_goes_on) {
  Random random(20261122);
  std::size_t failures = 0;
  for (int source = 0; source < 20; ++source) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    const Visitor visitor = pair->oracle.read_line(random_line(random, pair->source.vocabulary));
    const TimeMs now{visitor.now};
    Session session = Session::create(pair->ruleset, visitor.id, now, Level::device, 1).value();
    Array<Winner> expected;
    session.winners(now, expected);
    std::size_t allocations = 0;
    while (!built(pair->ruleset, allocations)) {
      ++allocations;
      ++failures;
      Array<Winner> winners;
      session.winners(now, winners);
      ASSERT_EQ(winners, expected);
    }
    const Index index(pair->ruleset);
    session.use(&index);
    Array<Winner> winners;
    session.winners(now, winners);
    ASSERT_EQ(winners, expected);
  }
  EXPECT_GT(failures, 500U);
}

TEST(IndexMemory, of_a_session_is_bounded_by_the_rules_not_by_the_members_that_they_name) {
  constexpr std::size_t rule_count = 20'000;
  std::string slots;
  std::string triggers;
  for (std::size_t i = 0; i < rule_count; ++i) {
    const std::string n = std::to_string(i);
    slots += (i ? ",\"s" : "\"s") + n + "\": {}";
    triggers += (i ? ",\"r" : "\"r") + n + R"(": {"slot": "s)" + n + R"(", "when": "'m)" + n;
    triggers += R"(' in tags", "parts": {"arm": ["a"]}})";
  }
  const std::string text = R"({"site": "t", "version": 1, "expires": "2099-01-01T00:00:00Z",
    "attributes": {"tags": {"type": "set"}}, "slots": {)" +
                           slots + "}, \"triggers\": {" + triggers + "}}";
  const std::vector<compile::SourceFile> files = {{"t.heed.json", text}};
  const compile::CompileResult result = compile::compile(files);
  ASSERT_TRUE(result.compiled);
  const Ruleset ruleset = Ruleset::open(result.compiled->image).value();
  const Index index(ruleset);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < limits::set_member_count_max; ++i) {
    texts.push_back("m" + std::to_string(i * 71));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  Array<Winner> winners;
  winners.reserve(texts.size());
  const std::size_t before = bytes_held;
  Session session = Session::create(ruleset, "u1", TimeMs{0}, Level::device, 1).value();
  session.use(&index);
  ASSERT_TRUE(session.set(ruleset.find_attribute("tags").value(), Members(views), TimeMs{0}));
  session.winners(TimeMs{0}, winners);
  EXPECT_EQ(winners.size(), texts.size());
  EXPECT_LE(bytes_held - before, rule_count * 3 / 2);
}

}  // namespace
}  // namespace heed::reference
