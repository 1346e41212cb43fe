#include "report.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace heed::compile {
namespace {

bool is_plain_key(std::string_view key) {
  for (const char c : key) {
    const char lower = static_cast<char>(c | 0x20);
    if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
      return false;
  }
  return !key.empty();
}

std::string step(const JsonNode& node) {
  if (node.parent->kind == JsonKind::array) {
    return "[" + std::to_string(&node - node.parent->children.data()) + "]";
  }
  return is_plain_key(node.key) ? "." + node.key : "['" + node.key + "']";
}

}  // namespace

std::string json_path(const JsonNode& node) {
  std::vector<std::string> steps;
  for (const JsonNode* at = &node; at->parent != nullptr; at = at->parent)
    steps.push_back(step(*at));
  std::string path = "$";
  for (auto text = steps.rbegin(); text != steps.rend(); ++text) path += *text;
  return path;
}

Report::Report(std::span<const SourceFile> files) : files_(files) {
  for (const SourceFile& file : files) {
    auto& starts = line_starts_.emplace_back(1, 0);
    for (std::size_t i = 0; i < file.text.size(); ++i) {
      if (file.text[i] == '\n') starts.push_back(static_cast<std::uint32_t>(i + 1));
    }
  }
}

Report::Place Report::place(std::size_t file, std::size_t at) const {
  const auto& starts = line_starts_[file];
  const auto line = std::upper_bound(starts.begin(), starts.end(), at) - 1;
  return {static_cast<std::uint32_t>(line - starts.begin() + 1),
          static_cast<std::uint32_t>(at - *line + 1)};
}

void Report::add(Severity severity, std::size_t file, std::size_t at, std::string path,
                 Finding finding) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = std::move(finding.code);
  diagnostic.message = std::move(finding.message);
  diagnostic.suggestion = std::move(finding.suggestion);
  diagnostic.path = std::move(path);
  if (file < files_.size()) {
    const Place where = place(file, at);
    diagnostic.file = files_[file].name;
    diagnostic.line = where.line;
    diagnostic.column = where.column;
  }
  if (severity == Severity::error) ++error_count_;
  found_.push_back({file, at, std::move(diagnostic)});
}

void Report::error(const JsonNode& node, Finding finding) {
  add(Severity::error, node.file, node.at, json_path(node), std::move(finding));
}

void Report::warning(const JsonNode& node, Finding finding) {
  add(Severity::warning, node.file, node.at, json_path(node), std::move(finding));
}

void Report::error_at_key(const JsonNode& node, Finding finding) {
  add(Severity::error, node.file, node.key_at, json_path(node), std::move(finding));
}

void Report::warning_at_key(const JsonNode& node, Finding finding) {
  add(Severity::warning, node.file, node.key_at, json_path(node), std::move(finding));
}

void Report::error_inside(const JsonNode& node, std::size_t index, Finding finding) {
  add(Severity::error, node.file, raw_offset(files_[node.file].text, node.at, index),
      json_path(node), std::move(finding));
}

void Report::warning_inside(const JsonNode& node, std::size_t index, Finding finding) {
  add(Severity::warning, node.file, raw_offset(files_[node.file].text, node.at, index),
      json_path(node), std::move(finding));
}

void Report::error_in_file(std::size_t file, std::size_t at, Finding finding) {
  add(Severity::error, file, at, "$", std::move(finding));
}

void Report::error_without_place(Finding finding) {
  add(Severity::error, files_.empty() ? files_.size() : 0, 0, "$", std::move(finding));
}

void Report::warning_without_place(Finding finding) {
  add(Severity::warning, files_.empty() ? files_.size() : 0, 0, "$", std::move(finding));
}

Diagnostics Report::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Sorted& a, const Sorted& b) {
    return std::tie(a.file, a.at) < std::tie(b.file, b.at);
  });
  Diagnostics diagnostics;
  for (Sorted& found : found_) {
    if (diagnostics.empty() || diagnostics.back() != found.diagnostic) {
      diagnostics.push_back(std::move(found.diagnostic));
    }
  }
  found_.clear();
  return diagnostics;
}

}  // namespace heed::compile
