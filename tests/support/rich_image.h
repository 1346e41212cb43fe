// One ruleset that uses every table and every kind of predicate: what open's mutations start from,
// and what the fuzzers bend.
#pragma once
#include "support/image_builder.h"

namespace heed::test {

inline constexpr std::uint64_t minute_ms = 60'000;
inline constexpr std::uint64_t hour_ms = 60 * minute_ms;
inline constexpr std::uint64_t day_ms = 24 * hour_ms;
inline constexpr std::uint64_t half = share_one / 2;

/// Rows that tests name.
struct Rich {
  static constexpr std::uint32_t device = 0;        // attribute, request, string
  static constexpr std::uint32_t has_children = 1;  // profile, boolean
  static constexpr std::uint32_t hour = 2;          // page, number, default 12
  static constexpr std::uint32_t seen = 3;          // page, set
  static constexpr std::uint32_t since = 4;         // page, time

  static constexpr std::uint32_t view = 0;      // signal: sku, category, price, tags, sale, at
  static constexpr std::uint32_t purchase = 1;  // signal: sku, revenue
  static constexpr std::uint32_t email = 2;     // signal without fields

  static constexpr std::uint32_t views_30m = 0;  // features
  static constexpr std::uint32_t views = 1;
  static constexpr std::uint32_t kids_intent = 2;
  static constexpr std::uint32_t since_buy = 3;
  static constexpr std::uint32_t last_category = 4;
  static constexpr std::uint32_t spent = 5;

  static constexpr std::uint32_t hero = 0;  // slots
  static constexpr std::uint32_t side = 1;
  static constexpr std::uint32_t mail = 2;

  static constexpr std::uint32_t school = 0;  // triggers
  static constexpr std::uint32_t returning = 1;
  static constexpr std::uint32_t everyone = 2;
  static constexpr std::uint32_t sale = 3;
  static constexpr std::uint32_t reminder = 4;

  static constexpr std::uint32_t in_category = 0;  // inputs
  static constexpr std::uint32_t in_price = 1;
  static constexpr std::uint32_t in_children = 2;
  static constexpr std::uint32_t in_device = 3;
  static constexpr std::uint32_t in_hour = 4;
  static constexpr std::uint32_t in_seen = 5;
  static constexpr std::uint32_t in_since = 6;
  static constexpr std::uint32_t in_views_30m = 7;
  static constexpr std::uint32_t in_views = 8;
  static constexpr std::uint32_t in_kids = 9;
  static constexpr std::uint32_t in_since_buy = 10;
  static constexpr std::uint32_t in_last = 11;
  static constexpr std::uint32_t in_parents = 12;
  static constexpr std::uint32_t in_stage = 13;
  static constexpr std::uint32_t in_now = 14;

  static constexpr std::uint32_t where_kids = 0;  // conditions
  static constexpr std::uint32_t always = 1;
  static constexpr std::uint32_t parents = 2;

