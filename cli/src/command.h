// What a command is to `main`: it declares its options, then runs once. One file each in commands/.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "failure.h"

namespace heed::cli {

/// Where a command speaks. Results go to standard output, everything else to standard error.
struct Console {
  bool json = false;  // --json: exactly one JSON value on standard output, also on failure

  void out(std::string_view text) const;   // as it is
  void say(std::string_view line) const;   // a line for people: left out with --json
  void warn(std::string_view line) const;  // a line on standard error
};

class Command {
 public:
  virtual ~Command() = default;
  /// Options and the example; `app` is the command's own.
  virtual void declare(CLI::App& app) = 0;
  virtual Outcome<void> run(const Console& console) = 0;
};

using CommandPointer = std::unique_ptr<Command>;

CommandPointer make_build();
CommandPointer make_check();
CommandPointer make_decide();
CommandPointer make_diff();
CommandPointer make_explain();
CommandPointer make_init();
CommandPointer make_inspect();
CommandPointer make_keys_new();
CommandPointer make_keys_ring();
CommandPointer make_new_trigger();
CommandPointer make_patch();
CommandPointer make_pull();
CommandPointer make_push();
CommandPointer make_replay_log();
CommandPointer make_report();
CommandPointer make_schema();
CommandPointer make_serve();
CommandPointer make_sign();
CommandPointer make_types();
CommandPointer make_verify();

}  // namespace heed::cli
