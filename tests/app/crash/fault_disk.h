// A state directory in memory. It knows what is safe from a power loss and what is not yet, and
// makes a chosen call fail or be the process's last.
//
// What a power loss leaves. Stricter than ext4 and xfs: the order between metadata changes is not
// trusted.
// - A file's bytes and mode are safe when an fsync of it has succeeded since they changed. Until
//   then the file may hold what was last safe, all of the new bytes, a beginning of them, zeroes,
//   or a beginning followed by zeroes. After a failed fsync the kernel calls the lost pages clean,
//   so no later fsync makes that file safe again.
// - A name may lead to whatever it has led to (or to nothing, when it did) since the last good
// fsync
//   of the directory, each name by itself: every order-respecting prefix of the creates, renames
//   and unlinks is among that, and every subset. A rename never leaves its target without a file.
//   An fsync of a file makes no name safe. A failed fsync of the directory makes nothing safe and
//   loses nothing: such changes stay in the journal, or the file system goes read-only.
// - Of a temporary file's bytes only one variant is tried: no start reads them.
// A killed process loses its descriptors and its lock, and nothing else.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/state_file/file_system.h"

namespace baokms::app::crash {

using adapters::state_file::SystemResult;

// What happens to the call number `at`, counted from Arm.
struct Fault {
  enum class Kind : std::uint8_t {
    kNone,
    kKill,       // it is never made
    kKillAfter,  // it takes effect and is the last
    kFail,
    kFailAfter,  // it takes effect and reports a failure
    kShort,      // a write takes a part
  };
  Kind kind = Kind::kNone;
  int at = 0;
  int error = 0;         // kFail, kFailAfter
  bool lasting = false;  // later calls that such a disk refuses fail as well
  int quarters = 4;      // of a write's bytes that take effect
};

struct FileContent {
  std::string bytes;
  mode_t mode = 0;
  friend auto operator<=>(const FileContent&, const FileContent&) = default;
};

// One directory, whatever path is asked for. A copy is another disk in the same condition.
class FaultDisk final : public adapters::state_file::FileSystem {
 public:
  // Counts calls from now on.
  void Arm(const Fault& fault);
  // Names of the calls since Arm: "create", "write", "sync directory" ...
  const std::vector<std::string>& calls() const { return calls_; }

  // The process is gone: descriptors and lock are free, the fault is over.
  void EndProcess();
  // Every disk that a machine without power may come back with.
  std::vector<FaultDisk> AfterPowerLoss() const;

  // A file that is there, safely; for files that somebody else wrote.
  void Put(const std::string& name, FileContent content);
  // As processes see it.
  std::optional<FileContent> Get(const std::string& name) const;
  // The same for two disks that no process and no power loss can tell apart.
  std::string Fingerprint() const;

  SystemResult<int> OpenDirectory(const std::string& path) override;
  SystemResult<int> OpenAt(int directory, const std::string& name, int flags, mode_t mode) override;
  SystemResult<struct stat> Inspect(int descriptor) override;
  SystemResult<struct stat> InspectAt(int directory, const std::string& name) override;
  SystemResult<std::size_t> Read(int descriptor, std::span<char> room) override;
  SystemResult<std::size_t> Write(int descriptor, std::string_view bytes) override;
  SystemResult<void> SetMode(int descriptor, mode_t mode) override;
  SystemResult<void> Sync(int descriptor) override;
  SystemResult<void> Close(int descriptor) override;
  SystemResult<void> RenameAt(int directory, const std::string& from,
                              const std::string& to) override;
  SystemResult<void> UnlinkAt(int directory, const std::string& name) override;
  SystemResult<void> LockExclusive(int descriptor) override;
  uid_t EffectiveUser() override { return kUser; }
  std::string KernelLocks() override { return {}; }

 private:
  using FileNumber = int;  // index into files_; kNoFile where there is none
  static constexpr FileNumber kNoFile = -1;
  static constexpr FileNumber kDirectory = -2;
  static constexpr uid_t kUser = 990;

  struct File {
    FileContent now;
    FileContent safe;
    bool changed = true;    // since `safe`
    bool hopeless = false;  // an fsync has failed
  };
  struct Name {
    FileNumber now = kNoFile;
    std::vector<FileNumber> may_survive{kNoFile};
  };
  struct Opened {
    FileNumber file;
    std::size_t offset = 0;
  };
  enum class Verdict : std::uint8_t { kGoOn, kRefuse, kRefuseAfter };

  // Counts the call and says what becomes of it.
  Verdict Next(std::string_view call);
  bool Refuses(std::string_view call) const;
  int Error() const { return dead_ ? EIO : fault_.error; }
  void Point(const std::string& name, FileNumber file);
  int Open(FileNumber file);
  struct stat StatusOf(FileNumber file) const;
  // Absent or with these contents.
  std::vector<std::optional<FileContent>> Survivors(const std::string& name,
                                                    const Name& entry) const;

  std::vector<File> files_;
  std::map<std::string, Name> names_;
  std::map<int, Opened> open_;
  int next_descriptor_ = 3;
  std::optional<int> lock_;

  Fault fault_;
  bool dead_ = false;
  bool struck_ = false;   // the fault has come and lasts
  bool partial_ = false;  // this call is the faulty one
  std::vector<std::string> calls_;
};

}  // namespace baokms::app::crash
