#include "tests/app/crash/traced_process.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "tests/support/skip.h"

namespace baokms::app::crash {
namespace {

constexpr int kCannotBeTraced = 99;
constexpr int kSystemCallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD

long Trace(int request, pid_t pid, std::uintptr_t address, std::uintptr_t data) {
  return ::ptrace(static_cast<__ptrace_request>(request), pid, address, data);
}

// ptrace takes addresses as integers.
template <typename T>
std::uintptr_t Address(T& value) {
  return reinterpret_cast<std::uintptr_t>(&value);
}

}  // namespace

TracedProcess::TracedProcess(const std::function<int()>& body) {
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kCannotBeTraced);
    ::raise(SIGSTOP);
    ::_exit(body());
  }
  int status = 0;
  REQUIRE(::waitpid(pid_, &status, 0) == pid_);
  traced_ = WIFSTOPPED(status);
  gone_ = !traced_;
  if (!traced_) return;
  REQUIRE(Trace(PTRACE_SETOPTIONS, pid_, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
}

TracedProcess::~TracedProcess() { Kill(); }

bool TracedProcess::Possible() {
  return TracedProcess([] { return 0; }).traced_;
}

bool TracedProcess::CanInterfere() {
#if defined(__x86_64__)
  return true;
#else
  return false;
#endif
}

// False once it is gone.
bool TracedProcess::Resume(int request) {
  int signal = 0;
  while (!gone_) {
    REQUIRE(Trace(request, pid_, 0, static_cast<std::uintptr_t>(signal)) == 0);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    if (!WIFSTOPPED(status)) {
      gone_ = true;
      if (WIFEXITED(status)) code_ = WEXITSTATUS(status);
      break;
    }
    if (WSTOPSIG(status) == kSystemCallStop) return true;
    signal = WSTOPSIG(status);
  }
  return false;
}

std::optional<SystemCallStop> TracedProcess::Next() {
  if (!Resume(PTRACE_SYSCALL)) return std::nullopt;
  struct __ptrace_syscall_info info{};
  REQUIRE(Trace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof info, Address(info)) > 0);
  SystemCallStop stop;
  stop.entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
  if (stop.entry) {
    stop.number = info.entry.nr;
    for (std::size_t i = 0; i < stop.arguments.size(); ++i) stop.arguments[i] = info.entry.args[i];
  }
  return stop;
}

bool TracedProcess::IsFile(std::uint64_t descriptor) const {
  const std::string link = "/proc/" + std::to_string(pid_) + "/fd/" + std::to_string(descriptor);
  char first = 0;
  return ::readlink(link.c_str(), &first, 1) == 1 && first == '/';
}

void TracedProcess::Refuse(int error) {
#if defined(__x86_64__)
  struct user_regs_struct registers{};
  REQUIRE(Trace(PTRACE_GETREGS, pid_, 0, Address(registers)) == 0);
  registers.orig_rax = static_cast<unsigned long long>(-1);
  REQUIRE(Trace(PTRACE_SETREGS, pid_, 0, Address(registers)) == 0);
  REQUIRE(Resume(PTRACE_SYSCALL));
  REQUIRE(Trace(PTRACE_GETREGS, pid_, 0, Address(registers)) == 0);
  registers.rax = static_cast<unsigned long long>(-error);
  REQUIRE(Trace(PTRACE_SETREGS, pid_, 0, Address(registers)) == 0);
#else
  static_cast<void>(error);
  FAIL("the registers of this machine are not known");
#endif
}

void TracedProcess::Shorten(std::uint64_t size) {
#if defined(__x86_64__)
  struct user_regs_struct registers{};
  REQUIRE(Trace(PTRACE_GETREGS, pid_, 0, Address(registers)) == 0);
  registers.rdx = size;
  REQUIRE(Trace(PTRACE_SETREGS, pid_, 0, Address(registers)) == 0);
#else
  static_cast<void>(size);
  FAIL("the registers of this machine are not known");
#endif
}

void TracedProcess::Kill() {
  if (gone_) return;
  gone_ = true;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) == pid_ && WIFSTOPPED(status)) {
  }
}

std::optional<int> TracedProcess::Finish() {
  static_cast<void>(Resume(PTRACE_CONT));
  return code_;
}

bool SkippedWithoutPtrace() {
  return !TracedProcess::Possible() && baokms::testing::SaySkipped("ptrace is not permitted here");
}

bool SkippedWithoutRegisters() {
  return !TracedProcess::CanInterfere() &&
         baokms::testing::SaySkipped("calls can be made to fail on x86-64 alone");
}

}  // namespace baokms::app::crash
