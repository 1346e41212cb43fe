// JSON as random sources and lines are written: objects and lists.
#pragma once
#include <string>
#include <vector>

#include "number_text.h"
#include "random.h"

namespace heed::reference {

/// Joins `"name":json` texts into an object.
class Object {
 public:
  void add(const std::string& name, const std::string& json) {
    text_ += (text_.empty() ? "" : ",") + quoted(name) + ":" + json;
  }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

[[nodiscard]] std::string list(const std::vector<std::string>& items);

/// One of more members than an index has bits.
[[nodiscard]] std::string crowd_member(Random& random);

}  // namespace heed::reference
