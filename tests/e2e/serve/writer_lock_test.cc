// The writer lock between this program and one written in Go (registry-and-rotation.md, "Writer
// lock"): flock excludes both ways, and ends with its holder however that ends.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/e2e/support/bench.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

bool SkippedWithoutGo() {
  const std::string missing = BAOKMS_GOLOCK_MISSING;
  return !missing.empty() && testing::SaySkipped("golock: " + missing);
}

// tests/golock on the state of `config`, until Release or Kill.
class GoHolder {
 public:
  explicit GoHolder(const ProviderConfig& config) {
    std::array<int, 2> input{}, output{};
    REQUIRE(pipe2(input.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(output.data(), O_CLOEXEC) == 0);
    const std::string state = config.state_file();
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      dup2(input[0], STDIN_FILENO);
      dup2(output[1], STDOUT_FILENO);
      execl(BAOKMS_GOLOCK_PATH, "golock", state.c_str(), nullptr);
      _exit(126);
    }
    close(input[0]);
    close(output[1]);
    input_ = input[1];
    std::array<char, 16> word{};
    const ssize_t size = read(output[0], word.data(), word.size());
    close(output[0]);
    REQUIRE(size > 0);
    said_ = std::string(word.data(), static_cast<std::size_t>(size));
  }
  ~GoHolder() { End(SIGKILL); }
  GoHolder(const GoHolder&) = delete;
  GoHolder& operator=(const GoHolder&) = delete;

  bool holds() const { return said_ == "held\n"; }
  bool lost() const { return said_ == "taken\n"; }
  pid_t pid() const { return pid_; }
  void Release() { End(0); }
  void Kill() { End(SIGKILL); }

 private:
  void End(int signal) {
    if (pid_ <= 0) return;
    close(input_);
    if (signal != 0) kill(pid_, signal);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  pid_t pid_ = 0;
  int input_ = -1;
  std::string said_;
};

TEST_CASE("Writer lock: serve ends with 5 while Go holds it and names the holder") {
  if (SkippedWithoutGo()) return;
  Bench bench;
  const ProviderConfig config = bench.Config();
  GoHolder go(config);
  REQUIRE(go.holds());
  struct stat lock{};
  REQUIRE(stat((config.state_file() + ".lock").c_str(), &lock) == 0);
  CHECK((lock.st_mode & 07777) == 0600);
  {
    ProviderProcess provider(config);
    const std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.starts_with("state.path: another provider serves with this state"), line);
    CHECK_MESSAGE(line.ends_with("(process " + std::to_string(go.pid()) + ")"), line);
    CHECK(provider.LogLines("auth.login").empty());
    CHECK(ReadStateFiles(config) == StateFiles{});
  }
  go.Release();
  const Serving provider(config);
  provider.CheckRoundTrip();
}

TEST_CASE("Writer lock: Go gets it neither beside a serving provider nor before it has ended") {
  if (SkippedWithoutGo()) return;
  Bench bench;
  const ProviderConfig config = bench.Config();
  {
    Serving provider(config);
    CHECK(GoHolder(config).lost());
    provider.CheckRoundTrip();
    SUBCASE("it ends") { REQUIRE(provider.process.Terminate()); }
    SUBCASE("it is killed") { provider.process.Kill(); }
  }
  GoHolder go(config);
  CHECK(go.holds());
  go.Kill();
  // The lock of a killed holder is free, and the file stays.
  const Serving provider(config);
  provider.CheckRoundTrip();
}

}  // namespace
}  // namespace baokms::e2e
