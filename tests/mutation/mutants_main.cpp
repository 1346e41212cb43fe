// Leaves out each check of `Ruleset::open` in turn and runs the tests of open: a check that no test
// misses is one that could be deleted unseen. Each run is a process of its own, for what gets past
// a missing check may do anything.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "proof.h"

namespace {

using heed::Check;

/// Whether the tests pass without `check`; a crash is a failure.
bool survives(Check check) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    heed::check_left_out = check;
    alarm(60);
    if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(2);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(2);
    _exit(RUN_ALL_TESTS() == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<Check> every_check() {
  std::vector<Check> checks;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Check::count); ++i) {
    checks.push_back(static_cast<Check>(i));
  }
  for (const Check table : {Check::bound, Check::name, Check::distinct}) {
    for (std::size_t row = 0; row < heed::check_count(table); ++row) checks.push_back(table + row);
  }
  return checks;
}

}  // namespace

int main(int argument_count, char** arguments) {
  testing::InitGoogleTest(&argument_count, arguments);
  // The sweep over every byte sees no more than the others, a thousand times as slowly.
  testing::GTEST_FLAG(filter) = "Open.*-Open.any_flipped_byte_is_refused_or_harmless";
  if (!survives(Check::count)) {
    std::puts("the tests fail with every check in place; run runtime_test --gtest_filter='Open.*'");
    return 1;
  }
  int survivor_count = 0;
  const std::vector<Check> checks = every_check();
  for (const Check check : checks) {
    if (!survives(check)) continue;
    ++survivor_count;
    std::printf("no test misses check 0x%x of core/runtime/src/proof.h\n",
                static_cast<unsigned>(check));
  }
  std::printf("%zu checks left out in turn, %d of them noticed by no test\n", checks.size(),
              survivor_count);
  return survivor_count == 0 ? 0 : 1;
}
