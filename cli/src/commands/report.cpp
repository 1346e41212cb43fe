#include <fmt/format.h>

#include "../command.h"
#include "../report_text.h"
#include "../store_options.h"

namespace heed::cli {
namespace {

class Report final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--site", site_, "Whose report")->required();
    app.add_option("--trigger", trigger_, "One trigger alone");
    app.add_option("--format", format_, "text, json or csv")
        ->check(CLI::IsMember({"text", "json", "csv"}))
        ->capture_default_str();
    declare_store(app, store_);
    app.footer("Example: heed report --store https://store.example --site shop.example");
  }

  Outcome<void> run(const Console& console) override {
    const std::string trigger = trigger_.empty() ? "" : "/" + escape_segment(trigger_);
    const std::string query = format_ == "csv" && !console.json ? "?format=csv" : "";
    const HttpRequest request{
        "GET", "/v1/" + escape_segment(site_) + "/report" + trigger + query, {}, {}};
    const auto answer = send(store_, request);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status != 200) return tl::unexpected(failure_of(store_, request, *answer));
    if (console.json || format_ != "text") {
      console.out(answer->body);
      if (answer->body.empty() || answer->body.back() != '\n') console.out("\n");
      return {};
    }
    const auto text = report_text(answer->body);
    if (!text) {
      return refuse(Exit::dependency_failed, "malformed_report", store_.url + request.path,
                    "malformed_report: " + text.error());
    }
    console.out(*text);
    return {};
  }

 private:
  std::string site_;
  std::string trigger_;
  std::string format_ = "text";
  StoreAddress store_;
};

}  // namespace

CommandPointer make_report() { return std::make_unique<Report>(); }

}  // namespace heed::cli
