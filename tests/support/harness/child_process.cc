#include "tests/support/harness/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {
namespace {

std::vector<std::string> ChangedEnvironment(
    const std::map<std::string, std::optional<std::string>>& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) result.push_back(text);
  }
  for (const auto& [name, value] : changes) {
    if (value) result.push_back(name + "=" + *value);
  }
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What the child does between fork and exec: async-signal-safe calls alone, because the parent has
// threads. Reports errno over `report` when it cannot go on.
struct Launch {
  char* const* argv;
  char* const* environment;
  const char* stdout_file;
  const char* stderr_file;
  const char* directory;
  pid_t parent;
  int report;

  bool Redirect(const char* file, int target) const {
    const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    return fd >= 0 && dup2(fd, target) >= 0;
  }
  bool Prepare() const {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return false;
    const int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) return false;
    if (!Redirect(stdout_file, STDOUT_FILENO) || !Redirect(stderr_file, STDERR_FILENO)) {
      return false;
    }
    return directory == nullptr || chdir(directory) == 0;
  }
  [[noreturn]] void Run() const {
    if (Prepare()) execvpe(argv[0], argv, environment);
    const int error = errno;
    const ssize_t ignored = write(report, &error, sizeof error);
    static_cast<void>(ignored);
    _exit(127);
  }
};

}  // namespace

ChildProcess::ChildProcess(Options options) : options_(std::move(options)) {
  std::vector<std::string> environment = ChangedEnvironment(options_.environment);
  std::vector<char*> argv = Pointers(options_.argv);
  std::vector<char*> envp = Pointers(environment);
  const auto file = [](const std::string& path) {
    return path.empty() ? "/dev/null" : path.c_str();
  };
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) throw HarnessError("no pipe");
  const Launch launch{.argv = argv.data(),
                      .environment = envp.data(),
                      .stdout_file = file(options_.stdout_file),
                      .stderr_file = file(options_.stderr_file),
                      .directory = options_.working_directory.empty()
                                       ? nullptr
                                       : options_.working_directory.c_str(),
                      .parent = getpid(),
                      .report = report[1]};
  pid_ = fork();
  if (pid_ == 0) launch.Run();
  close(report[1]);
  int error = 0;
  const ssize_t got = pid_ < 0 ? 0 : read(report[0], &error, sizeof error);
  close(report[0]);
  if (pid_ < 0) throw HarnessError("no child process");
  if (got != 0) {
    Reap(/*block=*/true);
    throw HarnessError("cannot run " + options_.argv[0] + ": " + std::strerror(error));
  }
}

ChildProcess::~ChildProcess() {
  Signal(SIGKILL);
  Reap(/*block=*/true);
}

void ChildProcess::Reap(bool block) {
  if (ended_) return;
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = waitpid(pid_, &status, block ? 0 : WNOHANG);
  } while (reaped < 0 && errno == EINTR);
  if (reaped != pid_) return;
  ended_.emplace();
  if (WIFSIGNALED(status)) {
    ended_->signal = WTERMSIG(status);
  } else {
    ended_->code = WEXITSTATUS(status);
  }
}

bool ChildProcess::Running() {
  Reap(/*block=*/false);
  return !ended_;
}

void ChildProcess::Signal(int signal) {
  if (Running()) kill(pid_, signal);
}

std::optional<ExitStatus> ChildProcess::Wait(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (Running() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Reap(/*block=*/false);
  return ended_;
}

std::string ChildProcess::Stdout() const { return ReadWholeFile(options_.stdout_file); }
std::string ChildProcess::Stderr() const { return ReadWholeFile(options_.stderr_file); }

}  // namespace baokms::testing
