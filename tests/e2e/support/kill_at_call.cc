// Loaded into a provider (LD_PRELOAD): SIGKILL in place of call number BAOKMS_TEST_KILL_AT_CALL,
// from 1, among unlinkat, fchmod, fsync and renameat. Between them lie all moments at which the
// state files differ.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace {

std::atomic<long> calls_left = 0;  // 0: none is the last

__attribute__((constructor)) void ReadNumber() {
  if (const char* number = ::getenv("BAOKMS_TEST_KILL_AT_CALL")) calls_left = ::atol(number);
}

void Count() {
  if (calls_left.fetch_sub(1) == 1) ::raise(SIGKILL);
}

}  // namespace

extern "C" {

int unlinkat(int directory, const char* name, int flags) noexcept {
  Count();
  return static_cast<int>(::syscall(SYS_unlinkat, directory, name, flags));
}

int fchmod(int descriptor, mode_t mode) noexcept {
  Count();
  return static_cast<int>(::syscall(SYS_fchmod, descriptor, mode));
}

int fsync(int descriptor) {
  Count();
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  Count();
  return static_cast<int>(::syscall(SYS_renameat2, from_directory, from, to_directory, to, 0));
}

}  // extern "C"
