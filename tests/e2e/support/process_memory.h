// What another process holds in memory that it may write, copied out of /proc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::e2e {

struct MemoryRegion {
  std::string name;  // "[heap]", "[stack]", a file, or empty
  std::string bytes;
};

// Every readable and writable private region of `pid`. Needs root: the provider is not dumpable.
std::vector<MemoryRegion> ReadMemory(pid_t pid);

// The regions that hold `needle`, one entry a copy.
std::vector<std::string> CopiesOf(std::string_view needle, const std::vector<MemoryRegion>& memory);

}  // namespace baokms::e2e
