// The index of large rulesets: what it answers is what a scan answers, for as many values as there
// may be, in bounded memory.
#include "heed/runtime/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "heed/runtime/session.h"
#include "heed/studio/compile.h"
#include "random.h"

namespace heed::reference {
namespace {

constexpr TimeMs now{1'795'168'800'000};
constexpr std::size_t many_members = 20'000;

/// Rules in turn over the slots, earlier before later; each shows `a`.
std::string source(const std::string& attributes, const std::vector<std::string>& conditions,
                   std::size_t slot_count) {
  std::string text = R"({"site": "t", "version": 1, "expires": "2099-01-01T00:00:00Z", )";
  text += R"("attributes": {)" + attributes + R"(}, "slots": {)";
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    text += (slot ? ",\"s" : "\"s") + std::to_string(slot) + "\": {}";
  }
  text += "}, \"triggers\": {";
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const std::string number = std::to_string(i);
    text += (i ? ",\"r" : "\"r") + number + R"(": {"slot": "s)" + std::to_string(i % slot_count);
    text += R"(", "priority": )" + std::to_string(conditions.size() - i) + R"(, "when": ")";
    text += conditions[i] + R"(", "parts": {"arm": ["a"]}})";
  }
  return text + "}}";
}

Ruleset compiled(const std::string& text) {
  const std::vector<compile::SourceFile> files = {{"t.heed.json", text}};
  const compile::CompileResult result = compile::compile(files);
  if (!result.compiled) throw std::runtime_error(compile::to_json(result.diagnostics));
  return Ruleset::open(result.compiled->image).value();
}

/// The same without the rules that can never show, which the compiler refuses.
Ruleset shown(const std::string& attributes, std::vector<std::string> conditions,
              std::size_t slot_count) {
  while (true) {
    const std::vector<compile::SourceFile> files = {
        {"t.heed.json", source(attributes, conditions, slot_count)}};
    const compile::CompileResult result = compile::compile(files);
    if (result.compiled) return Ruleset::open(result.compiled->image).value();
    std::vector<std::size_t> gone;
    for (const compile::Diagnostic& diagnostic : result.diagnostics) {
      if (diagnostic.severity != compile::Severity::error) continue;
      if (diagnostic.code != "unreachable" && diagnostic.code != "shadowed") {
        throw std::runtime_error(compile::to_text(result.diagnostics));
      }
      gone.push_back(std::stoul(diagnostic.path.substr(std::string_view("$.triggers.r").size())));
    }
    std::sort(gone.begin(), gone.end());
    gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
    while (!gone.empty()) {
      conditions.erase(conditions.begin() + static_cast<std::ptrdiff_t>(gone.back()));
      gone.pop_back();
    }
  }
}

Session session_of(const Ruleset& ruleset, const Index* index) {
  Session session = Session::create(ruleset, "u1", now, Level::device, 1).value();
  session.use(index);
  return session;
}

Array<Winner> winners_of(const Session& session) {
  Array<Winner> winners;
  session.winners(now, winners);
  return winners;
}

/// Conditions over every kind of attribute, wide and narrow, plain, negated and joined.
std::vector<std::string> random_conditions(Random& random, std::size_t count) {
  const auto number = [&](std::size_t below) { return std::to_string(random.below(below)); };
  std::vector<std::string> conditions;
  const auto atom = [&]() -> std::string {
    switch (random.below(9)) {
      case 0:
        return "s == 'v" + number(300) + "'";
      case 1:
        return "s != 'v" + number(300) + "'";
      case 2:
        return "!(s in ['v" + number(300) + "', 'w" + number(9) + "'])";
      case 3:
        return "n >= " + number(500);
      case 4:
        return "n < " + number(500);
      case 5:
        return "'m" + number(9) + "' in few";
      case 6:
        return "!('m" + number(90) + "' in many)";
      case 7:
        return random.chance(50) ? "b" : "!b";
      default:
        return random.chance(50) ? "has(s) || n < " + number(50) : "n * 2.0 > " + number(900);
    }
  };
  while (conditions.size() < count) {
    std::string condition = "(" + atom() + ") && (" + atom() + ")";
    if (random.chance(30)) condition = "(" + condition + ") || (" + atom() + " && b)";
    conditions.push_back(condition);
  }
  return conditions;
}

