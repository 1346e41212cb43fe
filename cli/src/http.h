// Plain requests to a store. One call, one answer; bounded in time and size; no redirects, so that
// a token goes nowhere but where it was sent.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "failure.h"

namespace heed::cli {

struct StoreAddress {
  std::string url;    // "http://127.0.0.1:8787", without a path
  std::string token;  // bearer key; may be empty
};

struct HttpRequest {
  std::string method;  // GET, PUT
  std::string path;    // "/v1/shop.example/ruleset"; names are escaped with `escape_segment`
  std::string content_type;
  std::string_view body;  // borrowed for the call
};

struct HttpAnswer {
  long status = 0;
  std::string body;
};

/// @errors  unreachable (a dependency failed), bad_option (not an http or https address)
[[nodiscard]] Outcome<HttpAnswer> send(const StoreAddress& store, const HttpRequest& request);

/// The failure that an answer other than 2xx stands for: the store's own error in its words.
[[nodiscard]] Failure failure_of(const StoreAddress& store, const HttpRequest& request,
                                 const HttpAnswer& answer);

/// One segment of a path (RFC 3986).
[[nodiscard]] std::string escape_segment(std::string_view text);

}  // namespace heed::cli
