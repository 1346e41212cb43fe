#include "folder.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heed::store {
namespace {

namespace fs = std::filesystem;

constexpr int private_mode = 0600;

std::string open_marker(const std::string& path) { return path + "/open"; }

}  // namespace

Answer<std::unique_ptr<Folder>> Folder::hold(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return refuse(503, "storage", path + ": " + error.message(), path);
  const int lock = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, private_mode);
  if (lock < 0) return refuse(503, "storage", path + ": " + std::strerror(errno), path);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return refuse(503, "folder_in_use",
                  path + ": another heed serve has this folder open; stop it or choose another",
                  path);
  }
  return std::unique_ptr<Folder>(new Folder(path, lock));  // NOLINT: the constructor is private
}

Folder::Folder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {
  const int marker =
      ::open(open_marker(path_).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, private_mode);
  was_left_open_ = marker < 0;
  if (marker >= 0) ::close(marker);
}

Folder::~Folder() { ::close(lock_); }

void Folder::close_cleanly() { ::unlink(open_marker(path_).c_str()); }

void Folder::remove_state() const {
  for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((state_path() + suffix).c_str());
}

}  // namespace heed::store
