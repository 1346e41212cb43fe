// The folder of one store: who holds it, and whether it was closed cleanly.
#pragma once
#include <memory>
#include <string>

#include "heed/store/answer.h"

namespace heed::store {

class Folder {
 public:
  /// Makes the folder where absent and holds it until destruction.
  /// @errors  503 folder_in_use, storage
  [[nodiscard]] static Answer<std::unique_ptr<Folder>> hold(const std::string& path);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string log_path() const { return path_ + "/log.db"; }
  [[nodiscard]] std::string state_path() const { return path_ + "/state.db"; }
  /// True where the last holder did not call `close_cleanly`.
  [[nodiscard]] bool was_left_open() const { return was_left_open_; }
  void close_cleanly();
  /// What can be folded again from the log.
  void remove_state() const;

 private:
  Folder(std::string path, int lock);
  std::string path_;
  int lock_;
  bool was_left_open_ = false;
};

}  // namespace heed::store