void change(Random& random, const Ruleset& ruleset, const std::vector<Session*>& sessions) {
  const auto set = [&](const char* name, const Value& value) {
    const AttributeId id = ruleset.find_attribute(name).value();
    for (Session* session : sessions) {
      ASSERT_TRUE(session->set(id, value, now));
    }
  };
  if (random.chance(10)) {
    static const std::vector<const char*> names = {"s", "n", "few", "many", "b"};
    return set(random.pick(names), Absent{});
  }
  const std::string text = "v" + std::to_string(random.below(320));
  std::vector<std::string> members;
  for (std::size_t i = random.below(6); i > 0; --i) {
    members.push_back("m" + std::to_string(random.below(95)));
  }
  const std::vector<std::string_view> views(members.begin(), members.end());
  switch (random.below(5)) {
    case 0:
      return set("s", std::string_view(text));
    case 1:
      return set("n", static_cast<double>(random.below(1010)) / 2);
    case 2:
      return set("few", Members(views));
    case 3:
      return set("many", Members(views));
    default:
      return set("b", random.chance(50));
  }
}

TEST(Index, of_hundreds_of_rules_answers_as_the_scan_after_every_change) {
  Random random(20261122);
  const std::string attributes =
      R"("s": {"type": "string"}, "n": {"type": "number"}, "few": {"type": "set"},
         "many": {"type": "set"}, "b": {"type": "bool"})";
  for (const std::size_t slot_count : {1, 8, 600}) {
    const Ruleset ruleset =
        shown(attributes, random_conditions(random, slot_count == 1 ? 300 : 600), slot_count);
    const Index dense(ruleset, std::size_t{1} << 30);
    const Index some(ruleset, 20'000);
    const Index sparse(ruleset, 0);
    ASSERT_LT(sparse.size_bytes(), dense.size_bytes());
    Session scan = session_of(ruleset, nullptr);
    std::vector<Session> others;
    for (const Index* index : {&dense, &some, &sparse}) {
      others.push_back(session_of(ruleset, index));
    }
    for (int i = 0; i < 3000; ++i) {
      change(random, ruleset, {&scan, &others[0], &others[1], &others[2]});
      const Array<Winner> expected = winners_of(scan);
      for (const Session& other : others) ASSERT_EQ(winners_of(other), expected) << "change " << i;
    }
  }
}

constexpr std::size_t many = 100'000;
constexpr std::size_t bytes_a_rule_max = 130;

void expect_only(const Session& session, const Ruleset& ruleset, const std::string& name) {
  const Array<Winner> winners = winners_of(session);
  ASSERT_EQ(winners.size(), 1U) << name;
  EXPECT_EQ(ruleset.name(winners[0].trigger), name);
}

TEST(Index, of_a_hundred_thousand_strings_on_one_attribute_is_bounded) {
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < many; ++i) conditions.push_back("s == 'k" + std::to_string(i) + "'");
  const Ruleset ruleset = compiled(source(R"("s": {"type": "string"})", conditions, many / 10));
  const Index index(ruleset);
  EXPECT_LE(index.size_bytes(), many * bytes_a_rule_max);
  Session session = session_of(ruleset, &index);
  const AttributeId attribute = ruleset.find_attribute("s").value();
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t k = i < 2 ? (many - 1) * static_cast<std::size_t>(i) : random.below(many);
    const std::string text = "k" + std::to_string(k);
    ASSERT_TRUE(session.set(attribute, std::string_view(text), now));
    expect_only(session, ruleset, "r" + std::to_string(k));
  }
  ASSERT_TRUE(session.set(attribute, std::string_view("k"), now));
  EXPECT_TRUE(winners_of(session).empty());
  ASSERT_TRUE(session.set(attribute, Absent{}, now));
  EXPECT_TRUE(winners_of(session).empty());
}

TEST(Index, of_a_hundred_thousand_thresholds_on_one_number_is_bounded) {
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < many; ++i) {
    conditions.push_back("n >= " + std::to_string(i) + " && n < " + std::to_string(i + 1));
  }
  const Ruleset ruleset = compiled(source(R"("n": {"type": "number"})", conditions, many / 10));
  const Index index(ruleset);
  EXPECT_LE(index.size_bytes(), many * bytes_a_rule_max);
  Session session = session_of(ruleset, &index);
  const AttributeId attribute = ruleset.find_attribute("n").value();
  Random random(8);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t k = i < 2 ? (many - 1) * static_cast<std::size_t>(i) : random.below(many);
    const double at = static_cast<double>(k) + (random.chance(50) ? 0 : 0.5);
    ASSERT_TRUE(session.set(attribute, at, now));
    expect_only(session, ruleset, "r" + std::to_string(k));
  }
  for (const double outside : {-0.5, static_cast<double>(many)}) {
    ASSERT_TRUE(session.set(attribute, outside, now));
    EXPECT_TRUE(winners_of(session).empty());
  }
}

