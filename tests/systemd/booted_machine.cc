#include "tests/systemd/booted_machine.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/provider_process.h"
#include "tests/support/skip.h"

namespace baokms::systemd_tests {
namespace {

namespace fs = std::filesystem;

CommandResult ToItsEnd(Arguments argv, testing::ChildProcess::Options options = {}) {
  const testing::TempDirectory output;
  options.argv = std::move(argv);
  options.stdout_file = output.File("out");
  options.stderr_file = output.File("err");
  testing::ChildProcess child(std::move(options));
  const auto ended = child.Wait(Milliseconds(200000));
  return {.code = ended && ended->code ? *ended->code : -1,
          .out = child.Stdout(),
          .err = child.Stderr()};
}

// The root that machines with these packages share; made at the first call, which may take minutes.
std::string LowerRoot(const BootedMachine::Options& options) {
  const testing::TempDirectory output;
  Arguments argv = {BAOKMS_MAKE_ROOT, options.program};
  argv.insert(argv.end(), options.packages.begin(), options.packages.end());
  testing::ChildProcess made({.argv = std::move(argv),
                              .stdout_file = output.File("out"),
                              .stderr_file = output.File("err")});
  const auto ended = made.Wait(Milliseconds(600000));
  if (!ended || ended->code != 0) throw testing::HarnessError(made.Stderr());
  std::string path = made.Stdout();
  path.erase(path.find_last_not_of('\n') + 1);
  return path.substr(path.rfind('\n') + 1);
}

// Where this process's own group of cgroup v2 is mounted.
std::string OwnCgroup() {
  std::string mounted;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; mounted.empty() && std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string what, where, type;
    words >> what >> where >> type;
    if (type == "cgroup2") mounted = where;
  }
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::") && !mounted.empty()) return mounted + line.substr(3);
  }
  throw testing::HarnessError("no cgroup v2 is mounted");
}

// What nspawn takes from its containers, and a machine has; with CAP_IPC_LOCK, for locked memory.
constexpr const char* kSystemCalls =
    "--system-call-filter=@keyring landlock_create_ruleset landlock_add_rule "
    "landlock_restrict_self";

// The groups in it first.
bool RemoveGroup(const std::string& group) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(group, ignored)) {
    if (entry.is_directory(ignored)) RemoveGroup(entry.path());
  }
  return rmdir(group.c_str()) == 0;
}

bool Has(const char* program) {
  return ToItsEnd({"/bin/sh", "-c", "command -v \"$0\"", program}).code == 0;
}

void Mount(const char* what, const std::string& where, const char* type, const std::string& data) {
  if (mount(what, where.c_str(), type, 0, data.empty() ? nullptr : data.c_str()) != 0) {
    throw testing::HarnessError(std::string("cannot mount ") + what);
  }
}

}  // namespace

bool BootedMachine::Skipped() {
  if (geteuid() != 0) return testing::SaySkipped("a machine needs root");
  for (const char* tool : {"systemd-nspawn", "debootstrap"}) {
    if (!Has(tool)) return testing::SaySkipped(std::string("a machine needs ") + tool);
  }
  if (unshare(CLONE_NEWNS) != 0) return testing::SaySkipped("a machine needs mounts");
  return false;
}

BootedMachine::BootedMachine(const Options& options) {
  const std::string lower = LowerRoot(options);
  // Mounts of this thread and its children alone: gone with them, whatever happens.
  if (unshare(CLONE_NEWNS) != 0) throw testing::HarnessError("no mounts of our own");
  mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  // nspawn keeps its files there and wants a file system of memory.
  Mount("tmpfs", "/run", "tmpfs", "mode=755");
  for (const char* part : {"root", "upper", "work"}) directory_.MakeDirectory(part, 0755);
  Mount("overlay", OnDisk(""), "overlay",
        "lowerdir=" + lower + ",upperdir=" + directory_.File("upper") +
            ",workdir=" + directory_.File("work"));
  fs::copy_file(options.program, At("/usr/bin/bao-kms-provider"));
  const CommandResult installed =
      ToItsEnd({BAOKMS_CMAKE, "-DCMAKE_INSTALL_PREFIX=/usr", "-P", BAOKMS_INSTALL_SYSTEMD},
               {.environment = {{"DESTDIR", OnDisk("")}}});
  if (installed.code != 0) throw testing::HarnessError(installed.err);
  cgroup_ = OwnCgroup() + "/baokms-machine-" + std::to_string(getpid());
  fs::create_directories(cgroup_);
}

