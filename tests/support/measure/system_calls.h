// The system calls of another process, counted by strace while something happens.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>

namespace baokms::testing {

using SystemCallCounts = std::map<std::string, std::int64_t>;  // by name, of all threads

// Counts those of `pid` from before `happens` begins until after it has ended. strace stops the
// process at each of them, so times measured meanwhile mean nothing. Else why nothing was counted:
// strace is missing, or may not trace that process (the provider lets only root do it).
std::expected<SystemCallCounts, std::string> CountSystemCalls(pid_t pid,
                                                              const std::function<void()>& happens);

std::int64_t Total(const SystemCallCounts& counts);

}  // namespace baokms::testing
