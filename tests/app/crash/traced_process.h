// A child process that stops at the entry and at the exit of each of its system calls (ptrace), so
// that a test can end it there, or let a call fail or take less.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace baokms::app::crash {

// Where a traced child stands.
struct SystemCallStop {
  std::uint64_t number = 0;
  bool entry = false;
  std::array<std::uint64_t, 6> arguments{};  // at an entry
};

// For tests without threads: the child is a fork.
class TracedProcess {
 public:
  // The child runs `body` and exits with what it returns. `body` uses no doctest.
  explicit TracedProcess(const std::function<int()>& body);
  // SIGKILL, and waits.
  ~TracedProcess();
  TracedProcess(const TracedProcess&) = delete;
  TracedProcess& operator=(const TracedProcess&) = delete;

  // Whether ptrace is permitted here.
  static bool Possible();
  // Whether a call can be made to fail: needs this machine's registers to be known.
  static bool CanInterfere();

  // Whether a descriptor of the child leads to a file or directory, not to a pipe. (Sanitizers
  // write to pipes of their own.)
  bool IsFile(std::uint64_t descriptor) const;
  // Runs on to the next stop; none: it has exited.
  std::optional<SystemCallStop> Next();
  // At an entry: the call is not made and returns this error. Stands at the exit afterwards.
  void Refuse(int error);
  // At the entry of a call whose third argument is a size: it gets this one.
  void Shorten(std::uint64_t size);
  void Kill();
  // Lets it run to its end; none: it was killed by a signal.
  std::optional<int> Finish();

 private:
  bool Resume(int request);

  pid_t pid_ = -1;
  bool traced_ = false;
  bool gone_ = false;
  std::optional<int> code_;
};

// Prints the line by which ctest knows a skipped test.
bool SkippedWithoutPtrace();
bool SkippedWithoutRegisters();

}  // namespace baokms::app::crash
