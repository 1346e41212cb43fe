#include "conditions.h"

#include <functional>

namespace heed::reference {

const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = {
      "DE", "AT", "de", "", "it's", "a\\b", "\xc3\xa9", "e\xcc\x81", "\xf0\x9f\x8e\x81", "kids"};
  return all;
}

const std::vector<std::string>& numbers() {
  static const std::vector<std::string> all = {"0",   "1",   "2",    "3",    "-1",  "0.5",
                                               "2.5", "0.1", "1e-7", "1e21", "-2.5"};
  return all;
}

namespace {

using Names = std::vector<Vocabulary::Name>;

const std::vector<std::string>& comparisons() {
  static const std::vector<std::string> all = {"==", "!=", "<", "<=", ">", ">="};
  return all;
}

/// A CEL string in single quotes.
std::string literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string moment(Random& random) {
  static const std::vector<std::string> all = {
      "2026-11-20T10:00:00Z",      "2026-11-19T10:00:00Z",      "2026-11-20T09:59:59.999Z",
      "2026-11-20T12:00:00+02:00", "2026-10-25T01:00:00+01:00", "2026-12-01T00:00:00Z"};
  return "timestamp('" + random.pick(all) + "')";
}

std::string duration(Random& random) {
  static const std::vector<std::string> all = {"30m", "1h", "1d", "90s", "1w", "3d", "500ms"};
  return "duration('" + random.pick(all) + "')";
}

class Writer {
 public:
  Writer(Random& random, const Names& names, const Vocabulary& vocabulary)
      : random_(random), names_(names), vocabulary_(vocabulary) {}

  std::string condition(int depth) {
    if (depth == 0 || random_.chance(30)) return atom();
    switch (random_.below(7)) {
      case 0:
      case 1:
        return "(" + condition(depth - 1) + " && " + condition(depth - 1) + ")";
      case 2:
      case 3:
        return "(" + condition(depth - 1) + " || " + condition(depth - 1) + ")";
      case 4:
      case 5:
        return "!(" + condition(depth - 1) + ")";
      default:
        return "(" + condition(depth - 1) + " ? " + condition(depth - 1) + " : " +
               condition(depth - 1) + ")";
    }
  }

 private:
  /// A variable of a type; empty where there is none in scope.
  std::string name_of(const std::string& type) {
    std::vector<std::string> fitting;
    for (const auto& name : names_) {
      if (name.type == type) fitting.push_back(name.name);
    }
    return fitting.empty() ? std::string() : random_.pick(fitting);
  }

  std::string atom() {
    for (int attempt = 0; attempt < 20; ++attempt) {
      std::string made;
      switch (random_.below(12)) {
        case 0:
          made = name_of("bool");
          break;
        case 1:
        case 2:
          made = number_atom();
          break;
        case 3:
        case 4:
          made = string_atom();
          break;
        case 5:
          made = set_atom();
          break;
        case 6:
          made = time_atom();
          break;
        case 7:
          made = duration_atom();
          break;
        case 8:
          made = presence();
          break;
        case 9:
          made = segment();
          break;
        case 10:
          made = stage();
          break;
        default:
          made = pair_atom();
          break;
      }
      if (!made.empty()) return made;
    }
    return random_.chance(50) ? "true" : "1 < 2";
  }

  std::string presence() {
    if (names_.empty()) return {};
    const std::string name = random_.pick(names_).name;
    return name == "now" ? std::string() : "has(" + name + ")";
  }

  std::string number_atom() {
    const std::string name = name_of("number");
    if (name.empty()) return {};
    const std::string other = name_of("number");
    const std::string number = random_.pick(numbers());
    switch (random_.below(6)) {
      case 0:
        return name + " in [" + number + ", " + random_.pick(numbers()) + ", 2]";
      case 1:
        return name + " + " + other + " * 2 " + random_.pick(comparisons()) + " " + number;
      case 2:
        return name + " / " + other + " " + random_.pick(comparisons()) + " " + number;
      case 3:
        return "-" + name + " - 0.5 " + random_.pick(comparisons()) + " " + other;
      case 4:
        return number + " " + random_.pick(comparisons()) + " " + name;
      default:
        return name + " " + random_.pick(comparisons()) + " " + number;
    }
  }

