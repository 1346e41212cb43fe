#include "http/connection.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "http/events.h"

namespace heed::store::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);  // errors as values
constexpr std::uint32_t head_size_bytes_max = 16U * 1024;
constexpr std::size_t read_size_bytes = 16U * 1024;
constexpr std::int64_t body_bytes_per_ms_min = 64;
constexpr std::chrono::seconds write_time_max{30};
constexpr std::chrono::seconds discard_time_max{2};

using HeadParser = wire::request_parser<wire::empty_body>;
using BodyParser = wire::request_parser<wire::string_body>;

RequestHead head_of(const HeadParser::value_type& request, const std::string& remote) {
  const auto field = [&request](wire::field name) { return std::string(request[name]); };
  return {.method = std::string(request.method_string()),
          .target = std::string(request.target()),
          .authorization = field(wire::field::authorization),
          .content_type = field(wire::field::content_type),
          .content_encoding = field(wire::field::content_encoding),
          .if_none_match = field(wire::field::if_none_match),
          .origin = field(wire::field::origin),
          .last_event_id = std::string(request["Last-Event-ID"]),
          .remote = remote};
}

Reply malformed(std::string_view what) {
  return reply_of({400, "malformed", std::string(what), "", {}, {}});
}

Reply too_large(std::size_t size_bytes_max) {
  return reply_of({413,
                   "too_large",
                   "a body here has at most " + std::to_string(size_bytes_max) + " bytes",
                   "",
                   {},
                   {}});
}

// An error of the HTTP grammar, not one of the network or of a client that left.
bool is_malformed(const beast::error_code& error) {
  return error && error.category() == beast::error_code(wire::error::bad_method).category() &&
         error != wire::error::end_of_stream && error != wire::error::partial_message;
}

/// One client's side of the conversation.
class Conversation {
 public:
  Conversation(asio::ip::tcp::socket socket, Shared& shared, Connections& connections)
      : stream_(std::move(socket)), entry_(connections, stream_), shared_(shared) {
    beast::error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto end = stream_.socket().remote_endpoint(ignored);
    if (!ignored) remote_ = end.address().to_string();
  }

  asio::awaitable<void> run() {
    while (!shared_.stopping && co_await wait_for_request()) {
      if (!co_await serve_one()) break;
    }
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    if (refused_body_) co_await discard();
  }

 private:
  // A socket closed over unread bytes takes the reply down with it before the client has read it:
  // who is still sending what was refused is listened to a little longer.
  asio::awaitable<void> discard() {
    stream_.expires_after(discard_time_max);
    for (;;) {
      buffer_.clear();
      auto [error, size] =
          co_await stream_.async_read_some(buffer_.prepare(read_size_bytes), awaited);
      if (error) co_return;
    }
  }

  // The next request may take its time; once it has begun it may not.
  asio::awaitable<bool> wait_for_request() {
    if (buffer_.size() != 0) co_return true;
    entry_.set_idle(true);
    stream_.expires_after(std::chrono::milliseconds(shared_.options.idle_ms_max));
    auto [error, size] =
        co_await stream_.async_read_some(buffer_.prepare(read_size_bytes), awaited);
    entry_.set_idle(false);
    buffer_.commit(size);
    co_return !error;
  }

  /// False where the connection ends.
  asio::awaitable<bool> serve_one() {
    HeadParser head_parser;
    head_parser.header_limit(head_size_bytes_max);
    head_parser.body_limit(boost::none);  // decided once it is known what is asked
    stream_.expires_after(std::chrono::milliseconds(shared_.options.request_ms_max));
    auto [error, size] = co_await wire::async_read_header(stream_, buffer_, head_parser, awaited);
    if (error == wire::error::header_limit) {
      Reply reply = reply_of({431, "too_large", "the head has at most 16 KiB", "", {}, {}});
      co_return co_await send(RequestHead(), std::move(reply), false);
    }
    if (is_malformed(error)) {
      Reply reply = malformed("not an HTTP request: " + error.message());
      co_return co_await send(RequestHead(), std::move(reply), false);
    }
    if (error) co_return false;
    const RequestHead head = head_of(head_parser.get(), remote_);
    const bool has_body = head_parser.chunked() || head_parser.content_length().value_or(0) != 0;
    const bool keep = head_parser.keep_alive();
    const auto plan = shared_.routes.plan(head);
    // A body that nobody reads would be taken for the next request.
    refused_body_ = has_body;
    if (!plan) co_return co_await send(head, plan.error(), keep && !has_body);
    if (head_parser.content_length().value_or(0) > plan->body_size_bytes_max ||
        (head_parser.chunked() && plan->body_size_bytes_max == 0)) {
      co_return co_await send(head, too_large(plan->body_size_bytes_max), false);
    }
    if (plan->endpoint == Endpoint::events) {
      co_return co_await stream(*plan, head);
    }
    auto body = co_await read_body(head_parser, plan->body_size_bytes_max);
    if (!body) {
      if (body.error().body.empty()) co_return false;
      co_return co_await send(head, body.error(), false);
    }
    refused_body_ = false;
    Reply reply = co_await answer(*plan, head, *std::move(body));
    co_return co_await send(head, std::move(reply), keep);
  }

