// A plain HTTP client over one socket, and a store as a process: what the store's tests talk with.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heed::store {

struct HttpReply {
  int status = 0;  // 0: no whole reply came
  std::string head;
  std::string body;

  [[nodiscard]] std::string header(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
  /// error.code of the body; empty where it is not an error.
  [[nodiscard]] std::string code() const {
    constexpr std::string_view before = "{\"error\":{\"code\":\"";
    if (body.compare(0, before.size(), before) != 0) return {};
    return body.substr(before.size(), body.find('"', before.size()) - before.size());
  }
};

/// One connection.
class Client {
 public:
  /// @param receive_size_bytes  what the system holds for us unread; 0: as much as it likes
  explicit Client(std::uint16_t port, int timeout_ms = 10'000, int receive_size_bytes = 0)
      : timeout_ms_(timeout_ms) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_size_bytes > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_size_bytes, sizeof receive_size_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  /// What arrives next; empty at the end or after the timeout.
  std::string read_some() {
    pollfd wait{socket_, POLLIN, 0};
    if (::poll(&wait, 1, timeout_ms_) <= 0) return {};
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    return size <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
  }

  /// The next reply with a Content-Length (or none).
  HttpReply read_reply(bool has_body = true) {
    HttpReply reply;
    std::size_t end = std::string::npos;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
      const std::string more = read_some();
      if (more.empty()) return reply;
      pending_ += more;
    }
    reply.head = pending_.substr(0, end + 2);
    const std::string length = reply.header("Content-Length");
    const std::size_t size = length.empty() || !has_body ? 0 : std::stoul(length);
    while (pending_.size() < end + 4 + size) {
      const std::string more = read_some();
      if (more.empty()) return reply;
      pending_ += more;
    }
    reply.body = pending_.substr(end + 4, size);
    pending_.erase(0, end + 4 + size);
    reply.status = std::stoi(reply.head.substr(9, 3));
    return reply;
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  static std::string request(std::string_view method, std::string_view target,
                             std::string_view body = {}, const Headers& headers = {}) {
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT") {
      text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return text + "\r\n" + std::string(body);
  }
  HttpReply send(std::string_view method, std::string_view target, std::string_view body = {},
                 const Headers& headers = {}) {
    if (!write(request(method, target, body, headers))) return {};
    return read_reply(method != "HEAD");
  }

 private:
  int socket_;
  int timeout_ms_;
  bool connected_;
  std::string pending_;
};

/// `heed serve` as a process of its own.
class Process {
 public:
  /// Starts it and waits until it says where it listens; port 0 where it does not.
  explicit Process(const std::vector<std::string>& command) {
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) return;
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(out[1]);
    std::string said;
    char byte = 0;
    while (::read(out[0], &byte, 1) == 1 && byte != '\n') said += byte;
    ::close(out[0]);
    const std::size_t at = said.find("http://127.0.0.1:");
    if (at != std::string::npos) port = static_cast<std::uint16_t>(std::stoi(said.substr(at + 17)));
  }
  ~Process() { end(SIGKILL); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// @return the exit code, or minus the signal that ended it
  int end(int signal) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::uint16_t port = 0;

 private:
  pid_t pid_ = -1;
};

}  // namespace heed::store
