#include "heed/store/server.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "heed/store/store.h"
#include "heed/trust/files.h"
#include "http/connection.h"
#include "routes.h"

namespace heed::store {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds stop_time_max{5};
constexpr std::chrono::milliseconds accept_pause{100};

Answer<std::map<std::string, std::string>> read_keyrings(const std::vector<std::string>& files) {
  std::map<std::string, std::string> keyrings;
  for (const std::string& path : files) {
    std::ifstream file(path, std::ios::binary);
    std::string json((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.is_open()) return refuse(400, "bad_keyring", path + ": cannot be read", path);
    const auto keyring = trust::read_keyring(json);
    if (!keyring) {
      return refuse(400, "bad_keyring",
                    path + ": " + keyring.error().where + ": " + keyring.error().message, path);
    }
    if (!keyrings.emplace(keyring->site, std::move(json)).second) {
      return refuse(400, "bad_keyring", path + ": a second keyring for " + keyring->site, path);
    }
  }
  return keyrings;
}

Answer<tcp::endpoint> resolve(asio::io_context& context, const ServeOptions& options) {
  boost::system::error_code error;
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return refuse(400, "bad_address", "--host " + options.host + ": not an address of this machine",
                  "host");
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  const bool has_keys = options.ingest_key && options.read_key && options.publish_key;
  if (!endpoint.address().is_loopback() && !has_keys) {
    return refuse(400, "keys_needed",
                  "--host " + options.host +
                      " can be reached from other machines: give --ingest-key, --read-key and "
                      "--publish-key",
                  "host");
  }
  return endpoint;
}

Answer<void> listen_at(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  const std::string where = endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
  if (error == asio::error::address_in_use) {
    return refuse(503, "port_in_use",
                  where + " is in use: stop what listens there, or choose another with --port",
                  where);
  }
  return refuse(503, "port_in_use", where + ": " + error.message(), where);
}

}  // namespace

class Server::Parts {
 public:
  explicit Parts(const ServeOptions& given) : options(given) {}
  ~Parts() { stop(); }

  [[nodiscard]] Answer<void> start(const Clock& clock);
  void stop();

  // Destroyed from the last to the first: the store, which still answers what it holds; the context
  // with whatever connections are left; then what those refer to.
  const ServeOptions options;
  http::Connections connections;
  std::unique_ptr<Routes> routes;
  std::unique_ptr<http::Shared> shared;
  asio::io_context context;
  tcp::acceptor acceptor{asio::make_strand(context)};
  std::unique_ptr<Store> store;
  std::uint16_t port = 0;
  std::vector<std::thread> threads;

 private:
  asio::awaitable<void> accept();
};

Answer<void> Server::Parts::start(const Clock& clock) {
  StoreOptions store_options;
  store_options.folder = options.folder;
  store_options.ticket_key = options.ticket_key;
  auto keyrings = read_keyrings(options.keyring_files);
  if (!keyrings) return tl::unexpected<Refusal>(keyrings.error());
  store_options.keyrings = *std::move(keyrings);
  const auto endpoint = resolve(context, options);
  if (!endpoint) return tl::unexpected<Refusal>(endpoint.error());
  if (auto listening = listen_at(acceptor, *endpoint); !listening) return listening;
  boost::system::error_code ignored;
  port = acceptor.local_endpoint(ignored).port();
  auto opened = Store::open(store_options, clock);
  if (!opened) return tl::unexpected<Refusal>(opened.error());
  store = *std::move(opened);
  routes = std::make_unique<Routes>(*store, options);
  shared = std::make_unique<http::Shared>(*store, *routes, options);
  asio::co_spawn(acceptor.get_executor(), accept(), asio::detached);
  for (std::size_t i = 0; i < std::max<std::size_t>(options.thread_count, 1); ++i) {
    threads.emplace_back([this] { context.run(); });
  }
  return {};
}

asio::awaitable<void> Server::Parts::accept() {
  constexpr auto awaited = asio::as_tuple(asio::use_awaitable);
  while (!shared->stopping) {
    auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(context), awaited);
    if (shared->stopping) break;
    if (error || connections.count() >= options.connection_count_max) {
      // Out of file descriptors or of patience: the socket closes, and others may end meanwhile.
      asio::steady_timer pause(acceptor.get_executor(), accept_pause);
      if (error) (void)co_await pause.async_wait(awaited);
      continue;
    }
    const auto strand = socket.get_executor();
    // What a connection may throw (out of memory) ends that connection alone.
    asio::co_spawn(strand, http::serve(std::move(socket), *shared, connections),
                   [](const std::exception_ptr&) {});
  }
}

void Server::Parts::stop() {
  if (threads.empty() || shared->stopping.exchange(true)) return;
  asio::post(acceptor.get_executor(), [this] {
    boost::system::error_code ignored;
    acceptor.close(ignored);
  });
  connections.end_idle();
  // With all connections ended the context runs out of work by itself.
  const auto until = std::chrono::steady_clock::now() + stop_time_max;
  while (!context.stopped() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  context.stop();
  for (std::thread& thread : threads) thread.join();
  store.reset();
}

Answer<std::unique_ptr<Server>> Server::start(const ServeOptions& options, const Clock& clock) {
  auto parts = std::make_unique<Parts>(options);
  if (auto started = parts->start(clock); !started) return tl::unexpected<Refusal>(started.error());
  return std::unique_ptr<Server>(new Server(std::move(parts)));  // NOLINT: private constructor
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return parts_->port; }
void Server::stop() { parts_->stop(); }

int serve_main(const ServeOptions& options) {
  // Before any other thread exists, so that none of them can be hit by the signal instead.
  asio::io_context waiting;
  asio::signal_set signals(waiting, SIGINT, SIGTERM);
  auto server = Server::start(options);
  if (!server) {
    std::fprintf(stderr, "heed serve: %s\n", server.error().message.c_str());
    return server.error().status == 400 ? 1 : 3;
  }
  const bool is_v6 = options.host.find(':') != std::string::npos;
  std::printf("heed: store at http://%s%s%s:%u, data in %s\n", is_v6 ? "[" : "",
              options.host.c_str(), is_v6 ? "]" : "", static_cast<unsigned>((*server)->port()),
              options.folder.c_str());
  std::fflush(stdout);
  signals.async_wait([](const boost::system::error_code&, int) {});
  waiting.run();
  (*server)->stop();
  return 0;
}

}  // namespace heed::store
