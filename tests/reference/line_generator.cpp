#include <algorithm>

#include "conditions.h"
#include "generator.h"
#include "json_text.h"
#include "time.h"

namespace heed::reference {
namespace {

using Name = Vocabulary::Name;

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

/// RFC 3339 of a moment near the base, to the millisecond, now and then with an offset.
std::string moment_text(Random& random, std::int64_t ms) {
  const std::int64_t offset_minutes = random.chance(10) ? 90 : 0;
  std::int64_t rest = ms - base_ms + 10 * 3'600'000 + offset_minutes * 60'000;
  std::int64_t day = 20;
  for (; rest < 0; rest += 86'400'000) --day;
  for (; rest >= 86'400'000; rest -= 86'400'000) ++day;
  std::int64_t month = 11;
  const auto length = [&] { return month == 10 || month == 12 ? 31 : 30; };
  for (; day < 1; day += length()) --month;
  for (; day > length(); ++month) day -= length();
  std::string text = "2026-" + two_digits(month) + "-" + two_digits(day) + "T" +
                     two_digits(rest / 3'600'000) + ":" + two_digits(rest / 60'000 % 60) + ":" +
                     two_digits(rest / 1000 % 60);
  if (const std::int64_t part = rest % 1000; part != 0) {
    text += "." + std::string(part < 100 ? "0" : "") + two_digits(part);
  }
  return text + (offset_minutes == 0 ? "Z" : "+01:30");
}

class LineWriter {
 public:
  LineWriter(Random& random, const Vocabulary& vocabulary)
      : random_(random), vocabulary_(vocabulary) {}

  std::string write() {
    now_ = moment();
    Object line;
    line.add("visitor", quoted(visitor()));
    line.add("now", quoted(moment_text(random_, now_)));
    if (random_.chance(12)) {
      line.add("consent", random_.pick(std::vector<std::string>{R"("none")", R"("session")"}));
      line.add("view", R"("00000000000000)" + two_hex() + "\"");
    }
    if (random_.chance(95)) line.add("attributes", attributes());
    if (random_.chance(80)) line.add("signals", signals());
    if (random_.chance(60)) line.add("slots", slots());
    return line.text();
  }

 private:
  std::string visitor() {
    if (random_.chance(5)) return "\xc3\xbc" + std::to_string(random_.below(1000)) + "\"\\";
    return "u" + std::to_string(random_.below(1'000'000));
  }

  /// Often the base, often an edge of a day, otherwise anywhere within some weeks.
  std::int64_t moment() {
    switch (random_.below(4)) {
      case 0:
        return base_ms;
      case 1:
        return base_ms - 1;
      case 2:
        return base_ms - 10 * 3'600'000 + static_cast<std::int64_t>(random_.below(3)) - 1;
      default:
        return base_ms + static_cast<std::int64_t>(random_.below(30'000'000'00)) - 2'000'000'000;
    }
  }

  std::string value(const std::string& type) {
    if (type == "bool") return random_.chance(50) ? "true" : "false";
    if (type == "number") return random_.chance(5) ? "-0.0" : random_.pick(numbers());
    if (type == "string") return quoted(random_.pick(texts()));
    if (type == "time") return quoted(moment_text(random_, moment()));
    std::vector<std::string> members;
    for (const std::string& text : texts()) {
      if (random_.chance(25)) members.push_back(quoted(text));
    }
    return list(members);
  }

  std::string two_hex() {
    constexpr std::string_view digits = "0123456789abcdef";
    return {digits[random_.below(16)], digits[random_.below(16)]};
  }

  std::string attributes() {
    Object all;
    std::vector<Name> names = vocabulary_.attributes;
    for (std::size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[random_.below(i)]);
    for (const Name& name : names) {
      if (!random_.chance(75)) continue;
      const auto& crowds = vocabulary_.crowds;
      const bool is_crowd = std::find(crowds.begin(), crowds.end(), name.name) != crowds.end();
      all.add(name.name, is_crowd ? crowd() : value(name.type));
    }
    return all.text();
  }

  std::string crowd() {
    std::vector<std::string> members;
    const std::size_t count = random_.below(random_.chance(10) ? 200 : 5);
    while (members.size() < count) members.push_back(quoted(crowd_member(random_)));
    return list(members);
  }

  /// Before now, often at the very edge of some window.
  std::int64_t signal_time() {
    if (vocabulary_.windows.empty() || random_.chance(50)) {
      return now_ -
             static_cast<std::int64_t>(random_.below(random_.chance(50) ? 7'200'000 : 400'000'000));
    }
    const auto window =
        static_cast<std::int64_t>(parse_duration(random_.pick(vocabulary_.windows)));
    return now_ - window + static_cast<std::int64_t>(random_.below(3)) - 1;
  }

  std::string signals() {
    std::vector<std::string> all;
    const std::size_t count = random_.below(random_.chance(20) ? 25 : 7);
    for (std::size_t i = 0; i < count; ++i) {
      Object one;
      if (random_.chance(4)) {
        one.add("name", R"("refund")");
        one.add("at", quoted(moment_text(random_, std::min(signal_time(), now_))));
        one.add("id", R"("order-1")");
        one.add("of", R"("buy")");
        all.push_back(one.text());
        continue;
      }
      const auto& [name, fields] = random_.pick(vocabulary_.signals);
      one.add("name", quoted(name));
      one.add("at", quoted(moment_text(random_, std::min(signal_time(), now_))));
      Object given;
      for (const Name& field : fields) {
        if (random_.chance(80)) given.add(field.name, value(field.type));
      }
      if (!fields.empty() || random_.chance(50)) one.add("fields", given.text());
      if (random_.chance(25)) one.add("id", quoted("order-" + std::to_string(random_.below(4))));
      all.push_back(one.text());
    }
    return list(all);
  }

  std::string slots() {
    std::vector<std::string> asked;
    for (const std::string& slot : vocabulary_.slots) {
      if (random_.chance(80)) asked.push_back(quoted(slot));
    }
    return list(asked);
  }

  Random& random_;
  const Vocabulary& vocabulary_;
  std::int64_t now_ = 0;
};

}  // namespace

std::string random_line(Random& random, const Vocabulary& vocabulary) {
  return LineWriter(random, vocabulary).write();
}

}  // namespace heed::reference
