#include "routes.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <span>

#include <sodium.h>

#include "heed/base/limits.h"
#include "json.h"

namespace heed::store {
namespace {

constexpr std::size_t trailer_size_bytes_max =
    8 + 4 + limits::signature_count_max * (8 + 64);  // docs/formats/keys.md
constexpr std::size_t keyring_size_bytes_max = 64U * 1024;
constexpr std::size_t map_size_bytes_max = 32U * 1024 * 1024;
constexpr std::string_view json_type = "application/json";

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

tl::unexpected<Reply> refuse_head(int status, std::string code, std::string message,
                                  std::string where = "") {
  return tl::unexpected<Reply>(
      reply_of({status, std::move(code), std::move(message), std::move(where), {}, {}}));
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (!low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

/// A target taken apart and decoded.
struct Target {
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;
};

std::optional<Target> read_target(std::string_view text) {
  Target target;
  const std::size_t question = std::min(text.find('?'), text.size());
  std::string_view path = text.substr(0, question);
  std::string_view query = text.substr(std::min(question + 1, text.size()));
  if (path.empty() || path.front() != '/') return std::nullopt;
  path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    auto segment = percent_decoded(path.substr(0, end));
    if (!segment) return std::nullopt;
    target.segments.push_back(*std::move(segment));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decoded(pair.substr(0, equals));
    const auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || !target.query.emplace(*name, *value).second) return std::nullopt;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return target;
}

/// The endpoint's methods, and what each does.
using Methods = std::vector<std::pair<std::string_view, Endpoint>>;

Methods methods_of(const std::vector<std::string>& path) {
  if (path.size() == 1 && path[0] == "healthz") return {{"GET", Endpoint::health}};
  if (path.size() == 1 && path[0] == "readyz") return {{"GET", Endpoint::ready}};
  if (path.size() == 1 && path[0] == "metrics") return {{"GET", Endpoint::metrics}};
  if (path.size() < 3 || path[0] != "v1") return {};
  const std::string& what = path[2];
  if (path.size() == 3) {
    if (what == "outcomes") return {{"POST", Endpoint::outcomes}};
    if (what == "ruleset") return {{"GET", Endpoint::get_ruleset}, {"PUT", Endpoint::put_ruleset}};
    if (what == "keyring") return {{"GET", Endpoint::get_keyring}, {"PUT", Endpoint::put_keyring}};
    if (what == "report") return {{"GET", Endpoint::report}};
    if (what == "journeys") return {{"GET", Endpoint::journeys}};
    if (what == "events") return {{"GET", Endpoint::events}};
  } else if (path.size() == 4) {
    if (what == "report") return {{"GET", Endpoint::report}};
    if (what == "ruleset" && path[3] == "map") {
      return {{"GET", Endpoint::get_map}, {"PUT", Endpoint::put_map}};
    }
    if (what == "ruleset" && path[3] == "source") {
      return {{"GET", Endpoint::get_source}, {"PUT", Endpoint::put_source}};
    }
    if (what == "ruleset" && path[3] == "versions") return {{"GET", Endpoint::history}};
  }
  return {};
}

std::size_t body_size_bytes_max(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::outcomes:
      return limits::batch_size_bytes_max;
    case Endpoint::put_ruleset:
      return limits::image_size_bytes_max + trailer_size_bytes_max;
    case Endpoint::put_map:
    case Endpoint::put_source:
      return map_size_bytes_max;
    case Endpoint::put_keyring:
      return keyring_size_bytes_max;
    default:
      return 0;
  }
}

std::vector<std::string_view> types_of(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::outcomes:
      return {"application/vnd.heed.outcomes", "application/x-ndjson", "text/plain"};
    case Endpoint::put_ruleset:
      return {"application/vnd.heed.ruleset", "application/octet-stream"};
    case Endpoint::put_map:
    case Endpoint::put_source:
    case Endpoint::put_keyring:
      return {json_type};
    default:
      return {};
  }
}

bool is_listed(std::string_view type, const std::vector<std::string_view>& types) {
  std::string bare(type.substr(0, type.find(';')));
  while (!bare.empty() && bare.back() == ' ') bare.pop_back();
  std::transform(bare.begin(), bare.end(), bare.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(types.begin(), types.end(), bare) != types.end();
}

bool has_version(Endpoint endpoint) {
  return endpoint == Endpoint::get_ruleset || endpoint == Endpoint::get_source ||
         endpoint == Endpoint::put_source;
}

/// Nothing where `value` is no way to tell visitors apart.
std::optional<GroupBy> group_by(std::string_view value) {
  if (value == "segment") return GroupBy::segment;
  if (value == "microsegment") return GroupBy::microsegment;
  if (value == "stage") return GroupBy::stage;
  return std::nullopt;
}

std::optional<Refusal> read_query(const std::map<std::string, std::string>& query, Plan& plan) {
  for (const auto& [name, value] : query) {
    if ((name == "version" && has_version(plan.endpoint)) ||
        (name == "have" && plan.endpoint == Endpoint::get_ruleset)) {
      std::uint64_t version = 0;
      const auto end = std::from_chars(value.data(), value.data() + value.size(), version);
      if (end.ec != std::errc{} || end.ptr != value.data() + value.size() || version == 0 ||
          version >> 63U != 0) {
        return Refusal{400, "malformed", name + ": a whole number from 1 is needed", name, {}, {}};
      }
      (name == "have" ? plan.have : plan.version) = version;
    } else if (name == "format" && plan.endpoint == Endpoint::report &&
               (value == "csv" || value == "json")) {
      plan.form = value == "csv" ? ReportForm::csv : ReportForm::json;
    } else if (name == "by" && plan.endpoint == Endpoint::report && group_by(value)) {
      plan.by = *group_by(value);
    } else {
      return Refusal{
          400, "unknown_parameter", "'" + name + "=" + value + "' is not known here", name, {}, {}};
    }
  }
  if (plan.have && plan.version) {
    return Refusal{400,    "malformed", "have: leads to the newest; leave version out",
                   "have", {},          {}};
  }
  if (plan.by != GroupBy::nothing && plan.form == ReportForm::csv) {
    return Refusal{400, "malformed", "by: groups come as JSON; leave format=csv out", "by", {}, {}};
  }
  return std::nullopt;
}

std::optional<std::string_view> bearer(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.substr(0, scheme.size()) != scheme) return std::nullopt;
  return authorization.substr(scheme.size());
}

// Takes as long for any wrong key of the right length.
bool is_key(std::string_view given, const std::optional<std::string>& key) {
  return key && given.size() == key->size() &&
         sodium_memcmp(given.data(), key->data(), given.size()) == 0;
}

std::string join(const Methods& methods) {
  std::string text;
  for (const auto& [method, endpoint] : methods) {
    text.append(text.empty() ? "" : ", ").append(method);
  }
  return text;
}

template <class T>
Reply reply_or(const Answer<T>& answer, const std::function<Reply(const T&)>& make) {
  return answer ? make(*answer) : reply_of(answer.error());
}

Reply taken(const Taken& t) {
  JsonWriter json;
  json.object().member("mark", t.mark).member("accepted", t.accepted);
  json.member("repeated", t.repeated).member("too_old", t.too_old);
  json.member("refused", t.refused).member("repeated_ids", t.repeated_ids).end_object();
  return {.body = json.take()};
}

Reply status_only(std::string_view status) {
  return {.body = JsonWriter().object().member("status", status).end_object().take()};
}

}  // namespace