BootedMachine::~BootedMachine() {
  PowerOff();
  umount2(OnDisk("").c_str(), MNT_DETACH);
  umount2("/run", MNT_DETACH);
  // The kernel lets a group go once it has neither processes nor groups.
  const bool gone = e2e::Eventually(Milliseconds(5000), [this] { return RemoveGroup(cgroup_); });
  if (!gone) MESSAGE("a control group is left: " << cgroup_);
}

void BootedMachine::Boot() {
  nspawn_ = std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
      .argv = {"/bin/sh", "-c", "echo $$ >\"$0\"/cgroup.procs && exec \"$@\"", cgroup_,
               "systemd-nspawn", "--quiet", "--directory=" + OnDisk(""), "--machine=baokms-test",
               "--boot", "--register=no", "--keep-unit", "--link-journal=no", "--console=pipe",
               "--capability=CAP_IPC_LOCK", kSystemCalls},
      .environment = {{"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1"}},
      .stdout_file = directory_.File("console"),
      .stderr_file = directory_.File("console")});
  const bool up = e2e::Eventually(Milliseconds(60000), [this] {
    FindLeader();
    return leader_ != 0 && Run({"systemctl", "is-active", "--quiet", "basic.target"}).code == 0;
  });
  INFO(testing::ReadWholeFile(directory_.File("console")));
  REQUIRE(up);
}

// nspawn's child that is PID 1 of another PID namespace.
void BootedMachine::FindLeader() {
  leader_ = 0;
  const std::string pid = std::to_string(nspawn_->pid());
  std::istringstream children(
      testing::ReadWholeFile("/proc/" + pid + "/task/" + pid + "/children"));
  for (pid_t child = 0; children >> child;) {
    const std::string status = testing::ReadWholeFile("/proc/" + std::to_string(child) + "/status");
    if (status.contains("NSpid:\t" + std::to_string(child) + "\t1\n")) leader_ = child;
  }
}

void BootedMachine::PowerOff() {
  if (!nspawn_) return;
  if (leader_ != 0) Run({"systemctl", "poweroff", "--no-block"});
  nspawn_->Wait(Milliseconds(60000));
  nspawn_.reset();
  leader_ = 0;
}

void BootedMachine::Reboot() {
  Run({"systemctl", "reboot", "--no-block"});
  // nspawn's word for "start me again".
  REQUIRE(nspawn_->Wait(Milliseconds(60000)) ==
          testing::ExitStatus{.code = 133, .signal = std::nullopt});
  Boot();
}

std::string BootedMachine::At(std::string_view path) const {
  if (leader_ == 0) return OnDisk(path);
  return "/proc/" + std::to_string(leader_) + "/root" + std::string(path);
}

void BootedMachine::Write(std::string_view path, std::string_view content, unsigned mode) const {
  fs::create_directories(fs::path(At(path)).parent_path());
  testing::WriteWholeFile(At(path), content, mode);
}

std::string BootedMachine::Read(std::string_view path) const {
  return testing::ReadWholeFile(At(path));
}

bool BootedMachine::Exists(std::string_view path) const {
  return fs::symlink_status(At(path)).type() != fs::file_type::not_found;
}

Arguments BootedMachine::Inside(Arguments argv) const {
  const Arguments enter = {"nsenter", "--all", "--target", std::to_string(leader_), "--"};
  argv.insert(argv.begin(), enter.begin(), enter.end());
  return argv;
}

CommandResult BootedMachine::Run(Arguments argv) const { return ToItsEnd(Inside(std::move(argv))); }

std::string BootedMachine::Must(const std::string& script) const {
  const CommandResult result = Shell(script);
  INFO(script);
  INFO(result.out);
  INFO(result.err);
  CHECK(result.code == 0);
  return result.out.substr(0, result.out.find_last_not_of('\n') + 1);
}

std::string BootedMachine::Property(std::string_view property, std::string_view unit) const {
  return Must("systemctl show --value -p " + std::string(property) + " " + std::string(unit));
}

std::string BootedMachine::Journal(std::string_view unit) const {
  return Run({"journalctl", "--boot", "--no-pager", "--output=cat", "--unit", std::string(unit)})
      .out;
}

pid_t BootedMachine::ProviderPid() const {
  const std::string inner = "\t" + Property("MainPID") + "\n";
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string status = testing::ReadWholeFile(entry.path().string() + "/status");
    if (status.contains("Name:\tbao-kms-provide") && status.contains("NSpid:\t" + pid + inner)) {
      return std::stoi(pid);
    }
  }
  return 0;
}

}  // namespace baokms::systemd_tests
