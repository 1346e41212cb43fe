// The naive evaluator for hosts that cannot link it: lines of `heed decide` in, its answers out.
//
//   heed_oracle SOURCE.heed.json < lines.ndjson
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "reference.h"

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::cerr << "usage: heed_oracle SOURCE.heed.json < lines.ndjson\n";
    return 2;
  }
  try {
    std::ifstream file(arguments[1], std::ios::binary);
    const std::string source((std::istreambuf_iterator<char>(file)), {});
    const heed::reference::Reference oracle(source);
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << oracle.decide_line(line) << '\n';
    }
  } catch (const std::exception& error) {
    std::cerr << "heed_oracle: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
