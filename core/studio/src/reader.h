// Reads values of a source and says what is wrong with them; every error is reported, none stops
// the reading.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heed/studio/compile.h"
#include "json_tree.h"
#include "model.h"
#include "report.h"

namespace heed::compile {

/// Names of definitions, to refer to by row. Borrows the names.
struct NameIndex {
  std::vector<std::string_view> names;
  std::unordered_map<std::string_view, std::uint32_t> rows;
};

template <class Defs>
[[nodiscard]] NameIndex index_names(const Defs& defs) {
  NameIndex index;
  for (const auto& def : defs) {
    index.rows.emplace(def.name, static_cast<std::uint32_t>(index.names.size()));
    index.names.push_back(def.name);
  }
  return index;
}

/// A top-level key: its values, one a file that has it.
using Section = std::vector<const JsonNode*>;

class Reader {
 public:
  /// @param report, options  borrowed; outlive this
  Reader(Report& report, const CompileOptions& options) : report_(report), options_(options) {}

  /// Files the top-level keys of a source file under their names; unknown ones are errors.
  void add_file(const JsonNode& root);

  /// The section's only value; null where the key is absent. A second value is an error.
  [[nodiscard]] const JsonNode* scalar(std::string_view name);
  /// The members of the section's objects, notes left out; a name in two files is an error.
  [[nodiscard]] std::vector<const JsonNode*> entries(std::string_view name, std::size_t count_max);
  /// Where the section is first; null where the key is absent.
  [[nodiscard]] const JsonNode* place(std::string_view name) const;

  /// The members of an object, notes left out; an error where it is none.
  [[nodiscard]] std::vector<const JsonNode*> members(const JsonNode& node);
  /// The items of an array; an error where it is none.
  [[nodiscard]] std::vector<const JsonNode*> items(const JsonNode& node);

  /// An object with known keys: others are errors, those of `later` not supported yet.
  [[nodiscard]] bool object(const JsonNode& node, const std::vector<std::string_view>& known,
                            const std::vector<std::string_view>& later = {});

  [[nodiscard]] std::optional<std::string> text(const JsonNode& node, std::size_t size_bytes_max,
                                                bool may_be_empty = false);
  [[nodiscard]] std::optional<double> number(const JsonNode& node);
  [[nodiscard]] std::optional<std::int64_t> integer(const JsonNode& node, std::int64_t low,
                                                    std::int64_t high);
  [[nodiscard]] std::optional<bool> boolean(const JsonNode& node);
  [[nodiscard]] std::optional<std::int64_t> duration(const JsonNode& node);
  /// A fraction in [0, 1] as an integer out of 2^32.
  [[nodiscard]] std::optional<std::uint64_t> share(const JsonNode& node);
  [[nodiscard]] std::optional<ShareRange> share_range(const JsonNode& node);
  [[nodiscard]] Cap cap(const JsonNode& node);

  /// One of a list of words, by position.
  [[nodiscard]] std::optional<std::size_t> word(const JsonNode& node,
                                                const std::vector<std::string_view>& words);
  /// The row that a string names; an error "unknown `what`" where there is none.
  [[nodiscard]] std::uint32_t reference(const JsonNode& node, std::string_view what,
                                        const NameIndex& known);

  /// A member's key as a name for conditions: an identifier that CEL does not use itself.
  bool identifier(const JsonNode& node, std::string_view what);
  /// A member's key as a name: 1 to 128 bytes, no control characters, none of `refused`.
  bool label(const JsonNode& node, std::string_view what, std::string_view refused = "");
  bool label_text(const JsonNode& node, const std::string& text, std::string_view what,
                  std::string_view refused = "");

  [[nodiscard]] ConditionDef condition(const JsonNode& node);

  [[nodiscard]] Report& report() { return report_; }
  [[nodiscard]] const CompileOptions& options() const { return options_; }

 private:
  void wrong_type(const JsonNode& node, std::string_view wanted);

  Report& report_;
  const CompileOptions& options_;
  std::map<std::string, Section, std::less<>> sections_;
};

/// "an asset", "a slot".
[[nodiscard]] std::string with_article(std::string_view word);

/// "`cap` of ..." for a member, "this item" for an array's item.
[[nodiscard]] std::string naming(const JsonNode& node);

}  // namespace heed::compile
