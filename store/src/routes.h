// What each call of the store's HTTP interface does (docs/formats/store.md), without a network:
// heads and bodies in, replies out. Any thread.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/store/options.h"
#include "heed/store/store.h"

namespace heed::store {

struct RequestHead {
  std::string method = {};
  std::string target = {};  // path and query, as sent
  std::string authorization = {};
  std::string content_type = {};
  std::string content_encoding = {};
  std::string if_none_match = {};
  std::string origin = {};
  std::string last_event_id = {};
  std::string remote = {};  // address of the other side
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

/// The body of every error answer.
[[nodiscard]] Reply reply_of(const Refusal& refusal);

enum class Endpoint : std::uint8_t {
  health,
  ready,
  metrics,
  outcomes,
  get_ruleset,
  put_ruleset,
  get_map,
  put_map,
  get_source,
  put_source,
  history,
  get_keyring,
  put_keyring,
  report,
  journeys,
  events,
  preflight
};

/// A request whose head is in order.
struct Plan {
  Endpoint endpoint = Endpoint::health;
  std::string site = {};
  std::string trigger = {};
  std::optional<std::uint64_t> version = {};
  std::optional<std::uint64_t> have = {};  // the version that the caller has already
  ReportForm form = ReportForm::json;
  GroupBy by = GroupBy::nothing;
  std::size_t body_size_bytes_max = 0;
};

class Routes {
 public:
  /// Both are borrowed and outlive it.
  Routes(Store& store, const ServeOptions& options) : store_(store), options_(options) {}

  /// Reads the target, checks key, method, type; a refusal needs no body to be read.
  [[nodiscard]] tl::expected<Plan, Reply> plan(const RequestHead& head) const;

  using Done = std::function<void(Reply)>;
  /// Answers a planned request; `done` is called once, maybe before this returns, maybe from the
  /// writer's thread. Not for `events`.
  void answer(const Plan& plan, const RequestHead& head, std::string body, const Done& done);

  /// Headers that let a page of an allowed origin read the reply.
  void allow_origin(const RequestHead& head, Reply& reply) const;
  /// Counts a reply for /metrics.
  void count(int status) { ++replies_[static_cast<std::size_t>(status / 100 % 10)]; }

 private:
  [[nodiscard]] std::optional<Refusal> check_key(Endpoint endpoint, const RequestHead& head) const;
  /// What is kept beside rulesets: maps, sources, keyrings, history.
  [[nodiscard]] Reply beside(const Plan& plan, std::string_view body, std::string_view who);
  [[nodiscard]] Reply ruleset(const Plan& plan, const RequestHead& head);
  [[nodiscard]] Reply metrics() const;

  Store& store_;
  const ServeOptions& options_;
  std::array<std::atomic<std::uint64_t>, 10> replies_{};  // by hundreds of the status
};

}  // namespace heed::store
