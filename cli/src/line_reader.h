// Lines of a descriptor, in large steps: millions of lines pass through `heed decide`.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::cli {

class LineReader {
 public:
  explicit LineReader(int descriptor);

  /// The next line without its line break, borrowed until the next call; the last line need not
  /// end with one. Nothing at the end. A line beyond `line_size_bytes_max` is cut there, and what
  /// follows up to its end is dropped: it is no visitor's, whatever it says.
  [[nodiscard]] std::optional<std::string_view> next();

  /// Whether a whole line is at hand without reading.
  [[nodiscard]] bool has_line() const;
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] bool failed() const { return failed_; }

  static constexpr std::size_t line_size_bytes_max = std::size_t{4} << 20U;

 private:
  bool fill();
  bool drop_rest();

  int descriptor_;
  std::vector<char> buffer_;
  std::size_t from_ = 0;  // of what has not been handed out
  std::size_t until_ = 0;
  std::uint64_t bytes_read_ = 0;
  bool cut_ = false;  // the rest of the last line is still to be dropped
  bool ended_ = false;
  bool failed_ = false;
};

/// Bytes in the file behind a descriptor; 0 where it is a pipe or a terminal.
[[nodiscard]] std::uint64_t file_size_of(int descriptor);

}  // namespace heed::cli
