#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/state_file/atomic_save.h"
#include "adapters/state_file/file_state_store.h"
#include "adapters/state_file/posix_file_system.h"
#include "tests/adapters/state_file/state_directory.h"

namespace baokms::adapters::state_file {
namespace {

using ports::StateProblemKind;

// Records the calls that change the disk; fails from a chosen one on, or only that one.
class FaultyFileSystem final : public PosixFileSystem {
 public:
  int fail_at = -1;         // index into the calls
  bool dead_after = false;  // every later call fails too, as if the process had been killed
  int error = EIO;
  std::size_t most_bytes_a_write = 1 << 20;
  std::vector<std::string> calls;

  SystemResult<int> OpenAt(int at, const std::string& name, int flags, mode_t mode) override {
    if (const int failed = Next("open")) return std::unexpected(failed);
    return PosixFileSystem::OpenAt(at, name, flags, mode);
  }
  SystemResult<std::size_t> Write(int descriptor, std::string_view bytes) override {
    if (const int failed = Next("write")) {
      // A full disk takes what fits first.
      if (error == ENOSPC)
        static_cast<void>(PosixFileSystem::Write(descriptor, bytes.substr(0, 1)));
      return std::unexpected(failed);
    }
    return PosixFileSystem::Write(descriptor, bytes.substr(0, most_bytes_a_write));
  }
  SystemResult<void> SetMode(int descriptor, mode_t mode) override {
    if (const int failed = Next("chmod")) return std::unexpected(failed);
    return PosixFileSystem::SetMode(descriptor, mode);
  }
  SystemResult<void> Sync(int descriptor) override {
    const bool directory = S_ISDIR(Inspect(descriptor)->st_mode);
    if (const int failed = Next(directory ? "sync directory" : "sync file")) {
      return std::unexpected(failed);
    }
    return PosixFileSystem::Sync(descriptor);
  }
  SystemResult<void> Close(int descriptor) override {
    // Always really closed; only the report is faulty. Directories are not part of the sequence.
    const bool directory = S_ISDIR(Inspect(descriptor)->st_mode);
    auto closed = PosixFileSystem::Close(descriptor);
    if (directory) return closed;
    if (const int failed = Next("close")) return std::unexpected(failed);
    return closed;
  }
  SystemResult<void> RenameAt(int at, const std::string& from, const std::string& to) override {
    if (const int failed = Next("rename")) return std::unexpected(failed);
    return PosixFileSystem::RenameAt(at, from, to);
  }
  SystemResult<void> UnlinkAt(int at, const std::string& name) override {
    if (const int failed = Next("unlink")) return std::unexpected(failed);
    return PosixFileSystem::UnlinkAt(at, name);
  }

