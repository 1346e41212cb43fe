// One connection: requests one after the other, and the event stream. Runs on its own strand as a
// coroutine; nothing here blocks but short reads of the database.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "heed/store/options.h"
#include "heed/store/store.h"
#include "routes.h"

namespace heed::store::http {

/// What the connections of a server share.
struct Shared {
  Shared(Store& of_store, Routes& of_routes, const ServeOptions& of_options)
      : store(of_store), routes(of_routes), options(of_options) {}

  Store& store;
  Routes& routes;
  const ServeOptions& options;
  std::atomic<bool> stopping{false};
  std::atomic<int> listeners{0};  // of event streams
};

/// The open connections, so that a stop can end those that wait for a next request.
class Connections {
 public:
  class Entry;  // one connection, for as long as it is open

  [[nodiscard]] std::size_t count() const;
  /// Ends idle connections; the others end after their reply.
  void end_idle();

 private:
  struct Known {
    boost::beast::tcp_stream* stream;
    bool idle = false;  // touched on the stream's strand alone
  };
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Known> known_;
  std::uint64_t last_id_ = 0;
};

class Connections::Entry {
 public:
  Entry(Connections& all, boost::beast::tcp_stream& stream);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  void set_idle(bool idle);

 private:
  Connections& all_;
  std::uint64_t id_;
};

/// Serves `socket` until either side ends it.
[[nodiscard]] boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket,
                                                 Shared& shared, Connections& connections);

}  // namespace heed::store::http
