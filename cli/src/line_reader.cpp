#include "line_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace heed::cli {
namespace {

constexpr std::size_t chunk_size_bytes = std::size_t{1} << 20U;

}  // namespace

LineReader::LineReader(int descriptor)
    : descriptor_(descriptor), buffer_(line_size_bytes_max + chunk_size_bytes) {}

bool LineReader::has_line() const {
  return std::memchr(buffer_.data() + from_, '\n', until_ - from_) != nullptr;
}

bool LineReader::fill() {
  if (from_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + from_, until_ - from_);
    until_ -= from_;
    from_ = 0;
  }
  while (true) {
    const std::size_t room = buffer_.size() - until_;
    const ssize_t count = ::read(descriptor_, buffer_.data() + until_, room);
    if (count < 0 && errno == EINTR) continue;
    failed_ = count < 0;
    if (count <= 0) return false;
    until_ += static_cast<std::size_t>(count);
    bytes_read_ += static_cast<std::uint64_t>(count);
    return true;
  }
}

bool LineReader::drop_rest() {
  while (true) {
    const char* begin = buffer_.data() + from_;
    if (const void* found = std::memchr(begin, '\n', until_ - from_)) {
      from_ += static_cast<std::size_t>(static_cast<const char*>(found) - begin) + 1;
      return true;
    }
    from_ = until_;
    if (ended_ || !fill()) return false;
  }
}

std::optional<std::string_view> LineReader::next() {
  if (std::exchange(cut_, false) && !drop_rest()) {
    ended_ = true;
    return std::nullopt;
  }
  std::size_t looked = 0;
  while (true) {
    const char* begin = buffer_.data() + from_;
    const std::size_t size = until_ - from_;
    if (const void* found = std::memchr(begin + looked, '\n', size - looked)) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - begin);
      from_ += length + 1;
      return std::string_view(begin, length);
    }
    if (ended_ || size >= line_size_bytes_max) {
      if (size == 0) return std::nullopt;
      from_ = until_;
      cut_ = !ended_;
      return std::string_view(begin, size);
    }
    looked = size;
    ended_ = !fill();
  }
}

std::uint64_t file_size_of(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace heed::cli
