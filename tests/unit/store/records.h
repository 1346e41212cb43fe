// Records, batches and a store with a forged clock, for the store's tests.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>
#include <unistd.h>

#include "heed/base/outcome.h"
#include "heed/store/store.h"

namespace heed::store {

inline constexpr std::int64_t start_ms = 1'795'687'200'000;
inline constexpr std::string_view site = "shop.example";

class ForgedClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const override { return now; }
  std::int64_t now = start_ms;
};

inline outcome::Exposure exposure(std::uint64_t unit, std::uint64_t view,
                                  std::string variant = "a") {
  outcome::Exposure e;
  e.at_ms = start_ms - 1000;
  e.ruleset = 1;
  e.unit = unit;
  e.view = view;
  e.slot = "hero";
  e.trigger = "t";
  e.held_out = variant.empty();
  e.variant = std::move(variant);
  if (!e.held_out) e.options = {{"arm", e.variant}};
  e.microsegment = "all";
  e.reason = e.held_out ? 4 : 1;
  return e;
}

inline outcome::Outcome outcome_of(std::uint64_t unit, double value, std::string id,
                                   std::string metric = "revenue") {
  outcome::Outcome o;
  o.at_ms = start_ms - 500;
  o.ruleset = 1;
  o.unit = unit;
  o.metric = std::move(metric);
  o.value = value;
  o.id = std::move(id);
  o.microsegment = "all";
  o.credits = {{7, "hero", "t", "a", "all", false}};
  return o;
}

inline outcome::Suppressed suppressed(std::uint64_t unit, std::uint64_t view,
                                      outcome::CapOf cap = outcome::CapOf::trigger) {
  return {start_ms - 1000, 1, unit, view, "hero", "t", "all", cap, outcome::CapLimit::times};
}

inline outcome::Batch batch(std::uint64_t device, std::uint64_t first,
                            std::vector<outcome::Record> records) {
  outcome::Batch b;
  b.head = {device, 1, first, start_ms, ""};
  b.records = std::move(records);
  return b;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "heed-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path;
};

/// A parsed report and the parser it borrows from.
class Json {
 public:
  explicit Json(const std::string& text) : root(parser_.parse(text)) {}
  [[nodiscard]] std::int64_t integer(std::string_view pointer) const {
    return root.at_pointer(pointer).get_int64().value();
  }
  [[nodiscard]] double number(std::string_view pointer) const {
    return root.at_pointer(pointer).get_double().value();
  }
  [[nodiscard]] std::string text(std::string_view pointer) const {
    return std::string(root.at_pointer(pointer).get_string().value());
  }
  [[nodiscard]] bool truth(std::string_view pointer) const {
    return root.at_pointer(pointer).get_bool().value();
  }
  [[nodiscard]] bool is_null(std::string_view pointer) const {
    return root.at_pointer(pointer).is_null();
  }
  [[nodiscard]] bool has(std::string_view pointer) const {
    return root.at_pointer(pointer).error() == simdjson::SUCCESS;
  }

 private:
  simdjson::dom::parser parser_;

 public:
  simdjson::dom::element root;
};

class StoreTest : public ::testing::Test {
 protected:
  void open(StoreOptions options = {}) {
    store.reset();
    options.folder = folder.path;
    auto opened = Store::open(options, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    store = *std::move(opened);
  }
  Answer<Taken> take(const outcome::Batch& b) { return store->take(site, outcome::write_batch(b)); }
  Json report() { return Json(store->report(site, "", ReportForm::json).value()); }

  TemporaryFolder folder;
  ForgedClock clock;
  std::unique_ptr<Store> store;
};

}  // namespace heed::store
