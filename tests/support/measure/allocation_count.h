// How often another process has asked for heap memory: malloc, calloc, realloc, operator new and
// their kind, of all its threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

class AllocationCount {
 public:
  AllocationCount();
  ~AllocationCount();
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;

  // Since the process began.
  std::uint64_t Read() const { return count_->load(); }
  // For the one process that is counted. No sanitizer build takes a preloaded library.
  std::map<std::string, std::optional<std::string>> environment() const;

 private:
  TempDirectory directory_;
  std::atomic<std::uint64_t>* count_;
};

}  // namespace baokms::testing
