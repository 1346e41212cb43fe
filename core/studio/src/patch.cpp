#include "heed/studio/patch.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/result.h"
#include "heed/runtime/image.h"
#include "patch_form.h"

namespace heed::compile {
namespace {

using patch::Edit;

std::uint64_t hash_of(std::span<const std::byte> bytes) {
  return xxh64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 0);
}

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  /// Nothing where the patch ends first.
  bool take(std::size_t count, std::span<const std::byte>& out) {
    if (count > left()) return false;
    out = bytes_.subspan(at_, count);
    at_ += count;
    return true;
  }
  bool take(std::uint64_t& out) {
    std::span<const std::byte> bytes;
    if (!take(sizeof out, bytes)) return false;
    out = load_le<std::uint64_t>(bytes, 0);
    return true;
  }
  /// Seven bits a byte, low ones first; at most five bytes.
  bool take_count(std::uint64_t& out) {
    out = 0;
    for (std::uint32_t shift = 0; shift < patch::count_bits_max; shift += patch::bits_a_byte) {
      std::span<const std::byte> byte;
      if (!take(1, byte)) return false;
      out |= std::uint64_t{std::to_integer<std::uint64_t>(byte[0]) & 0x7FU} << shift;
      if ((byte[0] & std::byte{0x80}) == std::byte{0}) return true;
    }
    return true;  // a count this large fits nowhere
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

tl::unexpected<PatchError> refuse(PatchFault fault, std::size_t where) {
  return tl::unexpected<PatchError>(PatchError{fault, where});
}

class Applier {
 public:
  Applier(std::span<const std::byte> base, std::span<const std::byte> patch, const PatchHead& head)
      : base_(base), in_(patch.subspan(head.edits_at)), edits_at_(head.edits_at), head_(head) {
    out_.reserve(head.size_bytes);
  }

  tl::expected<std::vector<std::byte>, PatchError> apply() {
    while (out_.size() < head_.size_bytes) {
      std::uint64_t count = 0;
      if (!in_.take_count(count)) return refuse(PatchFault::truncated, end());
      if (!copy(count)) return refuse(PatchFault::malformed_patch, where());
      if (out_.size() == head_.size_bytes) break;
      if (!in_.take_count(count)) return refuse(PatchFault::truncated, end());
      if (const auto fault = edit(count >> patch::kind_bits, patch::kind_of(count))) {
        return refuse(*fault, *fault == PatchFault::truncated ? end() : where());
      }
    }
    if (in_.left() > 0) return refuse(PatchFault::malformed_patch, where());
    if (hash_of(out_) != head_.result_hash) {
      return refuse(PatchFault::wrong_result, patch::result_hash_at);
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::size_t where() const { return edits_at_ + in_.at(); }
  [[nodiscard]] std::size_t end() const { return where() + in_.left(); }
  [[nodiscard]] bool fits(std::uint64_t count) const {
    return count <= head_.size_bytes - out_.size();
  }

  bool skip(std::uint64_t count) {
    if (count > base_.size() - at_) return false;
    at_ += count;
    return true;
  }

  bool copy(std::uint64_t count) {
    const std::size_t from = at_;
    if (!fits(count) || !skip(count)) return false;
    const auto copied = base_.subspan(from, static_cast<std::size_t>(count));
    out_.insert(out_.end(), copied.begin(), copied.end());
    return true;
  }

  std::optional<PatchFault> edit(std::uint64_t count, Edit kind) {
    constexpr auto malformed = PatchFault::malformed_patch;
    if (count == 0) return malformed;
    if (kind == Edit::skip) return skip(count) ? std::nullopt : std::optional(malformed);
    if (!fits(count)) return malformed;
    if (kind == Edit::repeat) return repeat(count);
    if (kind == Edit::replace && !skip(count)) return malformed;
    std::span<const std::byte> given;
    if (!in_.take(static_cast<std::size_t>(count), given)) return PatchFault::truncated;
    out_.insert(out_.end(), given.begin(), given.end());
    return std::nullopt;
  }

  std::optional<PatchFault> repeat(std::uint64_t count) {
    std::uint64_t distance = 0;
    if (!in_.take_count(distance)) return PatchFault::truncated;
    if (distance == 0 || distance > out_.size()) return PatchFault::malformed_patch;
    const auto back = static_cast<std::size_t>(distance);
    for (; count > 0; --count) out_.push_back(out_[out_.size() - back]);
    return std::nullopt;
  }

  std::span<const std::byte> base_;
  Reader in_;
  std::size_t edits_at_;
  const PatchHead& head_;
  std::size_t at_ = 0;  // in the base
  std::vector<std::byte> out_;
};

}  // namespace

std::string_view name(PatchFault fault) {
  constexpr std::array<std::string_view, 6> names = {"not_a_patch", "truncated",  "malformed_patch",
                                                     "too_large",   "wrong_base", "wrong_result"};
  static_assert(names[static_cast<std::size_t>(PatchFault::wrong_result)] == "wrong_result");
  return names[static_cast<std::size_t>(fault)];
}

tl::expected<PatchHead, PatchError> read_patch_head(std::span<const std::byte> bytes) {
  const auto magic = std::as_bytes(std::span(patch::magic));
  if (!std::equal(magic.begin(), magic.begin() + std::min(magic.size(), bytes.size()),
                  bytes.begin())) {
    return refuse(PatchFault::not_a_patch, 0);
  }
  Reader in(bytes);
  PatchHead head;
  std::span<const std::byte> skipped;
  std::uint64_t size_bytes = 0;
  if (!in.take(magic.size(), skipped) || !in.take(head.base_hash) || !in.take(head.result_hash) ||
      !in.take_count(size_bytes)) {
    return refuse(PatchFault::truncated, bytes.size());
  }
  if (size_bytes > patched_size_bytes_max) return refuse(PatchFault::too_large, patch::size_at);
  head.size_bytes = static_cast<std::size_t>(size_bytes);
  head.edits_at = in.at();
  return head;
}

tl::expected<std::vector<std::byte>, PatchError> apply_patch(std::span<const std::byte> base,
                                                             std::span<const std::byte> bytes) {
  const auto head = read_patch_head(bytes);
  if (!head) return tl::unexpected(head.error());
  if (patch::base_hash(base) != head->base_hash) {
    return refuse(PatchFault::wrong_base, patch::base_hash_at);
  }
  return Applier(base, bytes, *head).apply();
}

}  // namespace heed::compile
