#include <string>

#include "heed/base/calendar.h"
#include "heed/base/limits.h"
#include "heed/studio/time_text.h"
#include "read_sections.h"
#include "time_reader.h"

namespace heed::compile {
namespace {

constexpr std::int64_t valid_for_ms_default = 90 * day_ms;
constexpr std::int64_t version_max = std::int64_t{1} << 53;  // exact in JSON

void read_version(Reader& reader, SiteDef& site) {
  if (const JsonNode* node = reader.scalar("version")) {
    site.version = static_cast<std::uint64_t>(reader.integer(*node, 1, version_max).value_or(0));
  }
  if (reader.options().version) site.version = *reader.options().version;
}

void read_expiry(Reader& reader, SiteDef& site) {
  site.valid_for_ms = valid_for_ms_default;
  if (const JsonNode* node = reader.scalar("valid_for")) {
    site.valid_for_ms = reader.duration(*node).value_or(valid_for_ms_default);
  }
  if (const JsonNode* node = reader.scalar("expires")) {
    site.expires_node = node;
    const auto text = reader.text(*node, 64);
    const auto time = text ? parse_time(*text) : std::nullopt;
    if (time && time->ms > 0) {
      site.expires_ms = time->ms;
    } else if (text) {
      reader.report().error(*node, {"bad_time",
                                    "`expires` must be a time after 1970, as in "
                                    "\"2099-01-01T00:00:00Z\"",
                                    {}});
    }
  }
  if (reader.options().expires) site.expires_ms = reader.options().expires->ms;
}

void read_time_zone(Reader& reader, SiteDef& site) {
  const JsonNode* node = reader.scalar("time_zone");
  if (node == nullptr) return;
  const auto zone = reader.text(*node, limits::name_size_bytes_max);
  if (!zone) return;
  if (to_utc(reader.options().zones, *zone, 0)) {
    site.time_zone = *zone;
    return;
  }
  reader.report().error(*node, {"unknown_time_zone",
                                "unknown time zone `" + *zone +
                                    "`; write a name such as `Europe/London`, an offset such as "
                                    "`+01:00`, or `UTC`",
                                {}});
}

void read_currency(Reader& reader, SiteDef& site) {
  const JsonNode* node = reader.scalar("currency");
  if (node == nullptr) return;
  const auto currency = reader.text(*node, limits::name_size_bytes_max);
  if (!currency) return;
  bool code = currency->size() == 3;
  for (const char c : *currency) code = code && c >= 'A' && c <= 'Z';
  if (code) {
    site.currency = *currency;
  } else {
    reader.report().error(
        *node, {"bad_currency", "`currency` must be an ISO 4217 code, as in \"GBP\"", {}});
  }
}

void read_holdout(Reader& reader, SiteDef& site) {
  const auto members = reader.entries("holdout", limits::name_size_bytes_max);
  for (const JsonNode* node : members) {
    if (node->key == "share") {
      site.holdout = reader.share(*node).value_or(0);
    } else if (node->key == "salt") {
      site.holdout_salt = reader.text(*node, limits::name_size_bytes_max, true).value_or("");
    } else {
      reader.report().error_at_key(
          *node,
          {"unknown_key", "unknown key `" + node->key + "`; known are `share` and `salt`", {}});
    }
  }
}

}  // namespace

void read_site(Reader& reader, Model& model) {
  SiteDef& site = model.site;
  if (const JsonNode* node = reader.scalar("site")) {
    site.name = reader.text(*node, limits::name_size_bytes_max).value_or("");
  } else {
    reader.report().error_without_place(
        {"missing_key",
         "`site` is missing; name the site that this ruleset decides for, as in "
         "\"site\": \"shop.example\"",
         {}});
  }
  read_version(reader, site);
  read_expiry(reader, site);
  read_time_zone(reader, site);
  read_currency(reader, site);
  read_holdout(reader, site);
  if (const JsonNode* cap = reader.scalar("cap")) site.cap = reader.cap(*cap);
}

void read_consent(Reader& reader, Model& model) {
  ConsentDef& consent = model.consent;
  const auto level = [&reader](const JsonNode& node) {
    const auto word = reader.word(node, {"none", "session", "device", "account"});
    return static_cast<image::Level>(word.value_or(0));
  };
  for (const JsonNode* node : reader.entries("consent", limits::name_size_bytes_max)) {
    if (node->key == "cookie") {
      consent.cookie = reader.text(*node, limits::name_size_bytes_max);
    } else if (node->key == "default") {
      consent.fallback = level(*node);
    } else if (node->key == "gpc") {
      consent.gpc = level(*node);
    } else if (node->key == "grants") {
      for (const JsonNode* grant : reader.members(*node)) {
        if (reader.label(*grant, "grant", ".,"))
          consent.grants.emplace_back(grant->key, level(*grant));
      }
      if (consent.grants.size() > limits::grant_count_max) {
        reader.report().error(*node, {"too_many", "`grants` may have at most 64 entries", {}});
      }
    } else {
      reader.report().error_at_key(
          *node,
          {"unknown_key",
           "unknown key `" + node->key + "`; known are `cookie`, `default`, `grants` and `gpc`",
           {}});
    }
  }
  if (!consent.cookie && !consent.grants.empty()) {
    reader.report().error_at_key(
        *reader.place("consent"),
        {"missing_key", "`consent` has `grants` but no `cookie` to read them from; name it", {}});
  }
}

}  // namespace heed::compile
