// The store behind HTTP (docs/formats/store.md). One process, one folder, one address.
#pragma once
#include <cstdint>
#include <memory>

#include "heed/store/answer.h"
#include "heed/store/clock.h"
#include "heed/store/options.h"

namespace heed::store {

class Server {
 public:
  /// Opens the folder, listens, and answers from threads of its own.
  ///
  /// @param clock  borrowed; outlives the server
  /// @errors  400 bad_keyring, bad_address, keys_needed; 503 port_in_use, folder_in_use, storage
  [[nodiscard]] static Answer<std::unique_ptr<Server>> start(const ServeOptions& options,
                                                             const Clock& clock = system_clock());
  /// Stops as `stop` does.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Where it listens; the port that was chosen where 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;

  /// Takes no more requests, answers those that are being taken, closes the folder cleanly.
  void stop();

 private:
  class Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// `heed serve`: starts, says where on standard output (`heed: store at http://HOST:PORT, data in
/// DIR`), runs until SIGINT or SIGTERM, stops cleanly.
///
/// @return  0 stopped as asked; 1 a keyring or address is wrong; 3 the port or folder is not to be
///          had; then one sentence is on standard error
[[nodiscard]] int serve_main(const ServeOptions& options);

}  // namespace heed::store
