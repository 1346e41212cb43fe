// --store, --token and what they default to.
#pragma once
#include <string>

#include "command.h"
#include "http.h"

namespace heed::cli {

/// Declares `--store URL` (or HEED_STORE) and `--token T` (or HEED_TOKEN, which keeps a secret out
/// of the list of processes).
void declare_store(CLI::App& app, StoreAddress& store);

}  // namespace heed::cli
