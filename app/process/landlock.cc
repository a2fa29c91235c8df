#include "app/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

#include "adapters/posix/descriptor.h"

namespace baokms::app {
namespace {

using adapters::posix::Descriptor;

// Newer than Debian 12's headers; from the kernel's documentation of Landlock.
constexpr std::uint64_t kTruncate = 1ULL << 14U;
constexpr std::uint64_t kDeviceIoctl = 1ULL << 15U;
constexpr std::uint64_t kBindTcp = 1ULL << 0U;
constexpr std::uint64_t kConnectTcp = 1ULL << 1U;
constexpr std::uint64_t kScopeAbstractSockets = 1ULL << 0U;
constexpr std::uint64_t kScopeSignals = 1ULL << 1U;
constexpr int kPortRule = 2;
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t ports = 0;
  std::uint64_t scoped = 0;
};
struct PortRule {
  std::uint64_t allowed = 0;
  std::uint64_t port = 0;
};

constexpr std::uint64_t kPrograms =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                 kTruncate;
constexpr std::uint64_t kRest = LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                LANDLOCK_ACCESS_FS_REFER | kDeviceIoctl;

// The kernel's version of Landlock; 0: none.
int Version() {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

// What this version can forbid.
RulesetAttributes Known(int version, bool foreign_module) {
  if (foreign_module) return {.files = kPrograms};
  RulesetAttributes known{.files = kPrograms | kRead | kWrite | kRest};
  if (version < 2) known.files &= ~std::uint64_t{LANDLOCK_ACCESS_FS_REFER};
  if (version < 3) known.files &= ~kTruncate;
  if (version < 5) known.files &= ~kDeviceIoctl;
  if (version >= 4) known.ports = kBindTcp | kConnectTcp;
  if (version >= 6) known.scoped = kScopeSignals;
  return known;
}

std::string ClosestDirectory(std::filesystem::path path) {
  std::error_code error;
  while (path.has_relative_path() && !std::filesystem::is_directory(path, error)) {
    path = path.parent_path();
  }
  return path.string();
}

// A ruleset before it is enforced. The first rule that the kernel refuses makes it useless.
class Ruleset {
 public:
  Ruleset(int version, bool foreign_module) : known_(Known(version, foreign_module)) {
    fd_ = Descriptor(
        static_cast<int>(syscall(SYS_landlock_create_ruleset, &known_, sizeof known_, 0)));
  }

  // A file or a directory; what is not there needs no right.
  void Allow(const std::string& path, std::uint64_t access) {
    Allow(Descriptor(::open(path.c_str(), O_PATH | O_CLOEXEC)), access);
  }

  void Allow(const Descriptor& opened, std::uint64_t access) {
    if (!opened.valid()) return;
    const landlock_path_beneath_attr rule{.allowed_access = access & known_.files,
                                          .parent_fd = opened.get()};
    Add(LANDLOCK_RULE_PATH_BENEATH, &rule);
  }

  void AllowPort(std::uint16_t port, std::uint64_t access) {
    if (known_.ports == 0) return;
    const PortRule rule{.allowed = access, .port = port};
    Add(kPortRule, &rule);
  }

  bool Enforce() const {
    return fd_.valid() && good_ && syscall(SYS_landlock_restrict_self, fd_.get(), 0) == 0;
  }

 private:
  void Add(int type, const void* rule) {
    good_ = good_ && syscall(SYS_landlock_add_rule, fd_.get(), type, rule, 0) == 0;
  }

  const RulesetAttributes known_;
  Descriptor fd_;
  bool good_ = true;
};

// In /proc, the process's own directory, for its metrics, and who holds locks, to name the process
// that holds ours. The kernel may drop what it knows of a file there, and the rule with it, unless
// somebody holds it open.
void AllowProc(Ruleset& ruleset) {
  static const Descriptor self(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  static const Descriptor locks(::open("/proc/locks", O_PATH | O_CLOEXEC));
  ruleset.Allow(self, kRead);
  ruleset.Allow(locks, LANDLOCK_ACCESS_FS_READ_FILE);
}

}  // namespace

std::string_view Name(LandlockScope scope) {
  switch (scope) {
    case LandlockScope::kNone:
      return "none";
    case LandlockScope::kPrograms:
      return "programs";
    case LandlockScope::kFiles:
      return "files";
    case LandlockScope::kFilesAndPorts:
      return "files_and_ports";
  }
  return "none";
}

LandlockScope AvailableLandlock(bool foreign_module) {
  const int version = Version();
  if (version == 0) return LandlockScope::kNone;
  if (foreign_module) return LandlockScope::kPrograms;
  return version < 4 ? LandlockScope::kFiles : LandlockScope::kFilesAndPorts;
}

LandlockScope EnforceLandlock(const LandlockRules& rules) {
  const LandlockScope scope = AvailableLandlock(rules.foreign_module);
  if (scope == LandlockScope::kNone) return scope;
  Ruleset ruleset(Version(), rules.foreign_module);
  if (!rules.foreign_module) {
    for (const std::string& path : rules.readable) {
      ruleset.Allow(ClosestDirectory(path), kRead);
    }
    for (const std::string& path : rules.writable) {
      ruleset.Allow(ClosestDirectory(path), kRead | kWrite);
    }
    AllowProc(ruleset);
    for (const std::uint16_t port : rules.connect_ports) ruleset.AllowPort(port, kConnectTcp);
    for (const std::uint16_t port : rules.listen_ports) ruleset.AllowPort(port, kBindTcp);
  }
  return ruleset.Enforce() ? scope : LandlockScope::kNone;
}

}  // namespace baokms::app
