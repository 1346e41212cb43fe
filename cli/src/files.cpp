#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace heed::cli {
namespace {

class Descriptor {  // owns one open file
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

tl::unexpected<Failure> cannot_write(const std::string& path) {
  const int reason = errno;
  const char* advice = "";
  if (reason == ENOENT) advice = "; make its folder first, or choose another";
  if (reason == ENOTDIR || reason == EISDIR) advice = "; choose a path that is no folder";
  if (reason == EACCES || reason == EPERM || reason == EROFS) {
    advice = "; choose a folder that you may write to";
  }
  if (reason == ENOSPC || reason == EDQUOT) advice = "; make room on the disk";
  return refuse(Exit::dependency_failed, "unwritable", path,
                fmt::format("cannot be written: {}{}", std::strerror(reason), advice));
}

/// Writes all of it; files are on disk when this returns, pipes need not be.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS;
}

}  // namespace

tl::unexpected<Failure> cannot_read(const std::string& path, int reason) {
  const char* advice = "";
  if (reason == ENOENT || reason == ENOTDIR) advice = "; check the path";
  if (reason == EACCES || reason == EPERM) advice = "; ask its owner to let you read it";
  return wrong_input(reason == ENOENT ? "not_found" : "unreadable", path,
                     fmt::format("cannot be read: {}{}", std::strerror(reason), advice));
}

Outcome<std::string> read_file(const std::string& path, std::size_t size_bytes_max) {
  if (is_folder(path)) {
    return wrong_input("unreadable", path, "is a folder, not a file; name a file in it");
  }
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return cannot_read(path, errno);
  std::string bytes;
  std::array<char, 65536> chunk;
  while (true) {
    const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path, errno);
    if (count == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(count));
    if (bytes.size() > size_bytes_max) {
      return wrong_input(
          "too_large", path,
          fmt::format("too_large: larger than {} bytes, as nothing that belongs here is; "
                      "check that it is the right file",
                      size_bytes_max));
    }
  }
}

Outcome<void> keep_inputs(const std::string& output, std::initializer_list<std::string> inputs) {
  for (const std::string& input : inputs) {
    std::error_code none_there;
    if (!std::filesystem::equivalent(output, input, none_there)) continue;
    return refuse(Exit::wrong_call, "bad_option", output,
                  "is what this command reads and is not overwritten; give another name with -o, "
                  "such as shop.heed");
  }
  return {};
}

Outcome<void> write_file(const std::string& path, std::string_view bytes, Access access) {
  std::error_code ignored;
  for (const std::string_view kept : {".heed.json", ".key.json"}) {
    if (std::string_view(path).ends_with(kept) && exists(path)) {
      return refuse(Exit::wrong_call, "bad_option", path,
                    "is a source or a secret key and is not overwritten; give another name");
    }
  }
  if (const auto status = std::filesystem::status(path, ignored);
      std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    // A pipe or a device cannot be replaced, only written to.
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0 || !write_all(file.get(), bytes)) return cannot_write(path);
    return {};
  }
  const std::string beside = fmt::format("{}.{}.part", path, ::getpid());
  const mode_t mode = access == Access::owner ? 0600 : 0644;
  {
    const Descriptor file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (file.get() < 0 || !write_all(file.get(), bytes)) return cannot_write(path);
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) {
    const auto failure = cannot_write(path);
    ::unlink(beside.c_str());
    return failure;
  }
  return {};
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace heed::cli
