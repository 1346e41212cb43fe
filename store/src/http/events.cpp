#include "http/events.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include "json.h"

namespace heed::store::http {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds look_every{250};
constexpr std::chrono::seconds comment_every{15};
constexpr std::chrono::seconds head_time_max{10};
// Left to itself the system would hold megabytes of stale counts for who does not read.
constexpr int send_size_bytes = 64 * 1024;

std::string event(std::string_view name, std::string_view data) {
  return "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
}

/// What one listener has been told.
class Told {
 public:
  Told(Store& store, Listener listener) : store_(store), listener_(std::move(listener)) {}

  /// The events since the last call; empty where nothing has changed.
  [[nodiscard]] std::string news() {
    std::string text;
    const auto newest = store_.newest(listener_.site);
    if (newest && newest->version != version_) {
      version_ = newest->version;
      JsonWriter json;
      json.object().member("version", newest->version);
      text += event("ruleset", json.member("hash", hex16(newest->hash)).end_object().take());
    }
    // Counts that cannot be read now are told when they can.
    if (auto counts = store_.live(listener_.site, listener_.last_id); counts && *counts) {
      listener_.last_id = std::move((*counts)->id);
      text += "id: " + listener_.last_id + "\n" + event("counts", (*counts)->data);
    }
    return text;
  }

 private:
  Store& store_;
  Listener listener_;
  std::uint64_t version_ = 0;
};

asio::awaitable<bool> write_head(boost::beast::tcp_stream& stream, const Reply& allowed) {
  wire::response<wire::empty_body> response(wire::status::ok, 11);
  response.set(wire::field::content_type, "text/event-stream");
  response.set(wire::field::cache_control, "no-store");
  response.set("X-Accel-Buffering", "no");
  for (const auto& [name, value] : allowed.headers) response.insert(name, value);
  response.keep_alive(false);
  response.chunked(true);
  wire::response_serializer<wire::empty_body> serializer(response);
  stream.expires_after(head_time_max);
  auto [error, size] = co_await wire::async_write_header(stream, serializer, awaited);
  co_return !error;
}

asio::awaitable<bool> write_text(boost::beast::tcp_stream& stream, const std::string& text,
                                 std::chrono::milliseconds time_max) {
  stream.expires_after(time_max);
  auto [error, size] =
      co_await asio::async_write(stream, wire::make_chunk(asio::buffer(text)), awaited);
  co_return !error;
}

}  // namespace

asio::awaitable<void> stream_events(boost::beast::tcp_stream& stream, const Listener& listener,
                                    const Reply& allowed, Shared& shared) {
  boost::system::error_code ignored;
  stream.socket().set_option(asio::socket_base::send_buffer_size(send_size_bytes), ignored);
  if (!co_await write_head(stream, allowed)) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  Told told(shared.store, listener);
  const std::chrono::milliseconds time_max(shared.options.event_ms_max);
  auto last_said = std::chrono::steady_clock::now();
  std::string text = "retry: 1000\n\n" + told.news();
  while (!shared.stopping) {
    const auto now = std::chrono::steady_clock::now();
    if (text.empty() && now - last_said >= comment_every) text = ": still here\n\n";
    if (!text.empty()) {
      if (!co_await write_text(stream, text, time_max)) co_return;
      last_said = now;
    }
    timer.expires_after(look_every);
    (void)co_await timer.async_wait(awaited);
    text = told.news();
  }
  (void)co_await asio::async_write(stream, wire::make_chunk_last(), awaited);
}

}  // namespace heed::store::http
