#include "tests/e2e/support/process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace baokms::e2e {

std::vector<MemoryRegion> ReadMemory(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  std::vector<MemoryRegion> regions;
  const int memory = open((process + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) return regions;
  std::ifstream maps(process + "/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    char access[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access) != 3) continue;
    if (std::string_view(access) != "rw-p") continue;
    std::istringstream words(line);
    std::string name;
    for (int skipped = 0; skipped < 5; ++skipped) words >> name;
    name.clear();
    words >> name;
    // Page by page: guard pages and what was never touched may not be readable.
    MemoryRegion region{.name = name, .bytes = std::string(end - begin, '\0')};
    constexpr std::size_t kPage = 4096;
    for (std::size_t at = 0; at < region.bytes.size(); at += kPage) {
      const auto from = static_cast<off_t>(begin + at);
      if (pread(memory, region.bytes.data() + at, kPage, from) < 0) continue;  // stays zero
    }
    regions.push_back(std::move(region));
  }
  close(memory);
  return regions;
}

std::vector<std::string> CopiesOf(std::string_view needle,
                                  const std::vector<MemoryRegion>& memory) {
  std::vector<std::string> copies;
  for (const MemoryRegion& region : memory) {
    for (std::size_t at = region.bytes.find(needle); at != std::string::npos;
         at = region.bytes.find(needle, at + 1)) {
      copies.push_back(region.name.empty() ? "[anonymous]" : region.name);
    }
  }
  return copies;
}

}  // namespace baokms::e2e
