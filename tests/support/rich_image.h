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
};

inline ImageBuilder rich_builder() {
  using image::FeatureKind;
  using image::InputKind;
  using image::PartKind;
  using image::Source;
  using image::Type;
  ImageBuilder b({0, 2, 3, 8, 12, 20, 86'400'000}, "shop.example");
  b.put(Column::site_holdout, 0, std::uint64_t{85'899'346});  // 2 %
  b.put(Column::site_journey, 0, std::uint32_t{0});
  b.put(Column::site_consent_cookie, 0, b.string("shop_consent"));
  b.put(Column::site_consent_default, 0, std::uint8_t{0});
  b.push(Column::grant_name, b.string("analytics"));
  b.push(Column::grant_level, image::Level::session);
  b.push(Column::grant_name, b.string("personalisation"));
  b.push(Column::grant_level, image::Level::device);

  const auto device = b.attribute("device", Type::string, Source::request, b.string("desktop"));
  const auto has_children = b.attribute("has_children", Type::boolean, Source::profile);
  const auto hour = b.attribute("hour", Type::number, Source::page, b.number(12));
  const auto seen = b.attribute("seen", Type::set);
  const auto since = b.attribute("since", Type::time);
  const auto view = b.signal("product_view", {{"sku", Type::string},
                                              {"category", Type::string},
                                              {"price", Type::number},
                                              {"tags", Type::set},
                                              {"sale", Type::boolean},
                                              {"at", Type::time}});
  const auto purchase = b.signal("purchase", {{"sku", Type::set}, {"revenue", Type::number}});
  const auto email = b.signal("email_given");

  const auto category = b.input(InputKind::field, 1);
  const auto price = b.input(InputKind::field, 2);
  const auto kids = b.predicate(category, Op::string_in, {b.string("kids")});
  const auto dear = b.computed(code({{Instruction::load, price},
                                     {Instruction::push_number, b.number(20)},
                                     Instruction::less,
                                     Instruction::logical_not}));
  const auto where_kids = b.condition({{kids}, {dear}});
  b.feature("views_30m", {FeatureKind::count, view, none, 30 * minute_ms});
  b.feature("views", {FeatureKind::count, view});
  b.feature("kids_intent", {FeatureKind::score, view, none, 0, 3 * day_ms, where_kids});
  b.feature("since_buy", {FeatureKind::since, purchase});
  b.feature("last_category", {FeatureKind::last, view, 1});
  b.feature("spent", {FeatureKind::score, purchase, 1, 0, 30 * day_ms});

  const auto in_children = b.input(InputKind::attribute, has_children);
  const auto in_device = b.input(InputKind::attribute, device);
  const auto in_hour = b.input(InputKind::attribute, hour);
  const auto in_seen = b.input(InputKind::attribute, seen);
  const auto in_since = b.input(InputKind::attribute, since);
  const auto in_views_30m = b.input(InputKind::feature, Rich::views_30m);
  const auto in_views = b.input(InputKind::feature, Rich::views);
  const auto in_kids = b.input(InputKind::feature, Rich::kids_intent);
  const auto in_since_buy = b.input(InputKind::feature, Rich::since_buy);
  const auto in_last = b.input(InputKind::feature, Rich::last_category);
  const auto in_parents = b.input(InputKind::segment, 0);
  const auto in_stage = b.input(InputKind::journey, 0);
  const auto in_now = b.input(InputKind::now, 0);

  const auto is_parent = b.predicate(in_children, Op::is_true, {});
  const auto wants_kids = b.predicate(in_kids, Op::number_in, {b.number(2), none});
  const auto always = b.condition({{}});
  const auto parents = b.condition({{is_parent}, {wants_kids}});
  b.segment("parents", parents);
  const auto not_parent = b.predicate(in_parents, Op::is_true, {}, true);
  const auto many_views = b.predicate(in_views, Op::number_in, {b.number(8), none});
  b.segment("browsers", b.condition({{not_parent, many_views}}));
  b.push(Column::micro_segment, std::uint32_t{0});
  b.push(Column::micro_segment, std::uint32_t{1});

  const auto three_views = b.predicate(in_views_30m, Op::number_in, {b.number(3), none});
  const auto bought = b.predicate(in_since_buy, Op::number_in, {none, b.number(86'400'000)});
  b.journey("purchase", {{"aware", always},
                         {"consider", b.condition({{three_views}}), true},
                         {"bought", b.condition({{bought}})}});
  const auto considers = b.predicate(in_stage, Op::string_in, {b.string("consider")});
  b.journey("loyalty", {{"new", b.condition({{considers}}), true}});

  b.slot("hero");
  b.slot("side");
  b.slot("mail", image::Channel::email);
  const auto easy = b.asset("t_easy", PartKind::text, {{"text", "Easy and safe"}});
  const auto save = b.asset("t_save", PartKind::text, {{"text", "Save on what you saw"}});
  const auto ten = b.asset("o_10pct", PartKind::offer, {{"text", "10 % off"}, {"percent", "10"}});
  const auto zero = b.asset("o_none", PartKind::offer, {{"text", ""}});
  b.metric("revenue", purchase, 1, true, 7 * day_ms);
  b.metric("orders", purchase, none, false, day_ms);
  b.metric("email", email, none, false, day_ms, 4);
  const auto home = b.layer("home");
  const auto bts = b.campaign("bts_2027", 5, 7 * day_ms);
  b.campaign("free", 0, 0);

  Trigger school{.name = "back_to_school", .slot = Rich::hero, .priority = 10};
  school.condition = parents;
  school.layer = home;
  school.range_until = share_one / 10 * 6;
  school.holdout = share_one / 20;
  school.cap_times = 3;
  school.cap_per_ms = day_ms;
  school.campaign = bts;
  school.policy = image::Policy::split;
  school.parts = {
      {"title", {{"t_easy", half, easy}, {"t_save", share_one, save}}},
      {"offer", {{"o_none", half / 2, zero}, {"o_10pct", share_one, ten}}, PartKind::offer}};
  b.trigger(school);
  Trigger returning{.name = "returning", .slot = Rich::hero};
  returning.condition =
      b.condition({{b.predicate(in_views, Op::present, {}),
                    b.predicate(in_seen, Op::member, {b.string("bags")}, true)},
                   {b.predicate(in_since, Op::present, {}, true), many_views},
                   {b.predicate(in_hour, Op::number_in, {none, b.number(3), b.number(20), none}),
                    b.predicate(in_hour, Op::present, {})}});
  returning.layer = home;
  returning.range_from = share_one / 10 * 6;
  returning.from_ms = 1'000'000;
  returning.until_ms = 4'000'000'000'000;
  returning.campaign = bts;
  b.trigger(returning);
  Trigger everyone{.name = "everyone", .slot = Rich::side, .priority = 1, .condition = always};
  b.trigger(everyone);
  Trigger sale{.name = "sale", .slot = Rich::side};
  sale.condition = b.condition({{b.computed(code({{Instruction::load, in_now},
                                                  {Instruction::load, in_since},
                                                  Instruction::subtract,
                                                  {Instruction::push_number, b.number(86'400'000)},
                                                  Instruction::less_equal,
                                                  {Instruction::has, in_device},
                                                  Instruction::logical_and,
                                                  {Instruction::load, in_last},
                                                  {Instruction::push_string, b.string("ki")},
                                                  {Instruction::push_string, b.string("ds")},
                                                  Instruction::concat,
                                                  Instruction::equal,
                                                  Instruction::logical_or,
                                                  {Instruction::load, in_seen},
                                                  {Instruction::member, b.string("bags")},
                                                  Instruction::push_true,
                                                  Instruction::push_false,
                                                  Instruction::select,
                                                  Instruction::logical_and}))}});
  sale.salt = "old_name";
  b.trigger(sale);
  Trigger reminder{.name = "reminder", .slot = Rich::mail, .condition = always};
  b.trigger(reminder);
  return b;
}

inline Image rich_image() { return rich_builder().build(); }

}  // namespace heed::test
