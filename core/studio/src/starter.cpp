#include "heed/studio/compile.h"

namespace heed::compile {

std::string_view starter_source() {
  return R"({
  "note": "A visitor who looked at two products in half an hour sees one of two greetings; one in twenty is held out.",
  "site": "shop.example",
  "time_zone": "UTC",
  "currency": "EUR",
  "attributes": { "device": { "type": "string" } },
  "signals": { "product_view": { "sku": "string", "price": "number" }, "purchase": { "revenue": "number" } },
  "features": { "views_30m": { "count": "product_view", "window": "30m" } },
  "segments": { "on_phone": "device == 'mobile'" },
  "journeys": { "purchase": [ { "stage": "aware", "when": "true" }, { "stage": "consider", "when": "views_30m >= 2" } ] },
  "microsegments": { "journey": "purchase", "segments": ["on_phone"] },
  "metrics": { "revenue": { "signal": "purchase", "value": "revenue", "goal": true, "window": "7d" } },
  "slots": { "hero": {} },
  "triggers": {
    "still_looking": {
      "name": "Still looking",
      "owner": "ecommerce",
      "hypothesis": "Visitors who compare products buy more often when they are told that returns are free",
      "slot": "hero",
      "when": "stage.purchase == 'consider'",
      "parts": { "title": ["Free returns for 30 days", "Need help choosing?"] },
      "policy": { "split": { "title": { "Free returns for 30 days": 0.5, "Need help choosing?": 0.5 } } },
      "holdout": 0.05
    }
  }
}
)";
}

}  // namespace heed::compile
