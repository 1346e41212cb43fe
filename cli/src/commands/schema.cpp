#include "heed/studio/schema.h"

#include "../command.h"

namespace heed::cli {
namespace {

class Schema final : public Command {
 public:
  void declare(CLI::App& app) override { app.footer("Example: heed schema > ruleset.schema.json"); }

  // The schema is JSON either way.
  Outcome<void> run(const Console& console) override {
    console.out(compile::ruleset_schema());
    return {};
  }
};

}  // namespace

CommandPointer make_schema() { return std::make_unique<Schema>(); }

}  // namespace heed::cli
