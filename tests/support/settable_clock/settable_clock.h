// The wall clock of a provider under test, at the second that the test says. Its other clocks
// (intervals, delays, deadlines) go on as usual.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

class SettableClock {
 public:
  explicit SettableClock(std::int64_t unix_seconds);
  ~SettableClock();
  SettableClock(const SettableClock&) = delete;
  SettableClock& operator=(const SettableClock&) = delete;

  // Seen by every process with environment() from its next reading on.
  void Set(std::int64_t unix_seconds) { seconds_->store(unix_seconds); }
  // For the process whose clock it is. No sanitizer build takes a preloaded library.
  std::map<std::string, std::optional<std::string>> environment() const;

 private:
  TempDirectory directory_;
  std::atomic<std::int64_t>* seconds_;
};

}  // namespace baokms::testing
