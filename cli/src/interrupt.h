// Ctrl-C as a question instead of a sudden end. At most one is alive at a time.
#pragma once

namespace heed::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Whether SIGINT or SIGTERM has come since this was made.
  [[nodiscard]] bool came() const;
};

}  // namespace heed::cli
