// Collects what is wrong and finds its place: file, line, column, JSON path.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/studio/compile.h"
#include "heed/studio/diagnostics.h"
#include "json_tree.h"

namespace heed::compile {

/// `$.triggers.back_to_school.parts.title[1]`
[[nodiscard]] std::string json_path(const JsonNode& node);

struct Finding {
  std::string code;
  std::string message;
  std::string suggestion;
};

class Report {
 public:
  /// @param files  borrowed; outlives this
  explicit Report(std::span<const SourceFile> files);

  /// At a value.
  void error(const JsonNode& node, Finding finding);
  void warning(const JsonNode& node, Finding finding);
  /// At a member's key.
  void error_at_key(const JsonNode& node, Finding finding);
  void warning_at_key(const JsonNode& node, Finding finding);
  /// Inside a string, at a byte of its decoded text.
  void error_inside(const JsonNode& node, std::size_t index, Finding finding);
  void warning_inside(const JsonNode& node, std::size_t index, Finding finding);
  /// At a byte of a file that has no tree.
  void error_in_file(std::size_t file, std::size_t at, Finding finding);
  /// About the source as a whole.
  void error_without_place(Finding finding);
  void warning_without_place(Finding finding);

  [[nodiscard]] bool has_errors() const { return error_count_ > 0; }
  [[nodiscard]] std::size_t error_count() const { return error_count_; }
  /// In file, line, column order, without repeats.
  [[nodiscard]] Diagnostics take();

  struct Place {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };
  [[nodiscard]] Place place(std::size_t file, std::size_t at) const;
  [[nodiscard]] const std::string& file_name(std::size_t file) const { return files_[file].name; }

 private:
  void add(Severity severity, std::size_t file, std::size_t at, std::string path, Finding finding);

  std::span<const SourceFile> files_;
  std::vector<std::vector<std::uint32_t>> line_starts_;  // by file
  struct Sorted {
    std::size_t file, at;
    Diagnostic diagnostic;
  };
  std::vector<Sorted> found_;
  std::size_t error_count_ = 0;
};

}  // namespace heed::compile