  asio::awaitable<bool> stream(const Plan& plan, const RequestHead& head) {
    if (++shared_.listeners > listener_count_max) {
      --shared_.listeners;
      Reply reply = reply_of({429, "busy", "too many listen already", "", {}, {}});
      co_return co_await send(head, std::move(reply), true);
    }
    Reply allowed;
    shared_.routes.allow_origin(head, allowed);
    // A name, not a temporary: g++ 12 destroys those of a co_await twice.
    const Listener listener{plan.site, head.last_event_id};
    co_await stream_events(stream_, listener, allowed, shared_);
    --shared_.listeners;
    co_return false;
  }

  /// An empty reply where the client has gone.
  asio::awaitable<tl::expected<std::string, Reply>> read_body(HeadParser& head_parser,
                                                              std::size_t size_bytes_max) {
    if (size_bytes_max == 0) co_return std::string();
    const auto size = static_cast<std::int64_t>(head_parser.content_length().value_or(0));
    if (beast::iequals(head_parser.get()[wire::field::expect], "100-continue")) {
      wire::response<wire::empty_body> go_on(wire::status::continue_, 11);
      if (auto [error, n] = co_await wire::async_write(stream_, go_on, awaited); error) {
        co_return tl::unexpected<Reply>(Reply{});
      }
    }
    BodyParser parser(std::move(head_parser));
    parser.body_limit(size_bytes_max);
    stream_.expires_after(
        std::chrono::milliseconds(shared_.options.request_ms_max + size / body_bytes_per_ms_min));
    auto [error, n] = co_await wire::async_read(stream_, buffer_, parser, awaited);
    if (error == wire::error::body_limit) {
      co_return tl::unexpected<Reply>(too_large(size_bytes_max));
    }
    if (error) co_return tl::unexpected<Reply>(Reply{});
    co_return std::move(parser.get().body());
  }

  // The reply comes from another thread, or at once; either way this strand takes it up.
  asio::awaitable<Reply> answer(const Plan& plan, const RequestHead& head, std::string body) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer arrived(executor, asio::steady_timer::time_point::max());
    std::optional<Reply> reply;
    shared_.routes.answer(plan, head, std::move(body), [&arrived, &reply, executor](Reply given) {
      asio::post(executor, [&arrived, &reply, given = std::move(given)]() mutable {
        reply = std::move(given);
        arrived.cancel();
      });
    });
    stream_.expires_never();
    while (!reply) (void)co_await arrived.async_wait(awaited);
    co_return *std::move(reply);
  }

  asio::awaitable<bool> send(const RequestHead& head, Reply reply, bool keep) {
    shared_.routes.allow_origin(head, reply);
    shared_.routes.count(reply.status);
    keep = keep && !shared_.stopping;
    wire::response<wire::string_body> response(static_cast<wire::status>(reply.status), 11);
    if (!reply.body.empty()) response.set(wire::field::content_type, reply.content_type);
    response.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) response.insert(name, value);
    response.keep_alive(keep);
    const std::size_t size = reply.body.size();
    if (head.method != "HEAD") response.body() = std::move(reply.body);
    response.prepare_payload();
    if (head.method == "HEAD") response.content_length(size);
    stream_.expires_after(write_time_max);
    auto [error, written] = co_await wire::async_write(stream_, response, awaited);
    co_return !error && keep;
  }

  beast::tcp_stream stream_;
  Connections::Entry entry_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::string remote_;
  bool refused_body_ = false;
};

}  // namespace

std::size_t Connections::count() const {
  const std::scoped_lock lock(mutex_);
  return known_.size();
}

void Connections::end_idle() {
  const std::scoped_lock lock(mutex_);
  for (auto& [id, known] : known_) {
    // On its own strand a connection cannot end between being found and being cancelled.
    asio::post(known.stream->get_executor(), [this, id = id] {
      const std::scoped_lock inner(mutex_);
      const auto found = known_.find(id);
      if (found != known_.end() && found->second.idle) found->second.stream->cancel();
    });
  }
}

Connections::Entry::Entry(Connections& all, beast::tcp_stream& stream) : all_(all) {
  const std::scoped_lock lock(all_.mutex_);
  id_ = ++all_.last_id_;
  all_.known_.emplace(id_, Known{&stream});
}

Connections::Entry::~Entry() {
  const std::scoped_lock lock(all_.mutex_);
  all_.known_.erase(id_);
}

void Connections::Entry::set_idle(bool idle) {
  const std::scoped_lock lock(all_.mutex_);
  all_.known_.at(id_).idle = idle;
}

asio::awaitable<void> serve(asio::ip::tcp::socket socket, Shared& shared,
                            Connections& connections) {
  Conversation conversation(std::move(socket), shared, connections);
  co_await conversation.run();
}

}  // namespace heed::store::http
