#include "http.h"

#include <curl/curl.h>
#include <simdjson.h>

#include <memory>

#include <fmt/format.h>

#include "heed/base/limits.h"

namespace heed::cli {
namespace {

constexpr std::size_t answer_size_bytes_max = limits::image_size_bytes_max + 65536;
constexpr long connect_seconds_max = 10;
constexpr long whole_seconds_max = 120;

struct EasyClose {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListClose {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyClose>;
using List = std::unique_ptr<curl_slist, ListClose>;

/// libcurl's callback: fewer bytes than given end the transfer.
std::size_t take(const char* bytes, std::size_t one, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + one * count > answer_size_bytes_max) return 0;
  body.append(bytes, one * count);
  return one * count;
}

List headers_of(const StoreAddress& store, const HttpRequest& request) {
  List list;
  const auto add = [&](const std::string& header) {
    curl_slist* longer = curl_slist_append(list.get(), header.c_str());
    if (longer == nullptr) return;
    static_cast<void>(list.release());
    list.reset(longer);
  };
  if (!store.token.empty()) add("Authorization: Bearer " + store.token);
  if (!request.content_type.empty()) add("Content-Type: " + request.content_type);
  add("Expect:");  // no round trip to ask whether a body may follow
  return list;
}

/// A text of the answer's `error` object; empty where the body is not one.
std::string error_text(const std::string& body, std::string_view key) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(body)["error"][key].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

/// For answers that give no reason: they are not a store's own.
std::string advice(long status) {
  if (status == 401 || status == 403) {
    return "refused; give a key that may do this as HEED_TOKEN or --token";
  }
  return status >= 500 ? "failed; see the log of the store, or of what stands before it"
                       : "refused; see that --store is the address of a store of heed";
}

}  // namespace

Outcome<HttpAnswer> send(const StoreAddress& store, const HttpRequest& request) {
  if (store.url.rfind("http://", 0) != 0 && store.url.rfind("https://", 0) != 0) {
    return refuse(Exit::wrong_call, "bad_option", "heed",
                  fmt::format("--store '{}' is not an http or https address; give one such as "
                              "https://store.example",
                              store.url));
  }
  std::string url = store.url;
  while (url.back() == '/') url.pop_back();
  url += request.path;
  const Easy easy(curl_easy_init());
  if (!easy) return refuse(Exit::dependency_failed, "unreachable", url, "libcurl cannot start");
  const List headers = headers_of(store, request);
  HttpAnswer answer;
  CURL* const handle = easy.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, connect_seconds_max);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, whole_seconds_max);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  if (request.method != "GET") {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (const CURLcode code = curl_easy_perform(handle); code != CURLE_OK) {
    return refuse(Exit::dependency_failed, "unreachable", url,
                  fmt::format("{}; see that the store runs there (heed serve), or give its address "
                              "with --store",
                              curl_easy_strerror(code)));
  }
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

Failure failure_of(const StoreAddress& store, const HttpRequest& request,
                   const HttpAnswer& answer) {
  std::string code = error_text(answer.body, "code");
  const std::string message = error_text(answer.body, "message");
  if (code.empty()) code = fmt::format("http_{}", answer.status);
  const Exit exit = answer.status >= 500 ? Exit::dependency_failed : Exit::wrong_input;
  return {exit, code,
          fmt::format("{}: {} (the store answered {} to {} {})", code,
                      message.empty() ? advice(answer.status) : message, answer.status,
                      request.method, request.path),
          store.url};
}

std::string escape_segment(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

}  // namespace heed::cli
