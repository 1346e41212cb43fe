// The command `heed`: declares every command, runs one, and turns its outcome into an exit status.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "command.h"
#include "heed/studio/json_text.h"
#include "spelling.h"

namespace heed::cli {

void Console::out(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), stdout); }

void Console::say(std::string_view line) const {
  if (!json) fmt::print("{}\n", line);
}

void Console::warn(std::string_view line) const { fmt::print(stderr, "{}\n", line); }

namespace {

struct Entry {
  const char* group;  // "keys" of `keys new`; empty at the top
  const char* name;
  const char* purpose;
  CommandPointer (*make)();
};

constexpr Entry entries[] = {
    {"", "init", "Starts a ruleset: writes the smallest complete source", make_init},
    {"", "schema", "Prints the JSON Schema of sources, for editors", make_schema},
    {"new", "trigger", "Adds a trigger to a folder of sources", make_new_trigger},
    {"", "check", "Finds what is wrong with a source, all at once", make_check},
    {"", "build", "Compiles a source", make_build},
    {"keys", "new", "Makes a key: NAME.key.json (secret) and NAME.pub.json", make_keys_new},
    {"keys", "ring", "Makes a keyring: whose signatures count for a site", make_keys_ring},
    {"", "sign", "Signs a compiled ruleset", make_sign},
    {"", "verify", "Checks signatures, site, expiry and version", make_verify},
    {"", "inspect", "Shows what a compiled ruleset holds", make_inspect},
    {"", "decide", "Decides for visitors, one JSON line each", make_decide},
    {"", "explain", "Says why one visitor sees what in one slot", make_explain},
    {"", "diff", "Compares two rulesets, in rules and for recorded visitors", make_diff},
    {"", "patch", "Makes or applies the small difference between two compiled rulesets",
     make_patch},
    {"", "types", "Prints TypeScript types of a ruleset's names", make_types},
    {"", "push", "Checks, shows the difference, signs and publishes", make_push},
    {"", "pull", "Fetches what a store serves", make_pull},
    {"", "report", "Prints a store's report", make_report},
    {"", "replay-log", "Decides again what pages have logged, and compares", make_replay_log},
    {"", "serve", "Runs the store", make_serve},
};

/// The name of a command that is not there, with the nearest one that is; empty where all is well.
std::string unknown_command(const std::vector<std::string>& words) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (const Entry& entry : entries) {
    first.emplace_back(*entry.group ? entry.group : entry.name);
    if (!words.empty() && words[0] == entry.group) second.emplace_back(entry.name);
  }
  const bool first_known = !words.empty() && std::count(first.begin(), first.end(), words[0]) > 0;
  if (!words.empty() && words[0][0] != '-' && !first_known) {
    return fmt::format("unknown command '{}'{} `heed --help` lists them", words[0],
                       did_you_mean(words[0], first));
  }
  if (second.empty() || words.size() < 2 || words[1][0] == '-') return {};
  if (std::count(second.begin(), second.end(), words[1]) > 0) return {};
  return fmt::format("unknown command '{} {}'{} `heed {} --help` lists them", words[0], words[1],
                     did_you_mean(words[1], second), words[0]);
}

int end(const Failure& failure, const Console& console) {
  if (!failure.code.empty()) {
    const std::string place = failure.where.empty() ? "heed" : failure.where;
    console.warn(fmt::format("{}: {}", place, failure.message));
    if (console.json) {
      console.out(fmt::format("{{\"error\":{{\"code\":{},\"message\":{},\"where\":{}}}}}\n",
                              compile::json_text(failure.code), compile::json_text(failure.message),
                              compile::json_text(failure.where)));
    }
  }
  std::fflush(stdout);
  return static_cast<int>(failure.exit);
}

/// CLI11 throws to say that parsing has ended: for help, for the version, or for a wrong call.
int end(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  const CLI::App* chosen = &app;
  std::string path = "heed";
  while (!chosen->get_subcommands().empty()) {
    chosen = chosen->get_subcommands().front();
    path += " " + chosen->get_name();
  }
  // CLI11 says which value it could not read, and not what it wants instead.
  const bool is_value = error.get_name() == "ConversionError";
  fmt::print(stderr, "{}: {}{}; see `{} --help`\n", path, error.what(),
             is_value ? ": a whole number is needed there" : "", path);
  return static_cast<int>(Exit::wrong_call);
}

struct Declared {
  CLI::App* app;
  CommandPointer command;
};

CLI::App* group_of(CLI::App& root, const Entry& entry) {
  if (*entry.group == '\0') return &root;
  for (CLI::App* known : root.get_subcommands({})) {
    if (known->get_name() == entry.group) return known;
  }
  const char* purpose =
      std::string_view(entry.group) == "keys" ? "Keys and keyrings" : "Starts something new";
  CLI::App* group = root.add_subcommand(entry.group, purpose);
  group->require_subcommand(1);
  return group;
}

int run(const std::vector<std::string>& words) {
  if (const std::string complaint = unknown_command(words); !complaint.empty()) {
    fmt::print(stderr, "heed: {}\n", complaint);
    return static_cast<int>(Exit::wrong_call);
  }
  CLI::App root("heed: decisions on the visitor's side of the wire", "heed");
  root.set_version_flag("--version", "heed " HEED_VERSION);
  root.require_subcommand(1);
  root.footer(
      "Example: heed check shop.heed.json && heed build shop.heed.json -o shop.heed\n"
      "Exit status: 0 done, 1 the input is wrong, 2 the call is wrong, "
      "3 something else failed (disk, store)");
  Console console;
  std::vector<Declared> declared;
  for (const Entry& entry : entries) {
    CLI::App* app = group_of(root, entry)->add_subcommand(entry.name, entry.purpose);
    declared.push_back({app, entry.make()});
    declared.back().command->declare(*app);
    app->add_flag("--json", console.json, "Answer in JSON, one value on standard output");
  }
  try {
    root.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return end(root, error);
  }
  for (const Declared& one : declared) {
    if (!one.app->parsed()) continue;
    const Outcome<void> outcome = one.command->run(console);
    if (!outcome) return end(outcome.error(), console);
  }
  return std::fflush(stdout) == 0 ? 0 : static_cast<int>(Exit::dependency_failed);
}

}  // namespace
}  // namespace heed::cli

int main(int argument_count, char** arguments) {
  try {
    return heed::cli::run({arguments + 1, arguments + argument_count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "heed: {}\n", error.what());
    return static_cast<int>(heed::cli::Exit::dependency_failed);
  }
}
