// A shell as a user has it, to be asked what it completes.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

struct Told {
  int code = -1;
  std::string out;
  std::string err;
};

inline Told RunProgram(std::vector<std::string> argv, const std::string& working_directory = "") {
  const TempDirectory directory;
  ChildProcess child({.argv = std::move(argv),
                      .environment = {{"HOME", directory.path()}, {"TERM", "dumb"}},
                      .stdout_file = directory.File("out"),
                      .stderr_file = directory.File("err"),
                      .working_directory = working_directory});
  const auto ended = child.Wait(std::chrono::seconds(30));
  return {.code = ended && ended->code ? *ended->code : -1,
          .out = child.Stdout(),
          .err = child.Stderr()};
}

// CHECKs that it ends well and in silence; what it printed.
inline std::string RunScript(const std::vector<std::string>& shell, const std::string& script,
                             const std::string& working_directory = "") {
  std::vector<std::string> argv = shell;
  argv.push_back(script);
  const Told told = RunProgram(std::move(argv), working_directory);
  CHECK(told.code == 0);
  CHECK(told.err == "");
  return told.out;
}

}  // namespace baokms::testing
