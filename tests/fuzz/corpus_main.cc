// Runs a fuzz target over a corpus without a fuzzer: every file of a directory, and each of them
// cut at up to 128 lengths.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// In memory of exactly its size, so that AddressSanitizer sees the first byte behind it read.
void RunOne(std::vector<std::uint8_t> input) {
  input.shrink_to_fit();
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(file), {}};
    RunOne(input);
    const std::size_t step = std::max<std::size_t>(1, input.size() / 128);
    for (std::size_t length = 0; length < input.size(); length += step) {
      RunOne({input.begin(), input.begin() + static_cast<std::ptrdiff_t>(length)});
    }
    ++files;
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
