#include "heed/runtime/decision.h"

namespace heed {

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::fixed:
      return "fixed";
    case Reason::split:
      return "split";
    case Reason::bandit:
      return "bandit";
    case Reason::recommend:
      return "recommend";
    case Reason::holdout:
      return "holdout";
    case Reason::no_trigger:
      return "no_trigger";
    case Reason::capped:
      return "capped";
    case Reason::no_consent:
      return "no_consent";
    case Reason::layer:
      return "layer";
    case Reason::schedule:
      return "schedule";
    case Reason::expired:
      return "expired";
    case Reason::killed:
      return "killed";
    case Reason::unverified:
      return "unverified";
  }
  return "unverified";
}

}  // namespace heed
