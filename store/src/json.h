// Writes JSON, one value after another: commas and quotes are its business. Numbers are the
// shortest text that reads back the same.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heed::store {

class JsonWriter {
 public:
  JsonWriter& object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth) { return raw(truth ? "true" : "false"); }
  JsonWriter& value(std::uint64_t number) { return raw(std::to_string(number)); }
  JsonWriter& value(std::int64_t number) { return raw(std::to_string(number)); }
  /// Finite.
  JsonWriter& value(double number);
  JsonWriter& null() { return raw("null"); }
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string out_;
  bool needs_comma_ = false;
};

/// 16 lower-case digits.
[[nodiscard]] std::string hex16(std::uint64_t value);

}  // namespace heed::store
