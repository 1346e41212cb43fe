// Whatever Ruleset::open accepts can be evaluated. An input is an image (its size and hash are made
// true, so that the search gets past them) or a list of edits to one that uses every table.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "heed/runtime/draws.h"
#include "heed/runtime/session.h"
#include "support/rich_image.h"

namespace {

using namespace heed;
using test::Image;

constexpr std::size_t edit_size_bytes = 3;  // u16 place, u8 value

void require(bool holds) {
  if (!holds) std::abort();
}

Image image_from(std::span<const std::uint8_t> input) {
  static const Image sound = test::rich_image();
  const auto bytes = std::as_bytes(input);
  if (input.size() > image::header_size_bytes && input[0] == 'H') {
    Image given(std::vector<std::byte>(bytes.begin(), bytes.end()));
    given.put(image::HeaderAt::size_bytes, std::uint64_t{input.size()});
    return given.seal();
  }
  Image edited = sound;
  for (std::size_t i = 0; i + edit_size_bytes <= input.size(); i += edit_size_bytes) {
    const std::size_t place = input[i] | std::size_t{input[i + 1]} << 8U;
    edited.raw()[place % edited.bytes().size()] = bytes[i + 2];
  }
  return edited.seal();
}

Value value_of(image::Type type, std::span<const std::string_view> words, std::uint32_t i) {
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

void observe_all(const Ruleset& ruleset, Session& session, TimeMs now) {
  constexpr std::string_view words[] = {"kids", "bags", ""};
  for (std::uint32_t row = 0; row < ruleset.attribute_count(); ++row) {
    const Value value = value_of(ruleset.type(AttributeId{row}), words, row);
    const Result<void> set = session.set(AttributeId{row}, value, now);
    require(set || set.error().code == ErrorCode::no_consent);
  }
  for (std::uint32_t signal = 0; signal < ruleset.signal_count(); ++signal) {
    const Rows declared = ruleset.children(image::Column::signal_field_count, signal);
    std::vector<FieldValue> fields;
    for (std::uint32_t row = declared.begin; row < declared.end; ++row) {
      const auto type = ruleset.at<std::uint8_t>(image::Column::field_type, row);
      fields.push_back(
          {row - declared.begin, value_of(static_cast<image::Type>(type), words, row)});
    }
    for (int i = 0; i < 40; ++i) {
      const std::string id = i == 0 ? "" : "id" + std::to_string(i);
      require(session.observe(SignalId{signal}, fields, id, TimeMs{now.ms + i}).has_value());
    }
    require(session.refund(SignalId{signal}, "id3", now).has_value());
  }
}

void live(const Ruleset& ruleset, Level level) {
  const TimeMs now{1'000'000};
  Session session = *Session::create(ruleset, "visitor", now, level, 1);
  observe_all(ruleset, session, now);
  std::vector<Decision> decisions;
  session.decide_all(now, decisions);
  for (const Decision& decision : decisions) {
    require(session.explain(decision.slot, now).decision == decision);
    static_cast<void>(variant_text(ruleset, decision));
    session.expose(decision, now);
  }
  std::vector<std::byte> snapshot;
  session.save(snapshot);
  const auto again = Session::restore(ruleset, snapshot, "visitor", TimeMs{2'000'000}, level, 1);
  if (level != Level::none && !snapshot.empty()) {
    require(again.has_value());
    std::vector<std::byte> same;
    again->save(same);
    require(same == snapshot);
  }
  std::vector<PendingRecord> records;
  session.drain(records);
  for (const PendingRecord& record : records) {
    require(outcome::read_record(record.bytes).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 256U * 1024) return 0;
  const Image image = image_from({data, size});
  const Result<Ruleset> ruleset = Ruleset::open(image.bytes());
  if (!ruleset) {
    require(ruleset.error().where <= image.bytes().size());
    return 0;
  }
  live(*ruleset, Level::none);
  live(*ruleset, Level::account);
  return 0;
}