  static constexpr std::uint32_t many_views = 5;  // predicate
};

inline void add_words(ImageBuilder& b) {
  using image::Source;
  using image::Type;
  b.put(Column::site_holdout, 0, std::uint64_t{85'899'346});  // 2 %
  b.put(Column::site_journey, 0, std::uint32_t{0});
  b.put(Column::site_consent_cookie, 0, b.string("shop_consent"));
  b.put(Column::site_consent_default, 0, std::uint8_t{0});
  b.push(Column::grant_name, b.string("analytics"));
  b.push(Column::grant_level, image::Level::session);
  b.push(Column::grant_name, b.string("personalisation"));
  b.push(Column::grant_level, image::Level::device);

  b.attribute("device", Type::string, Source::request, b.string("desktop"));
  b.attribute("has_children", Type::boolean, Source::profile);
  b.attribute("hour", Type::number, Source::page, b.number(12));
  b.attribute("seen", Type::set);
  b.attribute("since", Type::time);
  b.signal("product_view", {{"sku", Type::string},
                            {"category", Type::string},
                            {"price", Type::number},
                            {"tags", Type::set},
                            {"sale", Type::boolean},
                            {"at", Type::time}});
  b.signal("purchase", {{"sku", Type::set}, {"revenue", Type::number}});
  b.signal("email_given");
}

/// In the order in which Rich numbers them.
inline void add_inputs(ImageBuilder& b) {
  using image::InputKind;
  b.input(InputKind::field, 1);
  b.input(InputKind::field, 2);
  for (const std::uint32_t attribute :
       {Rich::has_children, Rich::device, Rich::hour, Rich::seen, Rich::since}) {
    b.input(InputKind::attribute, attribute);
  }
  for (const std::uint32_t feature :
       {Rich::views_30m, Rich::views, Rich::kids_intent, Rich::since_buy, Rich::last_category}) {
    b.input(InputKind::feature, feature);
  }
  b.input(InputKind::segment, 0);
  b.input(InputKind::journey, 0);
  b.input(InputKind::now, 0);
}

inline void add_features(ImageBuilder& b) {
  using image::FeatureKind;
  const auto kids = b.predicate(Rich::in_category, Op::string_in, {b.string("kids")});
  const auto dear = b.computed(code({{Instruction::load, Rich::in_price},
                                     {Instruction::push_number, b.number(20)},
                                     Instruction::less,
                                     Instruction::logical_not}));
  b.condition({{kids}, {dear}});
  b.feature("views_30m", {FeatureKind::count, Rich::view, none, 30 * minute_ms});
  b.feature("views", {FeatureKind::count, Rich::view});
  b.feature("kids_intent", {FeatureKind::score, Rich::view, none, 0, 3 * day_ms, Rich::where_kids});
  b.feature("since_buy", {FeatureKind::since, Rich::purchase});
  b.feature("last_category", {FeatureKind::last, Rich::view, 1});
  b.feature("spent", {FeatureKind::score, Rich::purchase, 1, 0, 30 * day_ms});
}

inline void add_people(ImageBuilder& b) {
  const auto is_parent = b.predicate(Rich::in_children, Op::is_true, {});
  const auto wants_kids = b.predicate(Rich::in_kids, Op::number_in, {b.number(2), none});
  b.condition({{}});
  b.condition({{is_parent}, {wants_kids}});
  b.segment("parents", Rich::parents);
  const auto not_parent = b.predicate(Rich::in_parents, Op::is_true, {}, true);
  b.predicate(Rich::in_views, Op::number_in, {b.number(8), none});
  b.segment("browsers", b.condition({{not_parent, Rich::many_views}}));
  b.push(Column::micro_segment, std::uint32_t{0});
  b.push(Column::micro_segment, std::uint32_t{1});
  b.value(Column::micro_value_cell, 1, 3.2);  // parents/consider
  b.value(Column::micro_value_cell, 11, -1);  // other/none

  const auto three_views = b.predicate(Rich::in_views_30m, Op::number_in, {b.number(3), none});
  const auto bought = b.predicate(Rich::in_since_buy, Op::number_in, {none, b.number(86'400'000)});
  b.journey("purchase", {{"aware", Rich::always},
                         {"consider", b.condition({{three_views}}), true},
                         {"bought", b.condition({{bought}})}});
  const auto considers = b.predicate(Rich::in_stage, Op::string_in, {b.string("consider")});
  b.journey("loyalty", {{"new", b.condition({{considers}}), true}});
}

inline void add_creatives(ImageBuilder& b) {
  using image::PartKind;
  b.slot("hero");
  b.slot("side");
  b.slot("mail", image::Channel::email);
  b.asset("t_easy", PartKind::text, {{"text", "Easy and safe"}});
  b.asset("t_save", PartKind::text, {{"text", "Save on what you saw"}});
  b.asset("o_10pct", PartKind::offer, {{"text", "10 % off"}, {"percent", "10"}});
  b.asset("o_none", PartKind::offer, {{"text", ""}});
  b.metric("revenue", Rich::purchase, 1, true, 7 * day_ms);
  b.metric("orders", Rich::purchase, none, false, day_ms);
  b.metric("email", Rich::email, none, false, day_ms, 4);
  b.layer("home");
  b.campaign("bts_2027", 5, 7 * day_ms);
  b.campaign("free", 0, 0);
  b.put(Column::site_cap_times, 0, std::uint16_t{64});
  b.put(Column::site_cap_per_ms, 0, std::uint64_t{day_ms});
}

inline void add_hero_triggers(ImageBuilder& b) {
  using image::PartKind;
  Trigger school{.name = "back_to_school", .slot = Rich::hero, .priority = 10};
  school.condition = Rich::parents;
  school.layer = 0;
  school.range_until = share_one / 10 * 6;
  school.holdout = share_one / 20;
  school.cap_times = 3;
  school.cap_per_ms = day_ms;
  school.campaign = 0;
  school.policy = image::Policy::split;
  school.parts = {{"title", {{"t_easy", half, 0}, {"t_save", share_one, 1}}},
                  {"offer", {{"o_none", half / 2, 3}, {"o_10pct", share_one, 2}}, PartKind::offer}};
  b.trigger(school);
  Trigger returning{.name = "returning", .slot = Rich::hero};
  returning.condition = b.condition(
      {{b.predicate(Rich::in_views, Op::present, {}),
        b.predicate(Rich::in_seen, Op::member, {b.string("bags")}, true)},
       {b.predicate(Rich::in_since, Op::present, {}, true), Rich::many_views},
       {b.predicate(Rich::in_hour, Op::number_in, {none, b.number(3), b.number(20), none}),
        b.predicate(Rich::in_hour, Op::present, {})}});
  returning.layer = 0;
  returning.range_from = share_one / 10 * 6;
  returning.from_ms = 1'000'000;
  returning.until_ms = 4'000'000'000'000;
  returning.campaign = 0;
  returning.values = {{1, 5}, {none, 1}};
  b.trigger(returning);
}

inline void add_other_triggers(ImageBuilder& b) {
  Trigger everyone{
      .name = "everyone", .slot = Rich::side, .priority = 1, .condition = Rich::always};
  b.trigger(everyone);
  Trigger sale{.name = "sale", .slot = Rich::side};
  sale.condition = b.condition({{b.computed(code({{Instruction::load, Rich::in_now},
                                                  {Instruction::load, Rich::in_since},
                                                  Instruction::subtract,
                                                  {Instruction::push_number, b.number(86'400'000)},
                                                  Instruction::less_equal,
                                                  {Instruction::has, Rich::in_device},
                                                  Instruction::logical_and,
                                                  {Instruction::load, Rich::in_last},
                                                  {Instruction::push_string, b.string("ki")},
                                                  {Instruction::push_string, b.string("ds")},
                                                  Instruction::concat,
                                                  Instruction::equal,
                                                  Instruction::logical_or,
                                                  {Instruction::load, Rich::in_seen},
                                                  {Instruction::member, b.string("bags")},
                                                  Instruction::push_true,
                                                  Instruction::push_false,
                                                  Instruction::select,
                                                  Instruction::logical_and}))}});
  sale.salt = "old_name";
  b.trigger(sale);
  Trigger reminder{.name = "reminder", .slot = Rich::mail, .condition = Rich::always};
  b.trigger(reminder);
}

inline ImageBuilder rich_builder() {
  ImageBuilder b({0, 2, 3, 8, 12, 20, 86'400'000}, "shop.example");
  add_words(b);
  add_inputs(b);
  add_features(b);
  add_people(b);
  add_creatives(b);
  add_hero_triggers(b);
  add_other_triggers(b);
  return b;
}

inline Image rich_image() { return rich_builder().build(); }

}  // namespace heed::test