  std::string string_atom() {
    const std::string name = name_of("string");
    if (name.empty()) return {};
    const std::string text = literal(random_.pick(texts()));
    switch (random_.below(8)) {
      case 5:
      case 6:
      case 7:
        return text_test(name);
      case 0:
        return name + " in [" + text + ", " + literal(random_.pick(texts())) + "]";
      case 1:
        return name + " != " + text;
      case 2:
        return name + " + 'x' == " + literal(random_.pick(texts()) + "x");
      case 3:
        return text + " == " + name;
      default:
        return name + " == " + text;
    }
  }

  std::string set_atom() {
    const std::string name = name_of("set");
    if (name.empty()) return name;
    switch (random_.below(7)) {
      case 0:
        return (random_.chance(50) ? name + ".size() " : "size(" + name + ") ") +
               random_.pick(comparisons()) + " " + std::to_string(random_.below(5));
      case 1:
      case 2:
      case 3:
        return name + macro_name() + "x, " + about_member("x", 1) + ")";
      case 4: {
        const std::string text = name_of("string");
        return text.empty() ? text : text_value(text) + " in " + name;
      }
      default:
        return literal(random_.pick(texts())) + " in " + name;
    }
  }

  std::string macro_name() { return random_.chance(50) ? ".exists(" : ".all("; }

  /// A condition about a member of a set, at times with a macro of its own.
  std::string about_member(const std::string& member, int loops) {
    const std::string text = literal(random_.pick(texts()));
    const std::string other = name_of("string");
    const std::string set = name_of("set");
    switch (random_.below(10)) {
      case 0:
        return member + " == " + text;
      case 1:
        return member + " != " + text + " && " + member + " != ''";
      case 2:
        return member + " in [" + text + ", 'kids'] || " + member + " == 'DE'";
      case 3:
        return "!(" + about_member(member, loops) + ")";
      case 4:
        return other.empty() ? member + ".size() > 1" : other + " " + comparison() + " " + member;
      case 5:
        return member + " in " + set;
      case 6:
        if (loops == 0) return member + ".size() % 2 == 0";
        return set + macro_name() + "y, " + two_members(member) + ")";
      case 7:
        return has_any(member);
      default:
        return text_test(member);
    }
  }

  std::string two_members(const std::string& member) {
    switch (random_.below(4)) {
      case 0:
        return "y.startsWith(" + member + ")";
      case 1:
        return "!(y == " + member + ") && y != 'kids'";
      case 2:
        return member + " " + comparison() + " y";
      default:
        return "y == " + member + " || y.endsWith('s')";
    }
  }

  std::string comparison() { return random_.pick(comparisons()); }

  /// Part of a body that is unknown where some attribute is.
  std::string has_any(const std::string& member) {
    const std::string flag = name_of("bool");
    return flag.empty() ? member + " < 'b'" : flag + " || " + member + ".startsWith('k')";
  }

  std::string text_value(const std::string& name) {
    return random_.chance(30) ? name + ".lowerAscii()" : name;
  }

  std::string text_test(const std::string& text) {
    static const std::vector<std::string> methods = {"startsWith", "endsWith", "contains"};
    static const std::vector<std::string> parts = {"D",  "E",   "s",  "i",       "",
                                                   "de", "kid", "\\", "\xc3\xa9"};
    const std::string other = name_of("string");
    switch (random_.below(5)) {
      case 0:
        return text + ".size() " + comparison() + " " + std::to_string(random_.below(4));
      case 1:
        return text + ".lowerAscii() == " + literal(random_.pick(texts()));
      case 2:
        if (!other.empty())
          return text_value(text) + "." + random_.pick(methods) + "(" + other + ")";
        [[fallthrough]];
      default:
        return text_value(text) + "." + random_.pick(methods) + "(" + literal(random_.pick(parts)) +
               ")";
    }
  }

