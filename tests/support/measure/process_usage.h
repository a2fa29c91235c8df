// What a process of this machine has used so far, read from outside; it notices nothing.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace baokms::testing {

// Of all its threads, those that have ended too, in the kernel and outside; the kernel counts
// nanoseconds. Throws HarnessError when there is no such process.
std::chrono::nanoseconds CpuTime(pid_t pid);

// A number of /proc/<pid>/status, as "VmRSS" (KiB) or "Threads". 0: not there.
std::int64_t ProcessStatus(pid_t pid, const std::string& field);

// Voluntary and not, of the threads that it has now.
std::int64_t ContextSwitches(pid_t pid);

}  // namespace baokms::testing
