#include "tests/e2e/support/scratch_machine.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/support/harness/provider_process.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

namespace fs = std::filesystem;

CommandResult ToItsEnd(testing::ChildProcess::Options options) {
  const testing::TempDirectory output;
  options.stdout_file = output.File("out");
  options.stderr_file = output.File("err");
  testing::ChildProcess child(std::move(options));
  const auto ended = child.Wait(Milliseconds(60000));
  return {.code = ended && ended->code ? *ended->code : -1,
          .out = child.Stdout(),
          .err = child.Stderr()};
}

}  // namespace

ScratchMachine::ScratchMachine() : root_(0755) {
  // Mounts of this thread and its children alone: gone with them, whatever happens.
  if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
      mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return;
  }
  for (const char* directory : {"/usr", "/dev", "/proc", "/etc", "/run", "/var", "/var/lib", "/tmp",
                                "/local", "/local/bin", "/local/sbin"}) {
    root_.MakeDirectory(std::string_view(directory).substr(1), 0755);
  }
  fs::create_directory_symlink("/run", At("/var/run"));
  for (const char* link : {"bin", "sbin", "lib", "lib32", "lib64"}) {
    const fs::path path = fs::path("/") / link;
    if (fs::is_symlink(path))
      fs::create_directory_symlink(fs::read_symlink(path), At(path.string()));
  }
  Write("/etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
        0644);
  Write("/etc/group", "root:x:0:\nnogroup:x:65534:\n", 0644);
  Write("/etc/shadow", "", 0600);
  Write("/etc/gshadow", "", 0600);
  Write("/etc/login.defs", "SYS_UID_MIN 800\nSYS_UID_MAX 999\nSYS_GID_MIN 800\nSYS_GID_MAX 999\n",
        0644);
  Write("/etc/nsswitch.conf", "passwd: files\ngroup: files\n", 0644);
  fs::copy_file("/etc/ld.so.cache", At("/etc/ld.so.cache"));
  fs::copy_file(testing::ProviderProgram(), At("/local/bin/bao-kms-provider"));
  made_ = Bind("/usr", "/usr") && Bind(At("/local"), "/usr/local") && Bind("/dev", "/dev") &&
          Bind("/proc", "/proc");
}

ScratchMachine::~ScratchMachine() {
  for (auto mounted = mounts_.rbegin(); mounted != mounts_.rend(); ++mounted) {
    if (umount2(mounted->c_str(), MNT_DETACH) == 0) continue;
    std::fprintf(stderr, "%s cannot be unmounted\n", mounted->c_str());
    std::abort();
  }
}

bool ScratchMachine::Bind(const std::string& from, std::string_view to) {
  const std::string target = At(to);
  if (mount(from.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
  mounts_.push_back(target);
  return mount(nullptr, target.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

bool ScratchMachine::Skipped() const {
  return !made_ && testing::SaySkipped("root and mounts are needed");
}

std::vector<std::string> ScratchMachine::Inside(const std::string& root,
                                                std::vector<std::string> argv) {
  argv.insert(argv.begin(), {"/usr/sbin/chroot", root});
  return argv;
}

CommandResult ScratchMachine::Run(std::vector<std::string> argv, Environment environment) const {
  return RunOutside(Inside(root(), std::move(argv)), std::move(environment));
}

CommandResult ScratchMachine::RunOutside(std::vector<std::string> argv,
                                         Environment environment) const {
  return ToItsEnd({.argv = std::move(argv), .environment = std::move(environment)});
}

void ScratchMachine::Write(std::string_view path, std::string_view content, unsigned mode) const {
  testing::WriteWholeFile(At(path), content, mode);
}

bool ScratchMachine::Exists(std::string_view path) const {
  return fs::symlink_status(At(path)).type() != fs::file_type::not_found;
}

std::string ScratchMachine::Read(std::string_view path) const {
  return testing::ReadWholeFile(At(path));
}

std::string ScratchMachine::ModeAndOwner(std::string_view path) const {
  struct stat status{};
  if (lstat(At(path).c_str(), &status) != 0) return "missing";
  std::array<char, 5> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777U);
  return mode.data() + (" " + std::to_string(status.st_uid)) + ":" + std::to_string(status.st_gid);
}

std::string ScratchMachine::Id(std::string_view database, const std::string& name) const {
  std::istringstream lines(Read("/etc/" + std::string(database)));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + ":")) continue;
    std::istringstream fields(line);
    std::string id;
    for (int i = 0; i < 3; ++i) std::getline(fields, id, ':');
    return id;
  }
  FAIL("no such name: " << name);
  return "";
}

std::map<std::string, std::string> ScratchMachine::Picture() const {
  std::map<std::string, std::string> picture;
  for (const char* top : {"/etc", "/var", "/run"}) {
    for (const auto& entry : fs::recursive_directory_iterator(At(top))) {
      const std::string path = entry.path().string().substr(root().size());
      struct stat status{};
      REQUIRE(lstat(entry.path().c_str(), &status) == 0);
      picture[path] = ModeAndOwner(path) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
                      std::to_string(status.st_mtim.tv_nsec) + " ";
      if (entry.is_regular_file()) picture[path] += Read(path);
    }
  }
  return picture;
}

}  // namespace baokms::e2e
