#include "heed/base/outcome.h"

#include <limits>

#include "records.h"

namespace heed::outcome {
namespace {

using store::batch;
using store::exposure;
using store::outcome_of;

Batch all_kinds() {
  auto o = outcome_of(10, 42.5, "order-8812");
  o.credits.push_back({8, "foot", "u", "b", "all", true});
  return batch(0xa1, 1,
               {exposure(10, 7), exposure(11, 8, ""), o, Refund{o}, Dropped{5, Class::goal},
                Suppressed{7, 3, 4, 8, "foot", "u", "all", CapOf::programme, CapLimit::session}});
}

TEST(Outcome, a_batch_reads_back_as_written_and_writes_the_same_bytes) {
  const Batch written = all_kinds();
  const std::vector<std::byte> bytes = write_batch(written);
  const auto read = read_batch(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, written);
  EXPECT_EQ(write_batch(*read), bytes);
}

TEST(Outcome, the_bytes_of_dropped_are_as_documented) {
  heed::Array<std::byte> bytes;
  append(Dropped{0x0102, Class::exposure}, bytes);
  const std::vector<std::byte> expected = {std::byte{4}, std::byte{2}, std::byte{1}, std::byte{0},
                                           std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
                                           std::byte{0}, std::byte{2}};
  EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), expected);
}

TEST(Outcome, the_bytes_of_suppressed_are_as_documented) {
  heed::Array<std::byte> bytes;
  append(Suppressed{1, 2, 3, 4, "s", "t", "m", CapOf::campaign, CapLimit::cool_down}, bytes);
  std::vector<int> expected = {5};
  for (const int number : {1, 2, 3, 4}) {
    expected.push_back(number);
    expected.insert(expected.end(), 7, 0);
  }
  expected.insert(expected.end(), {1, 's', 1, 't', 1, 'm', 1, 2});
  std::vector<int> written;
  for (const std::byte byte : bytes) written.push_back(std::to_integer<int>(byte));
  EXPECT_EQ(written, expected);
  bytes.back() = std::byte{3};
  EXPECT_FALSE(read_record(bytes)) << "no such limit";
}

TEST(Outcome, a_batch_of_opaque_records_is_the_batch_of_the_records) {
  const Batch b = all_kinds();
  std::vector<heed::Array<std::byte>> records;
  std::size_t size = 0;
  for (const Record& record : b.records) {
    append(record, records.emplace_back());
    size += framed_size_bytes(records.back().size());
  }
  const std::vector<std::span<const std::byte>> views(records.begin(), records.end());
  heed::Array<std::byte> bytes;
  append_batch(b.head, views, bytes);
  EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), write_batch(b));
  heed::Array<std::byte> empty;
  append_batch(b.head, {}, empty);
  EXPECT_EQ(bytes.size(), empty.size() + size);
}

TEST(Outcome, every_cut_is_refused) {
  const std::vector<std::byte> bytes = write_batch(all_kinds());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_batch(std::span(bytes).first(size))) << size;
  }
}

TEST(Outcome, what_follows_the_last_record_is_refused) {
  std::vector<std::byte> bytes = write_batch(all_kinds());
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(read_batch(bytes));
}

// Whatever one changed byte makes of a batch is refused or is itself canonical.
TEST(Outcome, every_changed_byte_is_refused_or_canonical) {
  const std::vector<std::byte> good = write_batch(all_kinds());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::vector<std::byte> bytes = good;
      bytes[at] = static_cast<std::byte>(value);
      const auto read = read_batch(bytes);
      EXPECT_TRUE(!read || write_batch(*read) == bytes) << at << " " << value;
    }
  }
}

TEST(Outcome, padded_varints_are_refused) {
  std::vector<std::byte> bytes = write_batch(batch(1, 1, {}));
  ASSERT_TRUE(read_batch(bytes));
  bytes.back() = std::byte{0x80};
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(read_batch(bytes));
}

TEST(Outcome, values_that_are_no_numbers_are_refused) {
  for (const double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(read_batch(write_batch(batch(1, 1, {outcome_of(1, value, "x")}))));
  }
  EXPECT_EQ(write_batch(batch(1, 1, {outcome_of(1, -0.0, "x")})),
            write_batch(batch(1, 1, {outcome_of(1, 0.0, "x")})));
}

TEST(Outcome, limits_hold) {
  const auto refused = [](const Record& record) {
    return !read_batch(write_batch(batch(1, 1, {record})));
  };
  auto e = exposure(1, 1);
  e.slot.assign(limits::name_size_bytes_max, 's');
  EXPECT_FALSE(refused(e));
  e.slot += 's';
  EXPECT_TRUE(refused(e));
  e = exposure(1, 1);
  e.width = share_one + 1;
  EXPECT_TRUE(refused(e));
  e = exposure(1, 1);
  e.reason = reason_max + 1;
  EXPECT_TRUE(refused(e));
  e = exposure(1, 1);
  e.options.resize(limits::part_count_max + 1);
  EXPECT_TRUE(refused(e));
  e = exposure(1, 1);
  e.microsegment = "\xc3\x28";
  EXPECT_TRUE(refused(e));
  e = exposure(1, 1);
  e.at_ms = -1;
  EXPECT_TRUE(refused(e));
  auto o = outcome_of(1, 1, std::string(limits::signal_id_size_bytes_max + 1, 'i'));
  EXPECT_TRUE(refused(o));
  o = outcome_of(1, 1, "i");
  o.credits.resize(credit_count_max + 1);
  EXPECT_TRUE(refused(o));
}

TEST(Outcome, sequence_numbers_never_overflow) {
  EXPECT_TRUE(read_batch(write_batch(batch(1, sequence_max - 1, {exposure(1, 1)}))));
  EXPECT_FALSE(read_batch(write_batch(batch(1, sequence_max, {exposure(1, 1)}))));
  EXPECT_FALSE(read_batch(write_batch(batch(1, 0, {}))));
}

TEST(Outcome, a_count_beyond_the_bytes_reserves_nothing) {
  std::vector<std::byte> bytes = write_batch(batch(1, 1, {}));
  bytes.pop_back();
  for (const int byte : {0xff, 0xff, 0x3f}) bytes.push_back(static_cast<std::byte>(byte));
  const auto read = read_batch(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::truncated);
}

}  // namespace
}  // namespace heed::outcome