Reply reply_of(const Refusal& refusal) {
  JsonWriter json;
  json.object().key("error").object().member("code", refusal.code);
  json.member("message", refusal.message).member("where", refusal.where).end_object();
  if (refusal.mark) json.member("mark", *refusal.mark);
  Reply reply{.status = refusal.status, .body = json.end_object().take()};
  if (refusal.retry_after_s) {
    reply.headers.emplace_back("Retry-After", std::to_string(*refusal.retry_after_s));
  }
  if (refusal.status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

std::optional<Refusal> Routes::check_key(Endpoint endpoint, const RequestHead& head) const {
  std::vector<const std::optional<std::string>*> keys;  // any of these will do
  switch (endpoint) {
    case Endpoint::outcomes:
      keys = {&options_.ingest_key};
      break;
    case Endpoint::put_ruleset:
    case Endpoint::put_map:
    case Endpoint::put_source:
    case Endpoint::put_keyring:
      keys = {&options_.publish_key};
      break;
    case Endpoint::get_map:
    case Endpoint::get_source:
    case Endpoint::history:
    case Endpoint::report:
    case Endpoint::journeys:
    case Endpoint::events:
    case Endpoint::metrics:
      keys = {&options_.read_key, &options_.publish_key};
      break;
    default:
      return std::nullopt;  // what visitors get anyway, and signs of life
  }
  if (!keys.front()->has_value()) return std::nullopt;
  const auto given = bearer(head.authorization);
  if (!given) {
    return Refusal{401, "key_required", "send Authorization: Bearer KEY", "authorization", {}, {}};
  }
  for (const auto* key : keys) {
    if (is_key(*given, *key)) return std::nullopt;
  }
  const bool known = is_key(*given, options_.ingest_key) || is_key(*given, options_.read_key) ||
                     is_key(*given, options_.publish_key);
  if (known) {
    return Refusal{403, "wrong_key", "this key is for another role", "authorization", {}, {}};
  }
  return Refusal{401, "bad_key", "the store does not know this key", "authorization", {}, {}};
}

tl::expected<Plan, Reply> Routes::plan(const RequestHead& head) const {
  const auto target = read_target(head.target);
  if (!target) return refuse_head(400, "malformed", "the address cannot be read", head.target);
  const Methods methods = methods_of(target->segments);
  if (methods.empty()) return refuse_head(404, "not_found", "there is nothing here", head.target);
  Plan plan;
  if (head.method == "OPTIONS") {
    plan.endpoint = Endpoint::preflight;
    return plan;
  }
  const std::string_view method = head.method == "HEAD" ? std::string_view("GET") : head.method;
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [method](const auto& one) { return one.first == method; });
  if (found == methods.end()) {
    auto refusal = refuse_head(405, "wrong_method", "use " + join(methods), head.method);
    refusal.value().headers.emplace_back("Allow", join(methods) + ", OPTIONS");
    return refusal;
  }
  plan.endpoint = found->second;
  if (const auto refusal = check_key(plan.endpoint, head)) {
    return tl::unexpected<Reply>(reply_of(*refusal));
  }
  if (target->segments.size() > 1) plan.site = target->segments[1];
  if (plan.endpoint == Endpoint::report && target->segments.size() == 4) {
    plan.trigger = target->segments[3];
  }
  if (const auto refusal = read_query(target->query, plan)) {
    return tl::unexpected<Reply>(reply_of(*refusal));
  }
  plan.body_size_bytes_max = body_size_bytes_max(plan.endpoint);
  if (plan.body_size_bytes_max == 0) return plan;
  const auto types = types_of(plan.endpoint);
  if (!is_listed(head.content_type, types)) {
    return refuse_head(415, "unsupported_type",
                       "content-type: " + std::string(types.front()) + " is needed",
                       "content-type");
  }
  if (!head.content_encoding.empty() && head.content_encoding != "identity") {
    return refuse_head(415, "unsupported_type", "send the body as it is, not compressed",
                       "content-encoding");
  }
  return plan;
}

void Routes::answer(const Plan& plan, const RequestHead& head, std::string body, const Done& done) {
  const std::string who =
      (options_.publish_key ? "publish key from " : "open store from ") + head.remote;
  switch (plan.endpoint) {
    case Endpoint::outcomes:
      store_.submit(plan.site, bytes_of(body),
                    [done](const Answer<Taken>& answer) { done(reply_or<Taken>(answer, taken)); });
      return;
    case Endpoint::put_ruleset:
      return done(reply_or<Published>(
          store_.publish(plan.site, bytes_of(body), who), [&plan](const Published& published) {
            JsonWriter json;
            json.object().member("site", plan.site).member("version", published.version);
            return Reply{.body = json.member("hash", hex16(published.hash)).end_object().take()};
          }));
    case Endpoint::put_map:
    case Endpoint::put_source:
    case Endpoint::put_keyring:
    case Endpoint::get_map:
    case Endpoint::get_source:
    case Endpoint::get_keyring:
    case Endpoint::history:
      return done(beside(plan, body, who));
    case Endpoint::report:
      return done(reply_or<std::string>(
          store_.report(plan.site, plan.trigger, plan.form, plan.by),
          [&plan](const std::string& text) {
            const bool csv = plan.form == ReportForm::csv;
            return Reply{.content_type = csv ? "text/csv; charset=utf-8" : "application/json",
                         .headers = {{"Cache-Control", "no-store"}},
                         .body = text};
          }));
    case Endpoint::journeys:
      return done(reply_or<std::string>(store_.journeys(plan.site), [](const std::string& json) {
        return Reply{.headers = {{"Cache-Control", "no-store"}}, .body = json};
      }));
    case Endpoint::get_ruleset:
      return done(ruleset(plan, head));
    case Endpoint::metrics:
      return done(metrics());
    case Endpoint::ready:
      if (store_.ready()) return done(status_only("ready"));
      return done(reply_of({503, "storage", "the last commit failed", "", {}, 2}));
    case Endpoint::preflight:
      return done({.status = 204, .headers = {{"Access-Control-Max-Age", "600"}}});
    case Endpoint::health:
    case Endpoint::events:
      return done(status_only("ok"));
  }
}

Reply Routes::beside(const Plan& plan, std::string_view body, std::string_view who) {
  const auto put = [](const Answer<void>& answer) {
    return answer ? status_only("stored") : reply_of(answer.error());
  };
  const auto get = [](const Answer<std::string>& answer) {
    return reply_or<std::string>(answer, [](const std::string& json) {
      return Reply{.headers = {{"Cache-Control", "no-store"}}, .body = json};
    });
  };
  switch (plan.endpoint) {
    case Endpoint::put_map:
      return put(store_.put_map(plan.site, body, who));
    case Endpoint::put_source:
      return put(store_.put_source(plan.site, plan.version.value_or(0), body, who));
    case Endpoint::put_keyring:
      return put(store_.put_keyring(plan.site, body, who));
    case Endpoint::get_map:
      return get(store_.map(plan.site));
    case Endpoint::get_source:
      return get(store_.source(plan.site, plan.version.value_or(0)));
    case Endpoint::history:
      return get(store_.history(plan.site));
    default:
      return reply_or<std::string>(store_.keyring(plan.site), [](const std::string& json) {
        return Reply{.headers = {{"Cache-Control", "no-cache"}}, .body = json};
      });
  }
}

Reply Routes::ruleset(const Plan& plan, const RequestHead& head) {
  const auto quoted = [](std::uint64_t version, std::uint64_t hash) {
    return "\"" + std::to_string(version) + "-" + hex16(hash) + "\"";
  };
  const std::string caching =
      plan.version ? "public, max-age=31536000, immutable" : "public, no-cache";
  const auto newest = plan.version ? std::nullopt : store_.newest(plan.site);
  if (newest &&
      head.if_none_match.find(quoted(newest->version, newest->hash)) != std::string::npos) {
    return {
        .status = 304,
        .headers = {{"ETag", quoted(newest->version, newest->hash)}, {"Cache-Control", caching}}};
  }
  const auto served = plan.have ? store_.update(plan.site, *plan.have)
                                : store_.ruleset(plan.site, plan.version.value_or(0));
  if (!served) return reply_of(served.error());
  return {.content_type =
              served->is_patch ? "application/vnd.heed.patch" : "application/vnd.heed.ruleset",
          .headers = {{"ETag", quoted(served->version, served->hash)},
                      {"X-Heed-Version", std::to_string(served->version)},
                      {"Cache-Control", caching}},
          .body = std::string(reinterpret_cast<const char*>(served->bytes.data()),
                              served->bytes.size())};
}

Reply Routes::metrics() const {
  const Throughput t = store_.throughput();
  std::string text;
  const auto metric = [&text](const char* name, const char* kind, std::uint64_t value) {
    text.append("# TYPE ").append(name).append(" ").append(kind).append("\n").append(name);
    text.append(" ").append(std::to_string(value)).append("\n");
  };
  metric("heed_batches_total", "counter", t.batches);
  metric("heed_records_total", "counter", t.records);
  metric("heed_refused_batches_total", "counter", t.refused_batches);
  metric("heed_commits_total", "counter", t.commits);
  metric("heed_failed_commits_total", "counter", t.failed_commits);
  metric("heed_queued_batches", "gauge", t.queued);
  metric("heed_ready", "gauge", store_.ready() ? 1 : 0);
  text += "# TYPE heed_replies_total counter\n";
  for (std::size_t hundreds = 2; hundreds <= 5; ++hundreds) {
    text += "heed_replies_total{status=\"" + std::to_string(hundreds) + "xx\"} " +
            std::to_string(replies_[hundreds].load()) + "\n";
  }
  return {.content_type = "text/plain; version=0.0.4", .body = std::move(text)};
}

void Routes::allow_origin(const RequestHead& head, Reply& reply) const {
  const auto& allowed = options_.allow_origins;
  if (allowed.empty()) return;
  reply.headers.emplace_back("Vary", "Origin");
  const bool all = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  if (head.origin.empty() ||
      (!all && std::find(allowed.begin(), allowed.end(), head.origin) == allowed.end())) {
    return;
  }
  reply.headers.emplace_back("Access-Control-Allow-Origin", head.origin);
  reply.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PUT, OPTIONS");
  reply.headers.emplace_back("Access-Control-Allow-Headers",
                             "Authorization, Content-Type, Last-Event-ID");
  reply.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After, X-Heed-Version");
}

}  // namespace heed::store
