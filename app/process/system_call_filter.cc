#include "app/process/system_call_filter.h"

#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <type_traits>

namespace baokms::app {
namespace {

// By name: not every processor has every call, and libseccomp may know newer ones than the headers.
constexpr std::initializer_list<const char*> kServing = {
    // memory
    "brk", "madvise", "mlock", "mlock2", "mremap", "munlock", "munmap",
    // threads
    "exit", "exit_group", "futex", "get_robust_list", "gettid", "membarrier", "rseq",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_yield", "set_robust_list",
    // signals and time
    "clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "nanosleep",
    "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigtimedwait", "sigaltstack", "time", "timerfd_create", "timerfd_gettime",
    "timerfd_settime",
    // files
    "access", "close", "dup", "dup3", "faccessat", "faccessat2", "fchmod", "fcntl", "fdatasync",
    "flock", "fstat", "fstatfs", "fsync", "ftruncate", "getcwd", "getdents64", "lseek", "lstat",
    "newfstatat", "open", "openat", "pread64", "preadv", "pwrite64", "pwritev", "read", "readlink",
    "readlinkat", "readv", "rename", "renameat", "renameat2", "stat", "statfs", "statx", "umask",
    "unlink", "unlinkat", "write", "writev",
    // sockets and waiting
    "accept", "accept4", "bind", "connect", "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "getpeername", "getsockname",
    "getsockopt", "listen", "pipe", "pipe2", "poll", "ppoll", "pselect6", "recvfrom", "recvmmsg",
    "recvmsg", "select", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    // what the process may know of itself and of the system
    "getegid", "geteuid", "getgid", "getgroups", "getpid", "getppid", "getrandom", "getresgid",
    "getresuid", "getrlimit", "getrusage", "getuid", "sysinfo", "uname"};

constexpr std::initializer_list<const char*> kForbiddenToModules = {
    // running programs
    "execve", "execveat",
    // other processes
    "kcmp", "pidfd_getfd", "pidfd_open", "process_madvise", "process_vm_readv", "process_vm_writev",
    "ptrace",
    // namespaces and mounts
    "chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
    "open_by_handle_at", "open_tree", "pivot_root", "setns", "umount", "umount2", "unshare",
    // the kernel and the machine
    "acct", "adjtimex", "bpf", "clock_adjtime", "clock_settime", "delete_module", "finit_module",
    "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
    "kexec_file_load", "kexec_load", "lookup_dcookie", "nfsservctl", "perf_event_open", "quotactl",
    "quotactl_fd", "reboot", "sethostname", "setdomainname", "settimeofday", "stime", "swapoff",
    "swapon", "syslog", "userfaultfd", "vhangup",
    // keys of the kernel and other users
    "add_key", "keyctl", "request_key", "setfsgid", "setfsuid", "setgid", "setgroups", "setregid",
    "setresgid", "setresuid", "setreuid", "setuid"};

class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) : context_(seccomp_init(otherwise)) {
    good_ = context_ != nullptr &&
            seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
            // A binary search instead of a list.
            seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
  }

  template <typename... Conditions>
  void Rule(std::uint32_t action, const char* call, Conditions... conditions) {
    const int number = seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR) return;  // this libseccomp does not know it
    good_ = good_ && seccomp_rule_add(context_.get(), action, number, sizeof...(conditions),
                                      conditions...) == 0;
  }

  bool Load() const { return good_ && seccomp_load(context_.get()) == 0; }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release> context_;
  bool good_ = false;
};

constexpr scmp_arg_cmp Is(unsigned int argument, scmp_datum_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

constexpr scmp_arg_cmp HasBits(unsigned int argument, scmp_datum_t mask, scmp_datum_t bits) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = bits};
}

void AllowSockets(Filter& filter) {
  constexpr scmp_datum_t kTypeMask = 0xf;  // without SOCK_CLOEXEC and SOCK_NONBLOCK
  for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      filter.Rule(SCMP_ACT_ALLOW, "socket", Is(0, static_cast<scmp_datum_t>(family)),
                  HasBits(1, kTypeMask, static_cast<scmp_datum_t>(type)));
    }
  }
  // The look-up of names asks which addresses the node has.
  filter.Rule(SCMP_ACT_ALLOW, "socket", Is(0, AF_NETLINK), Is(2, NETLINK_ROUTE));
  filter.Rule(SCMP_ACT_ALLOW, "socketpair", Is(0, AF_UNIX));
  for (const unsigned long request : {FIONBIO, FIONREAD, TCGETS}) {
    filter.Rule(SCMP_ACT_ALLOW, "ioctl", Is(1, request));
  }
}

// No memory that is written and then run: code comes from files alone.
void AllowMemory(Filter& filter) {
  filter.Rule(SCMP_ACT_ALLOW, "mmap", HasBits(2, PROT_EXEC, 0));
  filter.Rule(SCMP_ACT_ALLOW, "mmap", HasBits(2, PROT_WRITE | PROT_EXEC, PROT_EXEC));
  filter.Rule(SCMP_ACT_ALLOW, "mprotect", HasBits(2, PROT_EXEC, 0));
}

// Threads, no processes; nothing done to another process.
void AllowThreads(Filter& filter) {
  filter.Rule(SCMP_ACT_ALLOW, "clone", HasBits(0, CLONE_THREAD, CLONE_THREAD));
  const auto self = static_cast<scmp_datum_t>(getpid());
  filter.Rule(SCMP_ACT_ALLOW, "tgkill", Is(0, self));
  for (const scmp_datum_t pid : {scmp_datum_t{0}, self}) {
    filter.Rule(SCMP_ACT_ALLOW, "prlimit64", Is(0, pid), Is(2, 0));  // reading alone
  }
  filter.Rule(SCMP_ACT_ALLOW, "prctl", Is(0, PR_SET_NAME));
}

bool AllowServing() {
  Filter filter(SCMP_ACT_ERRNO(ENOSYS));
  for (const char* call : kServing) filter.Rule(SCMP_ACT_ALLOW, call);
  AllowSockets(filter);
  AllowMemory(filter);
  AllowThreads(filter);
  return filter.Load();
}

bool ForbidToModules() {
  Filter filter(SCMP_ACT_ALLOW);
  for (const char* call : kForbiddenToModules) filter.Rule(SCMP_ACT_ERRNO(EPERM), call);
  return filter.Load();
}

}  // namespace

std::string_view Name(AllowedCalls allowed) {
  return allowed == AllowedCalls::kServing ? "serving" : "foreign_module";
}

bool CanFilterSystemCalls() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool FilterSystemCalls(AllowedCalls allowed) {
  return allowed == AllowedCalls::kServing ? AllowServing() : ForbidToModules();
}

}  // namespace baokms::app
