#include "fault_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <limits>

namespace heed::store {
namespace {

std::atomic<int> changes_left{std::numeric_limits<int>::max()};
std::atomic<bool> has_struck{false};

bool fails() {
  if (changes_left.load() == std::numeric_limits<int>::max()) return false;
  if (changes_left.fetch_sub(1) > 0) return false;
  changes_left = 0;
  has_struck = true;
  return true;
}

sqlite3_vfs* real() { return sqlite3_vfs_find("unix"); }

// SQLite's file object with our methods in front; `inner` is the real one, right behind.
struct File {
  sqlite3_file base;
  const sqlite3_io_methods* inner_methods;
};

sqlite3_io_methods* methods() {
  static sqlite3_io_methods table{};
  return &table;
}

template <class Call>
int through(sqlite3_file* file, Call call) {
  auto* ours = reinterpret_cast<File*>(file);
  auto* inner = reinterpret_cast<sqlite3_file*>(ours + 1);
  return call(inner, ours->inner_methods);
}

#define HEED_PASS(method, parameters, ...)                                                        \
  methods()->method = [] parameters {                                                             \
    return through(                                                                               \
        f, [&](sqlite3_file* i, const sqlite3_io_methods* m) { return m->method(__VA_ARGS__); }); \
  }

void fill_methods() {
  methods()->iVersion = 2;
  HEED_PASS(xClose, (sqlite3_file * f), i);
  HEED_PASS(xRead, (sqlite3_file * f, void* data, int n, sqlite3_int64 at), i, data, n, at);
  methods()->xWrite = [](sqlite3_file* f, const void* data, int n, sqlite3_int64 at) {
    if (fails()) return SQLITE_FULL;
    return through(
        f, [&](sqlite3_file* i, const sqlite3_io_methods* m) { return m->xWrite(i, data, n, at); });
  };
  methods()->xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
    if (fails()) return SQLITE_IOERR_TRUNCATE;
    return through(
        f, [&](sqlite3_file* i, const sqlite3_io_methods* m) { return m->xTruncate(i, size); });
  };
  methods()->xSync = [](sqlite3_file* f, int flags) {
    if (fails()) return SQLITE_IOERR_FSYNC;
    return through(
        f, [&](sqlite3_file* i, const sqlite3_io_methods* m) { return m->xSync(i, flags); });
  };
  HEED_PASS(xFileSize, (sqlite3_file * f, sqlite3_int64 * size), i, size);
  HEED_PASS(xLock, (sqlite3_file * f, int level), i, level);
  HEED_PASS(xUnlock, (sqlite3_file * f, int level), i, level);
  HEED_PASS(xCheckReservedLock, (sqlite3_file * f, int* out), i, out);
  HEED_PASS(xFileControl, (sqlite3_file * f, int op, void* arg), i, op, arg);
  HEED_PASS(xSectorSize, (sqlite3_file * f), i);
  HEED_PASS(xDeviceCharacteristics, (sqlite3_file * f), i);
  HEED_PASS(xShmMap, (sqlite3_file * f, int page, int size, int extend, void volatile** out), i,
            page, size, extend, out);
  HEED_PASS(xShmLock, (sqlite3_file * f, int at, int n, int flags), i, at, n, flags);
  methods()->xShmBarrier = [](sqlite3_file* f) {
    through(f, [](sqlite3_file* i, const sqlite3_io_methods* m) {
      m->xShmBarrier(i);
      return 0;
    });
  };
  HEED_PASS(xShmUnmap, (sqlite3_file * f, int remove), i, remove);
}

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* ours = reinterpret_cast<File*>(file);
  auto* inner = reinterpret_cast<sqlite3_file*>(ours + 1);
  const int code = real()->xOpen(real(), path, inner, flags, out_flags);
  ours->base.pMethods = inner->pMethods == nullptr ? nullptr : methods();
  ours->inner_methods = inner->pMethods;
  return code;
}

sqlite3_vfs* disk() {
  static sqlite3_vfs vfs{};
  return &vfs;
}

}  // namespace

FaultDisk::FaultDisk() {
  fill_methods();
  *disk() = *real();
  disk()->pNext = nullptr;
  disk()->zName = name;
  disk()->szOsFile = static_cast<int>(sizeof(File)) + real()->szOsFile;
  disk()->xOpen = open_file;
  sqlite3_vfs_register(disk(), 0);
}

FaultDisk::~FaultDisk() {
  heal();
  sqlite3_vfs_unregister(disk());
}

void FaultDisk::fail_after(int count) {
  has_struck = false;
  changes_left = count;
}

void FaultDisk::heal() { changes_left = std::numeric_limits<int>::max(); }

bool FaultDisk::struck() const { return has_struck; }

}  // namespace heed::store
