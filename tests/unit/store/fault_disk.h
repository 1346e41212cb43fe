// A disk that fails when told to: SQLite's own, with writes, syncs and truncations that can be made
// to fail after a number of them. One at a time.
#pragma once

namespace heed::store {

class FaultDisk {
 public:
  static constexpr const char* name = "heed_fault";

  FaultDisk();
  ~FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  /// The next `count` changes succeed, all after them fail until `heal`.
  void fail_after(int count);
  void heal();
  /// Whether a change has failed since `fail_after`.
  [[nodiscard]] bool struck() const;
};

}  // namespace heed::store
