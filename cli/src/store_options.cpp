#include "store_options.h"

namespace heed::cli {

void declare_store(CLI::App& app, StoreAddress& store) {
  if (store.url.empty()) store.url = "http://127.0.0.1:8787";
  app.add_option("--store", store.url, "The store's address")
      ->envname("HEED_STORE")
      ->capture_default_str();
  app.add_option("--token", store.token, "The store's bearer key; better given as HEED_TOKEN")
      ->envname("HEED_TOKEN");
}

}  // namespace heed::cli
