// The worked example of docs/formats/ruleset.md, made again from code.
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "heed/base/hash.h"
#include "session_fixture.h"

namespace heed::test {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(HEED_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The enumerators of image::Column, as its header spells them.
std::vector<std::string> column_names() {
  const std::string header = text_of("core/runtime/include/heed/runtime/image.h");
  const std::size_t begin = header.find("enum class Column");
  const std::string body = header.substr(begin, header.find("  count\n", begin) - begin);
  const std::regex enumerator(R"(\n  (\w+), +//)");
  std::vector<std::string> names;
  for (std::sregex_iterator i(body.begin(), body.end(), enumerator), end; i != end; ++i) {
    names.push_back((*i)[1]);
  }
  return names;
}

std::string cell(const Ruleset& ruleset, Column column, std::size_t row) {
  switch (column) {
    case Column::number:
    case Column::metric_bounty: {
      std::ostringstream out;
      out << ruleset.at<double>(column, row);
      return out.str();
    }
    case Column::trigger_from_ms:
      return ruleset.at<std::int64_t>(column, row) == image::always_from_ms ? "always" : "?";
    case Column::trigger_until_ms:
      return ruleset.at<std::int64_t>(column, row) == image::always_until_ms ? "always" : "?";
    default:
      break;
  }
  switch (image::element_size_bytes(column)) {
    case 1:
      return std::to_string(ruleset.at<std::uint8_t>(column, row));
    case 2:
      return std::to_string(ruleset.at<std::uint16_t>(column, row));
    case 4: {
      const auto id = ruleset.at<std::uint32_t>(column, row);
      return id == none ? "none" : std::to_string(id);
    }
    default:
      return std::to_string(ruleset.at<std::uint64_t>(column, row));
  }
}

/// One line a column that has rows.
std::string listing(const Ruleset& ruleset) {
  const std::vector<std::string> names = column_names();
  EXPECT_EQ(names.size(), image::column_count);
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto column = static_cast<Column>(i);
    if (ruleset.row_count(column) == 0) continue;
    out += names[i] + std::string(names[i].size() < 24 ? 24 - names[i].size() : 1, ' ');
    for (std::size_t row = 0; row < ruleset.row_count(column); ++row) {
      if (column == Column::string_bytes) {
        out += static_cast<char>(ruleset.at<std::uint8_t>(column, row));
      } else {
        out += (row == 0 ? "" : " ") + cell(ruleset, column, row);
      }
    }
    out += '\n';
  }
  return out;
}

ImageBuilder example_builder() {
  using image::InputKind;
  using image::Type;
  ImageBuilder b({8}, {},
                 {"", "a", "b", "t", "AT", "DE", "r0", "UTC", "arm", "bags", "hero", "hour", "seen",
                  "country"});
  b.site("t", "", "UTC", "");
  b.version = 1;
  const auto country = b.input(InputKind::attribute, b.attribute("country", Type::string));
  const auto hour = b.input(InputKind::attribute, b.attribute("hour", Type::number));
  const auto seen = b.input(InputKind::attribute, b.attribute("seen", Type::set));
  b.slot("hero");
  const auto where = b.predicate(country, Op::string_in, {b.string("AT"), b.string("DE")});
  const auto late = b.predicate(hour, Op::number_in, {0, none});
  const auto fresh = b.predicate(seen, Op::member, {b.string("bags")}, true);
  b.trigger({.name = "r0",
             .condition = b.condition({{where, late, fresh}}),
             .policy = image::Policy::split,
             .parts = {{"arm", {{"a", half}, {"b", share_one}}}}});
  return b;
}

TEST(WorkedExample, is_what_the_page_shows) {
  const Ruleset ruleset = opened(example_builder());
  const std::string page = text_of("docs/formats/ruleset.md");
  EXPECT_NE(page.find("```columns\n" + listing(ruleset) + "```"), std::string::npos)
      << listing(ruleset);
  Session session = session_of(ruleset);
  const std::vector<std::string_view> shoes = {"shoes"};
  ASSERT_TRUE(session.set(AttributeId{0}, "DE", at(0)));
  ASSERT_TRUE(session.set(AttributeId{1}, 9.0, at(0)));
  ASSERT_TRUE(session.set(AttributeId{2}, Members(shoes), at(0)));
  const Decision decision = session.decide(SlotId{0}, at(0));
  char drawn[200];
  const std::uint64_t seed = ruleset.site_hash();
  std::snprintf(drawn, sizeof(drawn),
                "`seed = %016llx` and `unit = %016llx`; `salt(\"p/r0/arm\") = %016llx` draws %u",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(session.unit()),
                static_cast<unsigned long long>(xxh64("p/r0/arm", seed)),
                draw(session.unit(), xxh64("p/r0/arm", seed)));
  EXPECT_NE(page.find(drawn), std::string::npos) << drawn;
  const std::string shown = "shows option `" + variant_text(ruleset, decision) + "`";
  EXPECT_NE(page.find(shown), std::string::npos) << shown;
}

}  // namespace
}  // namespace heed::test
