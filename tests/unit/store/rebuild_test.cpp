// What is derived is nothing but a fold of the log: deleted and folded again it is the same, byte
// for byte, after any history.
#include <sqlite3.h>

#include <random>

#include "records.h"

namespace heed::store {
namespace {

/// All rows of all tables of a database, as text.
std::string dump(const std::string& path) {
  std::string out;
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  std::vector<std::string> tables;
  const auto collect = [](void* to, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(values[0]);
    return 0;
  };
  sqlite3_exec(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
               collect, &tables, nullptr);
  for (const std::string& table : tables) {
    sqlite3_stmt* rows = nullptr;
    sqlite3_prepare_v2(database, ("SELECT * FROM " + table).c_str(), -1, &rows, nullptr);
    while (sqlite3_step(rows) == SQLITE_ROW) {
      out += table;
      for (int i = 0; i < sqlite3_column_count(rows); ++i) {
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(rows, i));
        const auto* data = static_cast<const char*>(sqlite3_column_blob(rows, i));
        if (sqlite3_column_type(rows, i) == SQLITE_FLOAT) {
          char digits[40];
          std::snprintf(digits, sizeof digits, "%a", sqlite3_column_double(rows, i));
          out.append("|").append(digits);
        } else {
          out.append("|").append(data == nullptr ? "" : data, data == nullptr ? 0 : size);
        }
      }
      out += '\n';
    }
    sqlite3_finalize(rows);
  }
  sqlite3_close(database);
  return out;
}

class RebuildTest : public StoreTest {
 protected:
  std::uint64_t below(std::uint64_t n) { return random() % n; }

  outcome::Record any_record() {
    const std::uint64_t unit = below(40);
    const double value = static_cast<double>(below(10'000)) / 100;
    const std::string id = below(4) == 0 ? "" : "o" + std::to_string(below(60));
    auto o = outcome_of(unit, value, id, below(2) == 0 ? "revenue" : "email");
    o.credits[0].trigger = "t" + std::to_string(below(3));
    if (below(5) == 0) o.credits.clear();
    auto e = exposure(unit, below(400), below(3) == 0 ? "" : std::string(1, "abc"[below(3)]));
    e.trigger = below(10) == 0 ? "" : "t" + std::to_string(below(3));
    e.at_ms = clock.now - static_cast<std::int64_t>(below(40)) * 24 * 3600 * 1000;
    switch (below(9)) {
      case 0:
        return outcome::Dropped{clock.now, outcome::Class::signal};
      case 1:
        o.value = below(3) == 0 ? 0 : o.value;
        o.at_ms = clock.now;
        return outcome::Refund{o};
      case 2:
      case 3:
        o.at_ms = clock.now;
        return o;
      case 4:
        return outcome::Suppressed{e.at_ms,
                                   e.ruleset,
                                   unit,
                                   e.view,
                                   e.slot,
                                   "t" + std::to_string(below(4)),
                                   e.microsegment,
                                   outcome::CapOf::campaign,
                                   outcome::CapLimit::times};
      default:
        return e;
    }
  }

  void live_a_while(int batches) {
    for (int i = 0; i < batches; ++i) {
      std::vector<outcome::Record> records(below(6));
      for (outcome::Record& record : records) record = any_record();
      auto b = batch(below(6), 1 + below(60), std::move(records));
      b.head.sent_ms = below(10) == 0 ? clock.now - 1'000'000 : clock.now;
      const auto answer = take(b);
      EXPECT_TRUE(answer || answer.error().code == "gap");
      clock.now += static_cast<std::int64_t>(below(40)) * 3600 * 1000;  // days pass: prunes happen
    }
  }

  std::mt19937_64 random{7};
};

TEST_F(RebuildTest, folding_the_log_again_gives_the_live_state) {
  for (int round = 0; round < 3; ++round) {
    open();
    live_a_while(400);
    const std::string live_report = store->report(site, "", ReportForm::json).value();
    store.reset();
    const std::string live = dump(folder.path + "/state.db");
    EXPECT_GT(live.size(), 10'000);
    StoreOptions options;
    options.folder = folder.path;
    ASSERT_TRUE(rebuild(options));
    EXPECT_EQ(dump(folder.path + "/state.db"), live);
    open();
    EXPECT_EQ(store->report(site, "", ReportForm::json).value(), live_report);
  }
}

TEST_F(RebuildTest, a_lost_or_damaged_state_is_made_anew) {
  open();
  live_a_while(50);
  const std::string live = store->report(site, "", ReportForm::json).value();
  store.reset();
  std::filesystem::remove(folder.path + "/state.db");
  open();
  EXPECT_EQ(store->report(site, "", ReportForm::json).value(), live);
  store.reset();
  std::filesystem::resize_file(folder.path + "/state.db", 100);
  open();
  EXPECT_EQ(store->report(site, "", ReportForm::json).value(), live);
}

TEST_F(RebuildTest, a_damaged_log_is_refused_after_a_crash) {
  open();
  live_a_while(200);
  store.reset();
  {
    std::FILE* marker = std::fopen((folder.path + "/open").c_str(), "w");  // as a crash leaves it
    std::fclose(marker);
    std::FILE* log = std::fopen((folder.path + "/log.db").c_str(), "r+");
    std::fseek(log, 3 * 4096, SEEK_SET);
    for (int i = 0; i < 4096; ++i) std::fputc(0x5a, log);
    std::fclose(log);
  }
  StoreOptions options;
  options.folder = folder.path;
  const auto opened = Store::open(options, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "storage");
  EXPECT_NE(opened.error().message.find("log.db"), std::string::npos);
}

}  // namespace
}  // namespace heed::store
