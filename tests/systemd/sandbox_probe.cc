// Runs in the place of the provider, with the unit's sandbox, and prints for each attempt "name:
// ok" or "name: <errno>". sandbox_test.cc says what each must come to.
#include <dirent.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace {

void Tell(const char* name, bool worked) {
  std::printf("%s: %s\n", name, worked ? "ok" : strerrorname_np(errno));
}

// A file that is made there.
bool Writes(const char* path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  close(fd);
  return true;
}

bool Reads(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  close(fd);
  return true;
}

bool Socket(int family, int type) {
  const int fd = socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  close(fd);
  return true;
}

bool Executes(const char* path) {
  const pid_t child = fork();
  if (child == 0) {
    execl(path, path, nullptr);
    _exit(errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return false;
}

// A file that it makes there.
bool ExecutesOwn(const char* path) {
  if (!Writes(path)) return false;
  chmod(path, 0700);
  Executes(path);
  const int reason = errno;
  unlink(path);
  errno = reason;
  return false;
}

// What the provider does at its start: a socket's name gets the group and its mode.
bool GivesToGroup(const char* path, const char* group_of) {
  struct stat status{};
  if (stat(group_of, &status) != 0 || !Writes(path)) return false;
  const bool given = fchownat(AT_FDCWD, path, static_cast<uid_t>(-1), status.st_gid, 0) == 0 &&
                     chmod(path, 0660) == 0;
  const int reason = errno;
  unlink(path);
  errno = reason;
  return given;
}

bool WritableCode() {
  return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
              0) != MAP_FAILED;
}

bool Locks(std::size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory != MAP_FAILED && mlock(memory, bytes) == 0;
}

void TellStatus() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff") || line.starts_with("CapBnd") ||
        line.starts_with("NoNewPrivs")) {
      std::printf("%s\n", line.c_str());
    }
  }
}

}  // namespace

int main() {
  Tell("reads the configuration", Reads("/etc/openbao-kms/config.yaml"));
  Tell("reads the credential", Reads("/var/lib/openbao-kms/identity.jwt"));
  Tell("writes the state", Writes("/var/lib/openbao-kms/state/.probe"));
  unlink("/var/lib/openbao-kms/state/.probe");
  Tell("gives a socket to its group", GivesToGroup("/run/openbao-kms/.probe", "/run/openbao-kms"));
  Tell("locks 1 MiB", Locks(std::size_t{1} << 20U));
  Tell("unix socket", Socket(AF_UNIX, SOCK_STREAM));
  Tell("IPv4 socket", Socket(AF_INET, SOCK_STREAM));
  Tell("IPv6 socket", Socket(AF_INET6, SOCK_STREAM));
  std::uint32_t filter = SECCOMP_RET_ERRNO;
  Tell("seccomp", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &filter) == 0);
  // A kernel without Landlock says so; a filter would say EPERM.
  const bool landlock =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1 ||
      errno == EOPNOTSUPP || errno == ENOSYS;
  Tell("landlock", landlock);

  Tell("writes the configuration", Writes("/etc/openbao-kms/x"));
  Tell("writes beside the state", Writes("/var/lib/openbao-kms/x"));
  Tell("writes to /etc", Writes("/etc/x"));
  Tell("writes to /usr", Writes("/usr/bin/x"));
  Tell("writes to /var", Writes("/var/tmp2"));
  DIR* const home = opendir("/home");
  Tell("sees /home", home != nullptr);
  DIR* const root = opendir("/root");
  Tell("sees /root", root != nullptr);
  Tell("sees a file in /tmp", Reads("/tmp/of-somebody"));
  Tell("sees another process", Reads("/proc/1/status"));
  Tell("sees /proc/sys", Reads("/proc/sys/kernel/osrelease"));
  Tell("sees a disk or the kernel log", Reads("/dev/kmsg"));
  Tell("executes a shell", Executes("/bin/sh"));
  Tell("executes what it wrote as state", ExecutesOwn("/var/lib/openbao-kms/state/.probe"));
  Tell("executes what it wrote beside the socket", ExecutesOwn("/run/openbao-kms/.probe"));
  Tell("executes what it wrote to /tmp", ExecutesOwn("/tmp/.probe"));
  Tell("executes what it wrote to /dev/shm", ExecutesOwn("/dev/shm/.probe"));
  Tell("makes code at run time", WritableCode());
  Tell("netlink socket", Socket(AF_NETLINK, SOCK_RAW));
  Tell("packet socket", Socket(AF_PACKET, SOCK_RAW));
  Tell("makes a user namespace", unshare(CLONE_NEWUSER) == 0);
  Tell("mounts", mount("tmpfs", "/run/openbao-kms", "tmpfs", 0, nullptr) == 0);
  Tell("traces", ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
  Tell("sets a set-group-id bit", chmod("/run/openbao-kms", 02750) == 0);
  Tell("adds a key to a keyring", syscall(SYS_add_key, "user", "x", "y", 1, -2) >= 0);
  rlimit core{};
  getrlimit(RLIMIT_CORE, &core);
  std::printf("core: %llu\n", static_cast<unsigned long long>(core.rlim_max));
  TellStatus();
  return 0;
}
