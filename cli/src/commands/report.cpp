#include <fmt/format.h>

#include "../command.h"
#include "../journeys_text.h"
#include "../report_text.h"
#include "../store_options.h"

namespace heed::cli {
namespace {

class Report final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("what", what_, "journeys: how visitors move through the stages, and where")
        ->check(CLI::IsMember({"journeys"}));
    app.add_option("--site", site_, "Whose report")->required();
    app.add_option("--trigger", trigger_, "One trigger alone");
    app.add_option("--format", format_, "text, json or csv")
        ->check(CLI::IsMember({"text", "json", "csv"}))
        ->capture_default_str();
    app.add_option("--by", by_, "Tell visitors apart by segment, microsegment or stage")
        ->check(CLI::IsMember({"segment", "microsegment", "stage"}));
    declare_store(app, store_);
    app.footer(
        "Example: heed report --store https://store.example --site shop.example\n"
        "         heed report journeys --store https://store.example --site shop.example");
  }

  Outcome<void> run(const Console& console) override {
    const bool journeys = what_ == "journeys";
    if (!by_.empty() && format_ == "csv") {
      return refuse(Exit::wrong_call, "bad_usage", "",
                    "report: --by comes as text or json; leave --format csv out");
    }
    if (journeys && (!trigger_.empty() || !by_.empty() || format_ == "csv")) {
      return refuse(
          Exit::wrong_call, "bad_usage", "",
          "report journeys: takes neither --trigger, --by nor --format csv; it tells of the "
          "whole site by segment, as text or json");
    }
    const HttpRequest request{"GET", path(journeys, console.json), {}, {}};
    const auto answer = send(store_, request);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status != 200) return tl::unexpected(failure_of(store_, request, *answer));
    if (console.json || format_ != "text") {
      console.out(answer->body);
      if (answer->body.empty() || answer->body.back() != '\n') console.out("\n");
      return {};
    }
    const auto text = journeys ? journeys_text(answer->body) : report_text(answer->body);
    if (!text) {
      return refuse(Exit::dependency_failed, "malformed_report", store_.url + request.path,
                    "malformed_report: " + text.error());
    }
    console.out(*text);
    return {};
  }

 private:
  [[nodiscard]] std::string path(bool journeys, bool json) const {
    const std::string site = "/v1/" + escape_segment(site_);
    if (journeys) return site + "/journeys";
    const std::string trigger = trigger_.empty() ? "" : "/" + escape_segment(trigger_);
    const std::string report = site + "/report" + trigger;
    if (!by_.empty()) return report + "?by=" + by_;
    return report + (format_ == "csv" && !json ? "?format=csv" : "");
  }

  std::string what_;
  std::string site_;
  std::string trigger_;
  std::string format_ = "text";
  std::string by_;
  StoreAddress store_;
};

}  // namespace

CommandPointer make_report() { return std::make_unique<Report>(); }

}  // namespace heed::cli