/// What rules over two sets ask: of the first the presence or absence of members, of the second
/// whether it is there and lacks one.
struct Asked {
  std::vector<std::size_t> there;
  std::vector<std::size_t> not_there;
  bool other_without = false;  // has(few), and its first member is not there

  [[nodiscard]] std::string condition() const {
    std::string text;
    const auto add = [&](const std::string& more) { text += (text.empty() ? "" : " && ") + more; };
    for (const std::size_t m : there) add("'m" + std::to_string(m) + "' in tags");
    for (const std::size_t m : not_there) add("!('m" + std::to_string(m) + "' in tags)");
    if (other_without) add("!('m0' in few)");
    return text;
  }
};

using Set = std::optional<std::set<std::size_t>>;  // of members' numbers; nothing: absent

bool holds(const Asked& asked, const Set& tags, const Set& few) {
  if (!tags && !(asked.there.empty() && asked.not_there.empty())) return false;
  for (const std::size_t m : asked.there) {
    if (!tags->contains(m)) return false;
  }
  for (const std::size_t m : asked.not_there) {
    if (tags->contains(m)) return false;
  }
  return !asked.other_without || (few && !few->contains(0));
}

constexpr std::size_t member_slots = 500;

/// Of the last rule of a slot the absence of a member, else the presence of its own; what else is
/// asked is of members whose rules come later, so that no rule takes all of another's visitors.
Asked random_asked(Random& random, std::size_t own) {
  Asked asked;
  const bool is_last = own + member_slots >= many_members;
  (is_last ? asked.not_there : asked.there).push_back(own);
  if (is_last) return asked;
  const auto later = [&] { return own + 1 + random.below(many_members - own - 1); };
  if (random.chance(20)) asked.there.push_back(later());
  if (random.chance(20)) asked.not_there.push_back(later());
  asked.other_without = random.chance(10);
  std::erase(asked.not_there, asked.there.back());  // what contradicts itself is refused
  return asked;
}

void set_members(Session& session, AttributeId attribute, const Set& set) {
  std::vector<std::string> texts;
  for (const std::size_t m : set.value_or(std::set<std::size_t>())) {
    texts.push_back("m" + std::to_string(m));
  }
  texts.push_back("named by no rule");
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  ASSERT_TRUE(session.set(attribute, set ? Value(Members(views)) : Value(Absent{}), now));
}

void change(Random& random, std::size_t members, Set& set) {
  if (!set || random.chance(5)) return void(set.emplace());
  if (random.chance(5)) return set.reset();
  const std::size_t count = random.chance(20) ? 250 : 1 + random.below(3);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t member = random.below(members);
    if (set->contains(member) || set->size() > 250) {
      set->erase(random.chance(50) && !set->empty() ? *set->begin() : member);
    } else {
      set->insert(member);
    }
  }
}

TEST(Index, of_sets_that_name_twenty_thousand_members_answers_as_the_rules_read) {
  Random random(20261122);
  std::vector<Asked> rules;
  std::vector<std::string> conditions;
  while (rules.size() < many_members) {
    rules.push_back(random_asked(random, rules.size()));
    conditions.push_back(rules.back().condition());
  }
  const Ruleset ruleset = compiled(
      source(R"("tags": {"type": "set"}, "few": {"type": "set"})", conditions, member_slots));
  const Index index(ruleset);
  const Index sparse(ruleset, 0);
  EXPECT_LE(index.size_bytes(), many_members * 80);
  std::vector<Session> sessions;
  for (const Index* by : {static_cast<const Index*>(nullptr), &index, &sparse}) {
    sessions.push_back(session_of(ruleset, by));
  }
  Set tags;
  Set few;
  for (int i = 0; i < 300; ++i) {
    const bool is_tags = random.chance(80);
    change(random, is_tags ? many_members : 3, is_tags ? tags : few);
    std::vector<std::string> expected(member_slots);
    for (std::size_t rule = rules.size(); rule-- > 0;) {
      if (holds(rules[rule], tags, few)) expected[rule % member_slots] = "r" + std::to_string(rule);
    }
    std::erase(expected, "");
    for (Session& session : sessions) {
      const AttributeId attribute = ruleset.find_attribute(is_tags ? "tags" : "few").value();
      set_members(session, attribute, is_tags ? tags : few);
      std::vector<std::string> shown;
      for (const Winner& winner : winners_of(session)) {
        shown.emplace_back(ruleset.name(winner.trigger));
      }
      ASSERT_EQ(shown, expected) << "change " << i << " of session " << &session - &sessions[0];
      session.use(i % 7 == 0 ? &index : i % 11 == 0 ? nullptr : &sparse);
    }
  }
}

}  // namespace
}  // namespace heed::reference
