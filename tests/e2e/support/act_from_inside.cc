// Loaded into a provider (LD_PRELOAD): once it tells systemd that it is ready, a thread of it tries
// what somebody would try who has taken it over, and writes what came of each attempt into the file
// BAOKMS_TEST_ACTS: "name=outcome" lines, an errno's name or "done". Raw system calls, so that no
// library's fallback hides an answer.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::string Wanted(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? "" : value;
}

class Acts {
 public:
  Acts(std::string outside, std::string config, std::string state)
      : outside_(std::move(outside)), config_(std::move(config)), state_(std::move(state)) {}

  // `call` answers like a system call.
  void Try(std::string_view name, const std::function<long()>& call) {
    errno = 0;
    const long result = call();
    const int error = errno;
    report_ += std::string(name) + "=" + (result >= 0 ? "done" : ::strerrorname_np(error)) + "\n";
  }

  void Files() {
    Try("read outside", [&] { return Open(outside_ + "/secret", O_RDONLY); });
    Try("list outside", [&] { return Open(outside_, O_RDONLY | O_DIRECTORY); });
    Try("write outside", [&] { return Open(outside_ + "/new", O_WRONLY | O_CREAT); });
    Try("remove outside", [&] { return unlinkat(AT_FDCWD, (outside_ + "/new2").c_str(), 0); });
    Try("write configuration", [&] { return Open(config_ + "/config.yaml", O_WRONLY | O_APPEND); });
    Try("create beside configuration",
        [&] { return Open(config_ + "/planted", O_WRONLY | O_CREAT); });
    Try("link in state", [&] {
      return syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, (state_ + "/link").c_str());
    });
    Try("device in state", [&] {
      return syscall(SYS_mknodat, AT_FDCWD, (state_ + "/device").c_str(), S_IFCHR | 0600, 0x101);
    });
    Try("read configuration", [&] { return Open(config_ + "/config.yaml", O_RDONLY); });
    Try("write state", [&] { return Open(state_ + "/new", O_WRONLY | O_CREAT); });
    Try("rename in state", [&] {
      return syscall(SYS_renameat2, AT_FDCWD, (state_ + "/new").c_str(), AT_FDCWD,
                     (state_ + "/newer").c_str(), 0);
    });
  }

  void Programs() {
    Try("execute", [] {  // a program that is there would replace this one
      char name[] = "x";
      char* const arguments[] = {name, nullptr};
      char* const environment[] = {nullptr};
      const long result = syscall(SYS_execve, "/nonexistent", arguments, environment);
      return errno == ENOENT ? 0 : result;
    });
    Try("fork", [] {
      const long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
      if (child == 0) syscall(SYS_exit_group, 0);
      if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
      return child;
    });
    Try("run a program", [] {
      const long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
      if (child < 0) return child;
      if (child == 0) {
        char name[] = "true";
        char* const arguments[] = {name, nullptr};
        char* const environment[] = {nullptr};
        syscall(SYS_execve, "/bin/true", arguments, environment);
        syscall(SYS_exit_group, errno);
      }
      int status = 0;
      ::waitpid(static_cast<pid_t>(child), &status, 0);
      errno = WEXITSTATUS(status);
      return errno == 0 ? 0L : -1L;
    });
  }

  void OtherProcesses(pid_t other) {
    Try("ptrace", [&] {
      const long result = syscall(SYS_ptrace, PTRACE_SEIZE, other, 0, 0);
      if (result == 0) syscall(SYS_ptrace, PTRACE_DETACH, other, 0, 0);
      return result == 0 || errno == EPERM ? 0 : result;  // a container may forbid it to us, too
    });
    Try("signal another process", [&] { return syscall(SYS_kill, other, 0); });
    Try("new namespace", [] { return syscall(SYS_unshare, CLONE_FS); });
    Try("become another user", [] { return syscall(SYS_setuid, ::getuid()); });
    Try("be dumpable again", [] { return syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); });
  }

  void Sockets(int allowed_port, int other_port) {
    const auto opens = [&](std::string_view name, int family, int type, int protocol) {
      Try(name, [&] { return Kept(::socket(family, type, protocol)); });
    };
    opens("packet socket", AF_PACKET, SOCK_RAW, 0);
    opens("raw socket", AF_INET, SOCK_RAW, IPPROTO_ICMP);
    opens("kernel event socket", AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
    Try("connect to another port", [&] { return Connect(other_port); });
    Try("connect to OpenBao", [&] { return Connect(allowed_port); });
    Try("listen at another port", [&] {
      const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = Loopback(0);
      return Closed(fd, ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    });
  }

  void Memory() {
    constexpr std::size_t kPage = 4096;
    const auto map = [](int protection) {
      return ::mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    };
    Try("write and run memory",
        [&] { return map(PROT_READ | PROT_WRITE | PROT_EXEC) == MAP_FAILED ? -1 : 0; });
    void* const page = map(PROT_READ | PROT_WRITE);
    Try("run what was written", [&] { return ::mprotect(page, kPage, PROT_READ | PROT_EXEC); });
  }

  const std::string& report() const { return report_; }

 private:
  static long Kept(int fd) {
    if (fd >= 0) ::close(fd);
    return fd;
  }
  static long Closed(int fd, long result) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return result;
  }
  static long Open(const std::string& path, int flags) {
    return Kept(
        static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0600)));
  }
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static long Connect(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = Loopback(port);
    return Closed(fd, ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }

  const std::string outside_;
  const std::string config_;
  const std::string state_;
  std::string report_;
};

void Act() {
  Acts acts(Wanted("BAOKMS_TEST_OUTSIDE"), Wanted("BAOKMS_TEST_CONFIG"),
            Wanted("BAOKMS_TEST_STATE"));
  acts.Files();
  acts.Programs();
  acts.OtherProcesses(::atoi(Wanted("BAOKMS_TEST_OTHER_PROCESS").c_str()));
  acts.Sockets(::atoi(Wanted("BAOKMS_TEST_ALLOWED_PORT").c_str()),
               ::atoi(Wanted("BAOKMS_TEST_OTHER_PORT").c_str()));
  acts.Memory();
  std::ofstream(Wanted("BAOKMS_TEST_ACTS")) << acts.report() << "end\n";
}

}  // namespace

extern "C" ssize_t sendto(int socket, const void* bytes, size_t size, int flags, const sockaddr* to,
                          socklen_t to_size) {
  const std::string_view text(static_cast<const char*>(bytes), size);
  if (text == "READY=1") std::thread(Act).detach();
  return syscall(SYS_sendto, socket, bytes, size, flags, to, to_size);
}
