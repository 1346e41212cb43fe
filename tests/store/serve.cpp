// `heed serve` without the rest of the command: what the kill test starts and kills.
#include <cstdlib>
#include <string>

#include "heed/store/server.h"

int main(int argc, char** argv) {
  heed::store::ServeOptions options;
  options.port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--dir") options.folder = value;
    if (name == "--port") options.port = static_cast<std::uint16_t>(std::stoi(value));
    if (name == "--keyring") options.keyring_files.push_back(value);
    if (name == "--ingest-key") options.ingest_key = value;
    if (name == "--read-key") options.read_key = value;
    if (name == "--publish-key") options.publish_key = value;
  }
  return heed::store::serve_main(options);
}
