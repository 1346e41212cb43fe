#include "heed/base/outcome.h"

#include <algorithm>
#include <array>
#include <utility>

namespace heed::outcome {
namespace {

constexpr std::string_view magic = "HEEDOUT1";
constexpr std::size_t framed_record_size_bytes_min = 11;  // frame, type, i64, u8: `dropped`

// Writing changes nothing: the archive takes what it could also read into.
template <class Body>
void append_body(const Body& body, std::uint8_t type, Array<std::byte>& out) {
  Archive archive(out);
  archive(type, const_cast<Body&>(body));
}

template <class Body>
Record read_body(Archive& archive) {
  Body body;
  archive(body);
  archive.finish();
  return Record(std::move(body));
}

Result<Record> read_record_at(std::span<const std::byte> bytes, std::size_t base) {
  Archive reader(bytes, ErrorCode::malformed_batch, base);
  Record record;
  std::uint8_t type = 0;
  reader(type);
  switch (type) {
    case 1:
      record = read_body<Exposure>(reader);
      break;
    case 2:
      record = read_body<Outcome>(reader);
      break;
    case 3:
      record = read_body<Refund>(reader);
      break;
    case 4:
      record = read_body<Dropped>(reader);
      break;
    case 5:
      record = read_body<Suppressed>(reader);
      break;
    default:
      reader.refuse(base);
  }
  if (!reader.ok()) return fail(reader.error().code, reader.error().where);
  return record;
}

void put_bytes(Archive& archive, std::span<const std::byte> bytes) {
  archive.raw(bytes, bytes.size());
}

void append_head(const BatchHead& head, std::size_t count, Array<std::byte>& out) {
  Archive archive(out);
  put_bytes(archive, std::as_bytes(std::span(magic)));
  std::uint64_t record_count = count;
  archive(const_cast<BatchHead&>(head), Varint{record_count, limits::batch_size_bytes_max});
}

void append_framed(std::span<const std::byte> record, Array<std::byte>& out) {
  Archive archive(out);
  std::uint64_t size = record.size();
  archive.varint(size, limits::batch_size_bytes_max);
  put_bytes(archive, record);
}

}  // namespace

std::string_view name(Class value) {
  constexpr std::array<std::string_view, 4> names = {"signal", "exposure", "driver", "goal"};
  return names[static_cast<std::size_t>(value) - 1];
}

std::string_view name(CapOf value) {
  constexpr std::array<std::string_view, 3> names = {"trigger", "campaign", "programme"};
  return names[static_cast<std::size_t>(value)];
}

std::string_view name(CapLimit value) {
  constexpr std::array<std::string_view, 3> names = {"times", "session", "cool_down"};
  return names[static_cast<std::size_t>(value)];
}

std::int64_t at_ms(const Record& record) {
  if (const auto* exposure = std::get_if<Exposure>(&record)) return exposure->at_ms;
  if (const auto* outcome = std::get_if<Outcome>(&record)) return outcome->at_ms;
  if (const auto* refund = std::get_if<Refund>(&record)) return refund->outcome.at_ms;
  if (const auto* dropped = std::get_if<Dropped>(&record)) return dropped->at_ms;
  return std::get_if<Suppressed>(&record)->at_ms;
}

std::optional<std::uint64_t> unit(const Record& record) {
  if (const auto* exposure = std::get_if<Exposure>(&record)) return exposure->unit;
  if (const auto* outcome = std::get_if<Outcome>(&record)) return outcome->unit;
  if (const auto* refund = std::get_if<Refund>(&record)) return refund->outcome.unit;
  if (const auto* suppressed = std::get_if<Suppressed>(&record)) return suppressed->unit;
  return std::nullopt;
}

void append(const Exposure& record, Array<std::byte>& out) { append_body(record, 1, out); }
void append(const Outcome& record, Array<std::byte>& out) { append_body(record, 2, out); }
void append(const Refund& record, Array<std::byte>& out) { append_body(record, 3, out); }
void append(const Dropped& record, Array<std::byte>& out) { append_body(record, 4, out); }
void append(const Suppressed& record, Array<std::byte>& out) { append_body(record, 5, out); }
void append(const Record& record, Array<std::byte>& out) {
  std::visit([&out](const auto& body) { append(body, out); }, record);
}

std::size_t framed_size_bytes(std::size_t record_size_bytes) {
  std::size_t size = 1;
  for (std::size_t rest = record_size_bytes; rest >= 0x80; rest >>= 7U) ++size;
  return size + record_size_bytes;
}

void append_batch(const BatchHead& head, std::span<const std::span<const std::byte>> records,
                  Array<std::byte>& out) {
  append_head(head, records.size(), out);
  for (const std::span<const std::byte> record : records) append_framed(record, out);
}

std::vector<std::byte> write_batch(const Batch& batch) {
  Array<std::byte> out;
  Array<std::byte> scratch;
  append_head(batch.head, batch.records.size(), out);
  for (const Record& record : batch.records) {
    scratch.clear();
    append(record, scratch);
    append_framed(scratch, out);
  }
  return {out.begin(), out.end()};
}

bool is_binary_batch(std::span<const std::byte> bytes) {
  const std::span<const std::byte> expected = std::as_bytes(std::span(magic));
  return bytes.size() >= expected.size() &&
         std::equal(expected.begin(), expected.end(), bytes.begin());
}

Result<Record> read_record(std::span<const std::byte> bytes) { return read_record_at(bytes, 0); }

Result<Batch> read_batch(std::span<const std::byte> bytes) {
  if (bytes.size() > limits::batch_size_bytes_max) {
    return fail(ErrorCode::too_large, limits::batch_size_bytes_max);
  }
  if (!is_binary_batch(bytes)) return fail(ErrorCode::malformed_batch, 0);
  Archive reader(bytes.subspan(magic.size()), ErrorCode::malformed_batch, magic.size());
  Batch batch;
  reader(batch.head);
  const std::size_t count_at = reader.at();
  const std::size_t count =
      reader.count(0, limits::batch_size_bytes_max, framed_record_size_bytes_min);
  if (reader.ok() && batch.head.first > sequence_max - count) reader.refuse(count_at);
  if (!reader.ok()) return fail(reader.error().code, reader.error().where);
  batch.records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t size = 0;
    reader.varint(size, limits::batch_size_bytes_max);
    const std::size_t base = reader.at();
    std::span<const std::byte> frame;
    reader.raw(frame, static_cast<std::size_t>(size));
    if (!reader.ok()) break;
    HEED_TRY(record, read_record_at(frame, base));
    batch.records.push_back(std::move(record));
  }
  reader.finish();
  if (!reader.ok()) return fail(reader.error().code, reader.error().where);
  return batch;
}

}  // namespace heed::outcome
