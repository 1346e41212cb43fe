// Rulesets pushed and served: versions, sources, maps, keyrings, and draws checked against them.
#include <fstream>

#include "heed/base/hash.h"
#include "heed/runtime/draws.h"
#include "heed/studio/patch.h"
#include "server_fixture.h"

namespace heed::store {
namespace {

TEST_F(PublishTest, a_signed_ruleset_is_served_as_it_was_published) {
  const std::string seven = author.ruleset(7);
  const auto put = publish(seven);
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(Json(put.body).integer("/version"), 7);
  const auto got = send("GET", ruleset_path);
  EXPECT_EQ(got.body, seven);
  EXPECT_EQ(got.header("X-Heed-Version"), "7");
  EXPECT_EQ(send("GET", ruleset_path, {}, {{"If-None-Match", got.header("ETag")}}).status, 304);
  EXPECT_EQ(publish(seven).status, 200) << "the same bytes again are fine";
  const std::string eight = author.ruleset(8);
  ASSERT_EQ(publish(eight).status, 200);
  EXPECT_EQ(send("GET", ruleset_path, {}, {{"If-None-Match", got.header("ETag")}}).body, eight);
  EXPECT_EQ(send("GET", ruleset_path + "?version=7").body, seven) << "all versions are kept";
  EXPECT_EQ(send("GET", ruleset_path + "?version=6").status, 404);
  start();
  EXPECT_EQ(send("GET", ruleset_path).body, eight) << "after a restart too";
  EXPECT_EQ(Json(send("GET", "/v1/shop.example/keyring").body).text("/site"), site);
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

TEST_F(PublishTest, who_has_an_earlier_version_gets_what_makes_the_newest_of_it) {
  const std::string have = ruleset_path + "?have=";
  EXPECT_EQ(send("GET", have + "7").status, 404) << "nothing is published yet";
  const std::string seven = author.ruleset(7);
  const std::string eight = author.ruleset(8);
  ASSERT_EQ(publish(seven).status, 200);
  ASSERT_EQ(publish(eight).status, 200);
  for (int time = 0; time < 2; ++time) {  // made, then remembered
    const auto got = send("GET", have + "7");
    EXPECT_EQ(got.header("Content-Type"), "application/vnd.heed.patch");
    EXPECT_EQ(got.header("X-Heed-Version"), "8");
    EXPECT_LT(got.body.size(), eight.size() / 4);
    const auto image = trust::split(std::as_bytes(std::span(seven)))->image;
    EXPECT_EQ(compile::apply_patch(image, bytes_of(got.body)).value(), bytes_of(eight));
    EXPECT_EQ(send("GET", have + "7", {}, {{"If-None-Match", got.header("ETag")}}).status, 304);
  }
  const auto same = send("GET", have + "8");
  EXPECT_LT(same.body.size(), 120U) << "the newest itself: its signature comes again";
  for (const char* other : {"6", "9", "9223372036854775807"}) {
    const auto got = send("GET", have + other);
    EXPECT_EQ(got.body, eight) << other;
    EXPECT_EQ(got.header("Content-Type"), "application/vnd.heed.ruleset");
  }
  ASSERT_EQ(publish(author.ruleset(30)).status, 200);
  EXPECT_EQ(send("GET", have + "8").header("Content-Type"), "application/vnd.heed.ruleset")
      << "too far behind";
  for (const char* wrong : {"0", "-1", "x", "", "7&version=7"}) {
    EXPECT_EQ(send("GET", have + wrong).status, 400) << wrong;
  }
}

TEST_F(PublishTest, each_bad_ruleset_has_its_own_error_and_changes_nothing) {
  ASSERT_EQ(publish(author.ruleset(7)).status, 200);
  const std::string served = send("GET", ruleset_path).body;
  const std::string good = author.ruleset(8);
  const auto image = Author::image(8, std::string(site), start_ms + 1000);
  std::string flipped = good;
  flipped[image.size() / 2] = static_cast<char>(flipped[image.size() / 2] ^ 1);
  const Author stranger;
  const auto expect = [&](const std::string& bytes, int status, const std::string& code) {
    const auto reply = publish(bytes);
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.code(), code) << reply.body;
  };
  expect(author.ruleset(6), 409, "version");
  expect(author.sign(Author::image(7, std::string(site), start_ms + 2000)), 409, "version");
  expect(text(image), 403, "unsigned");
  expect(stranger.ruleset(8), 403, "unknown_key");
  expect(flipped, 403, "bad_signature");
  expect(good.substr(0, good.size() - 1), 400, "truncated");
  expect(good + "x", 400, "malformed_signature");
  expect(good.substr(0, 100), 400, "truncated");
  expect("not a ruleset at all, but long enough to have had a whole header in it.......", 400,
         "not_a_ruleset");
  expect(author.sign(Author::image(8, "other.example", start_ms + 1000)), 422, "wrong_site");
  expect(author.sign(Author::image(8, std::string(site), start_ms)), 422, "expired");
  expect(author.sign(Author::image(0, std::string(site), start_ms + 1000)), 422, "version");
  auto broken = image;
  broken[broken.size() - 1] ^= std::byte{0xff};
  EXPECT_EQ(publish(author.sign(broken)).status, 422) << "signed, and not a ruleset all the same";
  expect(std::string(17 * 1024 * 1024, 'x'), 413, "too_large");
  EXPECT_EQ(send("GET", ruleset_path).body, served);
}

TEST_F(PublishTest, a_pinned_keyring_cannot_be_replaced) {
  const std::string path = folder.path + "/site.keyring.json";
  std::ofstream(path) << author.keyring();
  ServeOptions options;
  options.keyring_files = {path};
  start(options);
  const Author other;
  const auto reply = send("PUT", "/v1/shop.example/keyring", other.keyring(), json_type);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.code(), "pinned_keyring");
  EXPECT_EQ(publish(other.ruleset(9)).code(), "unknown_key");
  EXPECT_EQ(publish(author.ruleset(9)).status, 200);
}

TEST_F(PublishTest, draws_that_the_ruleset_does_not_make_are_refused) {
  ASSERT_EQ(publish(author.ruleset(1)).status, 200);
  const auto opened = Ruleset::open(Author::image(1, std::string(site), start_ms + 1000));
  const TriggerId trigger = *opened->find_trigger("t");
  std::vector<outcome::Record> honest;
  std::vector<outcome::Record> forged;
  for (std::uint64_t unit = 1; unit <= 200; ++unit) {
    const Draws draws = recheck(*opened, fmix64(unit), trigger);
    const std::string variant = draws.held_out ? "" : draws.options[0] == 0 ? "a" : "b";
    auto e = exposure(fmix64(unit), unit, variant);
    e.width = draws.held_out ? share_one : share_one / 2;
    honest.emplace_back(e);
    auto lie = e;
    lie.view += 1000;
    switch (unit % 4) {
      case 0:
        lie = exposure(e.unit, lie.view, draws.held_out ? "a" : "");
        break;
      case 1:
        lie.trigger = "invented";
        break;
      case 2:
        lie.slot = "foot";
        break;
      default:
        if (draws.held_out) continue;
        lie.variant = lie.options[0].option = variant == "a" ? "b" : "a";
    }
    forged.emplace_back(lie);
  }
  const auto post = [&](std::uint64_t device, const std::vector<outcome::Record>& records) {
    return Json(send("POST", outcomes_path, batch_text(batch(device, 1, records)), binary).body);
  };
  ASSERT_EQ(publish(author.ruleset(2)).status, 200) << "a newer one does not make the older lie";
  start();
  EXPECT_EQ(post(1, honest).integer("/accepted"), 200);
  const Json answer = post(2, forged);
  EXPECT_EQ(answer.integer("/accepted"), 0);
  EXPECT_EQ(answer.integer("/refused"), static_cast<std::int64_t>(forged.size()));
  EXPECT_EQ(report().integer("/ledger/refused"), static_cast<std::int64_t>(forged.size()));
  EXPECT_EQ(report().integer("/ledger/exposures"), 200);
}

TEST_F(PublishTest, what_people_wrote_is_kept_beside_each_version) {
  const std::string source_path = ruleset_path + "/source";
  const std::string first = R"({"files":[{"name":"a.heed.json","text":"{}"}]})";
  const std::string second = R"({"files":[{"name":"a.heed.json","text":"{ }"}]})";
  EXPECT_EQ(send("PUT", source_path, first, json_type).code(), "no_ruleset");
  ASSERT_EQ(publish(author.ruleset(3)).status, 200);
  EXPECT_EQ(send("GET", source_path).code(), "no_source");
  ASSERT_EQ(send("PUT", source_path + "?version=3", first, json_type).status, 200);
  ASSERT_EQ(publish(author.ruleset(4)).status, 200);
  EXPECT_EQ(send("GET", source_path).code(), "no_source") << "a version's source is its own";
  ASSERT_EQ(send("PUT", source_path, second, json_type).status, 200);
  EXPECT_EQ(send("PUT", source_path + "?version=9", first, json_type).code(), "no_ruleset");
  for (const char* bad : {"", "[]", R"({"files":[]})", R"({"files":[{"name":"a"}]})",
                          R"({"files":[{"name":"","text":"{}"}]})"}) {
    EXPECT_EQ(send("PUT", source_path, bad, json_type).code(), "malformed_source") << bad;
  }
  start();
  EXPECT_EQ(send("GET", source_path).body, second);
  EXPECT_EQ(send("GET", source_path + "?version=3").body, first);
}

TEST_F(PublishTest, the_history_tells_each_version_once_the_newest_first) {
  EXPECT_EQ(send("GET", ruleset_path + "/versions").code(), "no_ruleset");
  ASSERT_EQ(publish(author.ruleset(3)).status, 200);
  clock.now += 500;
  const std::string four = author.ruleset(4);
  ASSERT_EQ(publish(four).status, 200);
  ASSERT_EQ(publish(four).status, 200) << "the same bytes again are no version";
  ASSERT_EQ(send("PUT", ruleset_path + "/map", Author::map(), json_type).status, 200);
  const std::string source = R"({"files":[{"name":"a.heed.json","text":"{}"}]})";
  ASSERT_EQ(send("PUT", ruleset_path + "/source", source, json_type).status, 200);
  const Json history(send("GET", ruleset_path + "/versions").body);
  EXPECT_EQ(history.text("/site"), site);
  EXPECT_EQ(history.integer("/versions/0/version"), 4);
  EXPECT_EQ(history.integer("/versions/0/at"), start_ms + 500);
  EXPECT_EQ(history.integer("/versions/0/size_bytes"), static_cast<std::int64_t>(four.size()));
  EXPECT_TRUE(history.truth("/versions/0/has_source"));
  EXPECT_NE(history.text("/versions/0/who").find("signed by"), std::string::npos);
  EXPECT_EQ(history.integer("/versions/1/version"), 3);
  EXPECT_FALSE(history.truth("/versions/1/has_source"));
  EXPECT_FALSE(history.has("/versions/2")) << "maps and sources are no versions";
}

TEST_F(PublishTest, reports_know_currency_version_names_and_windows) {
  ASSERT_EQ(publish(author.ruleset(3)).status, 200);
  ASSERT_EQ(send("PUT", ruleset_path + "/map", Author::map(), json_type).status, 200);
  EXPECT_EQ(send("PUT", ruleset_path + "/map", "[]", json_type).code(), "malformed_map");
  EXPECT_NE(send("PUT", ruleset_path + "/map", "", json_type).body.find("nothing is in it"),
            std::string::npos);
  EXPECT_EQ(send("GET", ruleset_path + "/map").body, Author::map());
  (void)send("POST", outcomes_path, batch_text(batch(1, 1, {exposure(10, 7, "a")})), binary);
  for (int i = 0; i < 2; ++i) {
    const Json r = report();
    EXPECT_EQ(r.text("/currency"), "GBP");
    EXPECT_EQ(r.integer("/ruleset"), 3);
    EXPECT_EQ(r.text("/triggers/0/name"), "First order");
    EXPECT_EQ(r.text("/triggers/0/owner"), "family");
    EXPECT_EQ(r.integer("/triggers/0/arms/0/provisional"), 1);
    start();  // and once more from the folder
  }
  clock.now += 8LL * 24 * 3600 * 1000;
  EXPECT_EQ(report().integer("/triggers/0/arms/0/provisional"), 0);
}

}  // namespace
}  // namespace heed::store