  std::string time_atom() {
    const std::string name = name_of("time");
    if (name.empty()) return {};
    if (random_.chance(40)) return time_part(name);
    if (random_.chance(60)) return name + " " + random_.pick(comparisons()) + " " + moment(random_);
    return name_of("time") + " - " + name + " " + random_.pick(comparisons()) + " " +
           duration(random_);
  }

  std::string time_part(const std::string& time) {
    static const std::vector<std::string> accessors = {
        "getFullYear",  "getMonth", "getDate",    "getDayOfMonth", "getDayOfWeek",
        "getDayOfYear", "getHours", "getMinutes", "getSeconds",    "getMilliseconds"};
    static const std::vector<std::string> zones = {"",      "",         "time_zone", "time_zone",
                                                   "'UTC'", "'+02:00'", "'-09:30'",  "'05:30'"};
    const std::string part = time + "." + random_.pick(accessors) + "(" + random_.pick(zones) + ")";
    switch (random_.below(4)) {
      case 0:
        return part + " % 2 == 1";
      case 1:
        return part + " in [0, 5, 6, 9, 10, 20]";
      case 2:
        return part + " / 3 - 1 " + comparison() + " " + std::to_string(random_.below(8));
      default:
        return part + " " + comparison() + " " + std::to_string(random_.below(40));
    }
  }

  std::string duration_atom() {
    const std::string name = name_of("duration");
    if (name.empty()) {
      const std::string time = name_of("time");
      if (time.empty()) return {};
      static const std::vector<std::string> accessors = {"getHours", "getMinutes", "getSeconds",
                                                         "getMilliseconds"};
      return "(" + name_of("time") + " - " + time + ")." + random_.pick(accessors) + "() " +
             comparison() + " " + std::to_string(random_.below(30));
    }
    return name + " " + random_.pick(comparisons()) + " " + duration(random_);
  }

  /// Two values of one type beside each other, as a choice or compared.
  std::string pair_atom() {
    const std::string type = random_.pick(std::vector<std::string>{"number", "string", "bool"});
    const std::string a = name_of(type);
    const std::string b = name_of(type);
    if (a.empty()) return {};
    if (type == "bool") return a + " " + comparison() + " " + b;
    if (type == "string") return a + (random_.chance(50) ? " == " : " < ") + b;
    const std::string asked = name_of("bool");
    if (asked.empty()) return a + " " + random_.pick(comparisons()) + " " + b;
    return "(" + asked + " ? " + a + " : " + b + ") " + random_.pick(comparisons()) + " " +
           random_.pick(numbers());
  }

  std::string segment() {
    if (vocabulary_.segments.empty()) return {};
    return "segment." + random_.pick(vocabulary_.segments);
  }

  std::string stage() {
    if (vocabulary_.journeys.empty()) return {};
    const auto& [journey, stages] = random_.pick(vocabulary_.journeys);
    const std::string name = random_.chance(15) ? "none" : random_.pick(stages);
    switch (random_.below(3)) {
      case 0:
        return "stage." + journey + " != " + literal(name);
      case 1:
        return "stage." + journey + " in [" + literal(name) + ", " + literal(random_.pick(stages)) +
               "]";
      default:
        return "stage." + journey + " == " + literal(name);
    }
  }

  Random& random_;
  const Names& names_;
  const Vocabulary& vocabulary_;
};

}  // namespace

std::string random_condition(Random& random, const std::vector<Vocabulary::Name>& names,
                             const Vocabulary& vocabulary, int depth) {
  return Writer(random, names, vocabulary).condition(depth);
}

}  // namespace heed::reference
