// Runs a fuzz target without libFuzzer: plain inputs, the files of the corpus folders given as
// arguments, and a fixed number of mutations of each, from a fixed seed so that a failure repeats.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int mutations_per_input = 200;

std::vector<Bytes> read_corpus(int folder_count, char** folders) {
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < folder_count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folders[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());  // directory order differs by machine
  std::vector<Bytes> corpus = {{}, {0}, Bytes(64, 0xff)};
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

void mutate(Bytes& bytes, std::mt19937& random) {
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  for (std::size_t edit = 0, edits = 1 + below(4); edit < edits; ++edit) {
    if (bytes.empty() || below(8) == 0) {
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size() + 1)),
                   static_cast<std::uint8_t>(random()));
    } else if (below(8) == 0) {
      bytes.resize(below(bytes.size()));
    } else if (below(2) == 0) {
      bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
    } else {
      constexpr std::uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
      bytes[below(bytes.size())] = edges[below(std::size(edges))];
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Bytes> corpus = read_corpus(argc - 1, argv + 1);
  std::mt19937 random(20270101);  // the Mersenne twister gives the same stream on every machine
  std::size_t run_count = 0;
  for (const Bytes& input : corpus) {
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++run_count;
    for (int i = 0; i < mutations_per_input; ++i, ++run_count) {
      Bytes mutated = input;
      mutate(mutated, random);
      LLVMFuzzerTestOneInput(mutated.data(), mutated.size());
    }
  }
  std::printf("%zu inputs of %zu seeds\n", run_count, corpus.size());
  return 0;
}
