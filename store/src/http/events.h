// The event stream: new versions and live counts (docs/formats/live.md).
#pragma once
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "http/connection.h"

namespace heed::store::http {

/// Each listener looks for news four times a second: this many at once, and no more.
inline constexpr int listener_count_max = 200;

struct Listener {
  std::string site;
  std::string last_id;  // of the last event it had before it came; empty: none
};

/// Sends events until the client goes, reads too slowly, or the server stops.
///
/// @param allowed  headers for pages of other origins
[[nodiscard]] boost::asio::awaitable<void> stream_events(boost::beast::tcp_stream& stream,
                                                         const Listener& listener,
                                                         const Reply& allowed, Shared& shared);

}  // namespace heed::store::http
