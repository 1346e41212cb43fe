// Lives a visitor's life with a ruleset that `open` has accepted: everything is set, observed,
// decided by a scan and by indexes, explained, exposed, saved and restored. What breaks a promise
// aborts, so that fuzzers see it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/draws.h"
#include "heed/runtime/index.h"
#include "heed/runtime/session.h"

namespace heed::test {

/// @param otherwise  what is wrong where it does not hold
inline void require(bool holds, const char* otherwise) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", otherwise);
  std::abort();
}

/// @param i  chooses among the type's values
inline Value value_of(image::Type type, std::span<const std::string_view> words, std::uint32_t i) {
  switch (type) {
    case image::Type::boolean:
      return i % 2 == 0;
    case image::Type::number:
      return static_cast<double>(i % 30);
    case image::Type::string:
      return words[i % words.size()];
    case image::Type::set:
      return Members(words);
    case image::Type::time:
      break;
  }
  return TimeMs{std::int64_t{i} * 1'000'000};
}

inline void observe_all(const Ruleset& ruleset, Session& session, TimeMs now,
                        std::uint32_t choice) {
  constexpr std::string_view words[] = {"kids", "bags", ""};
  for (std::uint32_t row = 0; row < ruleset.attribute_count(); ++row) {
    const Value value = value_of(ruleset.type(AttributeId{row}), words, row + choice);
    const Result<void> set = session.set(AttributeId{row}, value, now);
    require(set || set.error().code == ErrorCode::no_consent, "an attribute is refused");
  }
  for (std::uint32_t signal = 0; signal < ruleset.signal_count(); ++signal) {
    const Rows declared = ruleset.children(image::Column::signal_field_count, signal);
    std::vector<FieldValue> fields;
    for (std::uint32_t row = declared.begin; row < declared.end; ++row) {
      const auto type = ruleset.at<std::uint8_t>(image::Column::field_type, row);
      fields.push_back(
          {row - declared.begin, value_of(static_cast<image::Type>(type), words, row + choice)});
    }
    for (int i = 0; i < 40; ++i) {
      const std::string id = i == 0 ? "" : "id" + std::to_string(i);
      require(session.observe(SignalId{signal}, fields, id, TimeMs{now.ms + i}).has_value(),
              "a signal is refused");
    }
    require(session.refund(SignalId{signal}, "id3", now).has_value(), "a refund is refused");
  }
}

/// By every row of an index, by none, and by a scan: the same decisions.
inline Array<Decision> decide_each_way(const Ruleset& ruleset, Session& session, TimeMs now) {
  Array<Decision> scanned;
  session.decide_all(now, scanned);
  for (const std::size_t row_bytes : {Index::row_bytes_min, std::size_t{0}}) {
    const Index index(ruleset, row_bytes);
    session.use(&index);
    Array<Decision> indexed;
    session.decide_all(now, indexed);
    require(indexed == scanned, "an index decides otherwise than a scan");
    session.use(nullptr);
  }
  return scanned;
}

/// @param choice  chooses the visitor and the values
inline void live(const Ruleset& ruleset, Level level, std::uint32_t choice = 0) {
  const TimeMs now{1'000'000};
  const std::string visitor = "visitor" + (choice == 0 ? "" : std::to_string(choice));
  Session session = *Session::create(ruleset, visitor, now, level, 1);
  observe_all(ruleset, session, now, choice);
  for (const Decision& decision : decide_each_way(ruleset, session, now)) {
    require(session.explain(decision.slot, now).decision == session.decide(decision.slot, now),
            "an explanation of another decision");
    static_cast<void>(variant_text(ruleset, decision));
    session.expose(decision, now);
  }
  Array<std::byte> snapshot;
  session.save(snapshot);
  const auto again = Session::restore(ruleset, snapshot, visitor, TimeMs{2'000'000}, level, 1);
  if (level != Level::none && !snapshot.empty()) {
    require(again.has_value(), "its own snapshot is refused");
    Array<std::byte> same;
    again->save(same);
    require(same == snapshot, "a session comes back another");
  }
  Array<PendingRecord> records;
  session.drain(records);
  for (const PendingRecord& record : records) {
    require(outcome::read_record(record.bytes).has_value(), "its own record is refused");
  }
}

}  // namespace heed::test
