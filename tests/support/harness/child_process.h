// A program under test as a child: its output in files, killed when the test ends or dies.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baokms::testing {

// How a child ended.
struct ExitStatus {
  std::optional<int> code = {};    // none: ended by `signal`
  std::optional<int> signal = {};  // none: it exited
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

// One thread at a time. The child dies with the thread that started it (PR_SET_PDEATHSIG): start it
// from a thread that lives as long as the test.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> argv = {};  // argv[0] is a path or a name on PATH
    // Changes to this process's environment; none removes the variable.
    std::map<std::string, std::optional<std::string>> environment = {};
    std::string stdout_file = {};  // appended to; empty: /dev/null
    std::string stderr_file = {};
    std::string working_directory = {};  // empty: the parent's
  };

  // Throws HarnessError when the program cannot be executed.
  explicit ChildProcess(Options options);
  // SIGKILL, and waits.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool Running();
  // No effect once it has ended.
  void Signal(int signal);
  // None: still running after `timeout`.
  std::optional<ExitStatus> Wait(std::chrono::milliseconds timeout);

  std::string Stdout() const;
  std::string Stderr() const;

 private:
  void Reap(bool block);

  Options options_;
  pid_t pid_ = -1;
  std::optional<ExitStatus> ended_;
};

}  // namespace baokms::testing