 private:
  int Next(const std::string& call) {
    const int index = static_cast<int>(calls.size());
    calls.push_back(call);
    const bool fails = index == fail_at || (dead_after && fail_at >= 0 && index > fail_at);
    return fails ? error : 0;
  }
};

const std::string kOld = "old bytes\n";
const std::string kNew = "new bytes, a little longer\n";
const std::vector<std::string> kSequence{"unlink",    "open",  "chmod",  "write",
                                         "sync file", "close", "rename", "sync directory"};

std::string TemporaryPath(const StateDirectory& directory) {
  return directory.path() + "/" + TemporaryName("key-registry.json");
}

struct LockedStore {
  explicit LockedStore(const StateDirectory& directory) : store(files, directory.state()) {
    REQUIRE(store.Lock().has_value());
    files.calls.clear();
  }
  FaultyFileSystem files;
  FileStateStore store;
};

TEST_CASE("Trial save: leaves nothing behind and tells what a save would meet") {
  const StateDirectory directory;
  FaultyFileSystem files;
  FileStateStore store(files, directory.state());
  CHECK(store.TrySaving(10'000).has_value());
  CHECK(std::filesystem::is_empty(directory.path()));
  for (const int at : {0, 1, 2, 3}) {
    CAPTURE(at);
    FaultyFileSystem faulty;
    faulty.fail_at = at;
    faulty.error = ENOSPC;
    FileStateStore failing(faulty, directory.state());
    const auto tried = failing.TrySaving(10'000);
    REQUIRE_FALSE(tried.has_value());
    CHECK(tried.error().kind == StateProblemKind::kNotSaved);
    CHECK(tried.error().text.find("no space is left; ") != std::string_view::npos);
    CHECK(std::filesystem::is_empty(directory.path()));
  }
}

TEST_CASE("Trial save: without unnamed files a named one is removed at once") {
  const StateDirectory directory;
  FaultyFileSystem files;
  files.fail_at = 0;
  files.error = EOPNOTSUPP;
  FileStateStore store(files, directory.state());
  CHECK(store.TrySaving(10'000).has_value());
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("Trial save: a directory that is missing is told") {
  const StateDirectory directory;
  PosixFileSystem files;
  FileStateStore store(files, directory.root() + "/none/key-registry.json");
  const auto tried = store.TrySaving(1);
  REQUIRE_FALSE(tried.has_value());
  CHECK(tried.error().kind == StateProblemKind::kUnsafeDirectory);
}

TEST_CASE("Save: temporary file, fsync, rename, fsync of the directory, in this order") {
  const StateDirectory directory;
  LockedStore locked(directory);
  REQUIRE(locked.store.SaveState(kNew).has_value());
  CHECK(locked.files.calls == kSequence);
  CHECK(StateDirectory::Get(directory.state()) == kNew);
  CHECK(StateDirectory::Mode(directory.state()) == 0640);
  REQUIRE(locked.store.SaveCheckpoint(kOld).has_value());
  CHECK(StateDirectory::Get(directory.checkpoint()) == kOld);
  CHECK(StateDirectory::Mode(directory.checkpoint()) == 0640);
  CHECK_FALSE(std::filesystem::exists(TemporaryPath(directory)));
}

TEST_CASE("Save: the mode is 0640 whatever the umask") {
  for (const mode_t mask : {0000, 0077, 0777}) {
    const StateDirectory directory;
    LockedStore locked(directory);
    const mode_t before = ::umask(mask);
    const auto saved = locked.store.SaveState(kNew);
    ::umask(before);
    REQUIRE(saved.has_value());
    CHECK(StateDirectory::Mode(directory.state()) == 0640);
  }
}

TEST_CASE("Save: short writes are continued to the last byte") {
  const StateDirectory directory;
  LockedStore locked(directory);
  locked.files.most_bytes_a_write = 1;
  REQUIRE(locked.store.SaveState(kNew).has_value());
  CHECK(StateDirectory::Get(directory.state()) == kNew);
}

TEST_CASE("Save: a failure of any step keeps old or new and a later save recovers") {
  for (const int error : {EIO, ENOSPC, EROFS}) {
    for (const bool dead_after : {false, true}) {
      for (int step = 0; step < static_cast<int>(kSequence.size()); ++step) {
        CAPTURE(kSequence[static_cast<std::size_t>(step)]);
        const StateDirectory directory;
        StateDirectory::Put(directory.state(), kOld);
        {
          LockedStore locked(directory);
          locked.files.error = error;
          locked.files.fail_at = step;
          locked.files.dead_after = dead_after;
          const auto saved = locked.store.SaveState(kNew);
          REQUIRE_FALSE(saved.has_value());
          CHECK(saved.error().kind == StateProblemKind::kNotSaved);
          CHECK(saved.error().text.find('/') == std::string_view::npos);
          const bool renamed = kSequence[static_cast<std::size_t>(step)] == "sync directory";
          CHECK(StateDirectory::Get(directory.state()) == (renamed ? kNew : kOld));
          if (!dead_after) CHECK_FALSE(std::filesystem::exists(TemporaryPath(directory)));
        }
        // The next process, on a healthy disk.
        LockedStore next(directory);
        REQUIRE(next.store.SaveState(kNew).has_value());
        CHECK(StateDirectory::Get(directory.state()) == kNew);
        CHECK_FALSE(std::filesystem::exists(TemporaryPath(directory)));
      }
    }
  }
}

TEST_CASE("Save: the text names a full and a read-only disk") {
  const StateDirectory directory;
  LockedStore locked(directory);
  locked.files.fail_at = 3;
  locked.files.error = ENOSPC;
  CHECK(locked.store.SaveState(kNew).error().text.find("no space") != std::string_view::npos);
  locked.files.fail_at = static_cast<int>(locked.files.calls.size()) + 1;
  locked.files.error = EROFS;
  CHECK(locked.store.SaveState(kNew).error().text.find("not permitted") != std::string_view::npos);
}

TEST_CASE("Save: a stale temporary file is removed and never followed") {
  const StateDirectory directory;
  LockedStore locked(directory);
  const std::string victim = directory.root() + "/victim";
  StateDirectory::Put(victim, "untouched");
  std::filesystem::create_symlink(victim, TemporaryPath(directory));
  REQUIRE(locked.store.SaveState(kNew).has_value());
  CHECK(StateDirectory::Get(victim) == "untouched");
  CHECK(StateDirectory::Get(directory.state()) == kNew);
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(directory.state())));
}

TEST_CASE("Save: a temporary file that appears in between is refused, not reused") {
  class Racing final : public PosixFileSystem {
   public:
    explicit Racing(std::string path) : path_(std::move(path)) {}
    SystemResult<void> UnlinkAt(int at, const std::string& name) override {
      auto gone = PosixFileSystem::UnlinkAt(at, name);
      if (!raced_) StateDirectory::Put(path_, "planted");
      raced_ = true;
      return gone;
    }

   private:
    std::string path_;
    bool raced_ = false;
  };
  const StateDirectory directory;
  StateDirectory::Put(directory.state(), kOld);
  Racing files(TemporaryPath(directory));
  FileStateStore store(files, directory.state());
  REQUIRE(store.Lock().has_value());
  CHECK_FALSE(store.SaveState(kNew).has_value());
  CHECK(StateDirectory::Get(directory.state()) == kOld);
  CHECK(store.SaveState(kNew).has_value());
}

TEST_CASE("Save: without the writer lock nothing is written") {
  const StateDirectory directory;
  PosixFileSystem files;
  FileStateStore store(files, directory.state());
  const auto saved = store.SaveState(kNew);
  REQUIRE_FALSE(saved.has_value());
  CHECK(saved.error().kind == StateProblemKind::kNotSaved);
  CHECK_FALSE(store.SaveCheckpoint(kNew).has_value());
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("Save: a directory that became writable for others or vanished is refused") {
  const StateDirectory directory;
  LockedStore locked(directory);
  REQUIRE(::chmod(directory.path().c_str(), 0770) == 0);
  CHECK(locked.store.SaveState(kNew).error().kind == StateProblemKind::kUnsafeDirectory);
  std::filesystem::rename(directory.path(), directory.root() + "/moved");
  CHECK(locked.store.SaveState(kNew).error().kind == StateProblemKind::kNotSaved);
}

}  // namespace
}  // namespace baokms::adapters::state_file
