// What other tests rely on without looking: exit codes, captured output, nothing left behind.
#include "tests/support/harness/child_process.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("ChildProcess: exit code and output and the changed environment") {
  const TempDirectory directory;
  setenv("BAOKMS_HARNESS_GONE", "1", 1);
  ChildProcess child(
      {.argv = {"sh", "-c", "echo out $BAOKMS_HARNESS_SET$BAOKMS_HARNESS_GONE; pwd >&2; exit 7"},
       .environment = {{"BAOKMS_HARNESS_SET", "x"}, {"BAOKMS_HARNESS_GONE", {}}},
       .stdout_file = directory.File("out"),
       .stderr_file = directory.File("err"),
       .working_directory = directory.path()});
  const auto ended = child.Wait(10s);
  REQUIRE(ended.has_value());
  CHECK(*ended == ExitStatus{.code = 7});
  CHECK(child.Stdout() == "out x\n");
  CHECK(child.Stderr() == directory.path() + "\n");
  CHECK_FALSE(child.Running());
}

TEST_CASE("ChildProcess: a wait that is over leaves it running and a signal ends it") {
  ChildProcess child({.argv = {"sleep", "60"}});
  CHECK_FALSE(child.Wait(30ms).has_value());
  CHECK(child.Running());
  child.Signal(SIGTERM);
  CHECK(child.Wait(10s) == std::optional(ExitStatus{.signal = SIGTERM}));
}

TEST_CASE("ChildProcess: destroying it leaves no process behind") {
  auto child = std::make_unique<ChildProcess>(ChildProcess::Options{.argv = {"sleep", "60"}});
  const pid_t pid = child->pid();
  REQUIRE(kill(pid, 0) == 0);
  child.reset();
  CHECK(kill(pid, 0) != 0);
}

TEST_CASE("ChildProcess: a program that cannot be run is an error at once") {
  CHECK_THROWS_AS(ChildProcess({.argv = {"/nonexistent/program"}}), HarnessError);
}

TEST_CASE("TempDirectory: modes as asked and removed with its content") {
  std::string path;
  {
    const TempDirectory directory(0750);
    path = directory.path();
    struct stat seen{};
    REQUIRE(stat(path.c_str(), &seen) == 0);
    CHECK((seen.st_mode & 07777) == 0750);
    directory.MakeDirectory("inner", 0700);
    const std::string file = directory.Write("inner/file", "text", 0640);
    REQUIRE(stat(file.c_str(), &seen) == 0);
    CHECK((seen.st_mode & 07777) == 0640);
    CHECK(ReadWholeFile(file) == "text");
  }
  struct stat gone{};
  CHECK(stat(path.c_str(), &gone) != 0);
}

}  // namespace
}  // namespace baokms::testing
