#include "adapters/state_file/writer_lock.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "adapters/state_file/file_state_store.h"
#include "adapters/state_file/posix_file_system.h"
#include "tests/adapters/state_file/state_directory.h"

namespace baokms::adapters::state_file {
namespace {

using ports::StateProblemKind;

// Another program that holds flock(LOCK_EX) on the file, as the Go provider does.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const int lock = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
      const char outcome = lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) == 0 ? 'y' : 'n';
      static_cast<void>(!::write(ready[1], &outcome, 1));
      while (true) ::pause();
    }
    char outcome = 'n';
    REQUIRE(::read(ready[0], &outcome, 1) == 1);
    taken = outcome == 'y';
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { Kill(); }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }
  bool taken = false;

 private:
  pid_t pid_ = 0;
};

std::optional<ports::StateProblem> TryLock(const std::string& path) {
  PosixFileSystem files;
  FileStateStore store(files, path);
  const auto locked = store.Lock();
  if (locked) return std::nullopt;
  CHECK(locked.error().text.find(';') != std::string_view::npos);
  CHECK(locked.error().text.find('/') == std::string_view::npos);
  return locked.error();
}

TEST_CASE("Lock: created with mode 0600 and left empty and in place") {
  const StateDirectory directory;
  CHECK_FALSE(TryLock(directory.state()).has_value());
  CHECK(StateDirectory::Mode(directory.lock()) == 0600);
  CHECK(std::filesystem::file_size(directory.lock()) == 0);
}

TEST_CASE("Lock: excludes another program and ends with the store") {
  const StateDirectory directory;
  PosixFileSystem files;
  {
    FileStateStore store(files, directory.state());
    REQUIRE(store.Lock().has_value());
    CHECK(store.Lock().has_value());
    const Holder other(directory.lock());
    CHECK_FALSE(other.taken);
    const auto second = TryLock(directory.state());
    REQUIRE(second.has_value());
    CHECK(second->kind == StateProblemKind::kLocked);
  }
  const Holder other(directory.lock());
  CHECK(other.taken);
}

TEST_CASE("Lock: the loser names the holder and the lock of a killed holder is free") {
  const StateDirectory directory;
  Holder other(directory.lock());
  REQUIRE(other.taken);
  const auto lost = TryLock(directory.state());
  REQUIRE(lost.has_value());
  CHECK(lost->kind == StateProblemKind::kLocked);
  // Not every file system's device numbers match /proc/locks; a wrong pid is never named.
  CHECK((lost->holder_pid == other.pid() || lost->holder_pid == 0));
  CHECK(lost->holder_pid == other.pid());
  other.Kill();
  CHECK_FALSE(TryLock(directory.state()).has_value());
}

// This process, or nobody: not every file system's device numbers match /proc/locks.
bool IsNamed(std::int64_t writer) { return writer == 0 || writer == ::getpid(); }

TEST_CASE("Lock: again it stays the same and is taken anew where its file went") {
  const StateDirectory directory;
  PosixFileSystem files;
  FileStateStore store(files, directory.state());
  REQUIRE(store.Lock());
  struct stat first{};
  REQUIRE(::stat(directory.lock().c_str(), &first) == 0);
  REQUIRE(store.Lock());
  CHECK(IsNamed(store.FindWriter()));
  std::filesystem::remove(directory.lock());
  CHECK(store.FindWriter() == 0);
  REQUIRE(store.Lock());
  CHECK(IsNamed(store.FindWriter()));
  std::filesystem::remove(directory.lock());
  const Holder other(directory.lock());
  const auto lost = store.Lock();
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().kind == StateProblemKind::kLocked);
}

TEST_CASE("FindLockHolder: only a held flock of that very file counts") {
  struct stat file{};
  file.st_dev = makedev(8, 0x12);
  file.st_ino = 4711;
  const std::string others =
      "1: POSIX  ADVISORY  WRITE 11 08:12:4711 0 EOF\n"
      "2: FLOCK  ADVISORY  WRITE 12 08:13:4711 0 EOF\n"
      "3: FLOCK  ADVISORY  WRITE 13 08:12:47110 0 EOF\n"
      "4: -> FLOCK  ADVISORY  WRITE 14 08:12:4711 0 EOF\n"
      "nonsense\n\n";
  CHECK(FindLockHolder(others, file) == 0);
  CHECK(FindLockHolder(others + "5: FLOCK  ADVISORY  WRITE 15 08:12:4711 0 EOF\n", file) == 15);
  CHECK(FindLockHolder("5: FLOCK  ADVISORY  WRITE 0 08:12:4711 0 EOF\n", file) == 0);
  CHECK(FindLockHolder("5: FLOCK  ADVISORY  WRITE -1 08:12:4711 0 EOF", file) == 0);
  CHECK(FindLockHolder("", file) == 0);
}

TEST_CASE("Lock: each mode bit of 0077 is refused") {
  for (mode_t bit = 1; bit <= 0040; bit <<= 1) {
    const StateDirectory directory;
    StateDirectory::Put(directory.lock(), "", 0600 | bit);
    const auto refused = TryLock(directory.state());
    REQUIRE(refused.has_value());
    CHECK(refused->kind == StateProblemKind::kUnsafeLock);
  }
}

TEST_CASE("Lock: a symlink, a FIFO, a directory or a second name is refused") {
  const StateDirectory directory;
  const auto check_refused = [&] {
    const auto refused = TryLock(directory.state());
    REQUIRE(refused.has_value());
    CHECK(refused->kind == StateProblemKind::kUnsafeLock);
    std::filesystem::remove(directory.lock());
  };
  StateDirectory::Put(directory.path() + "/other", "", 0600);
  std::filesystem::create_symlink(directory.path() + "/other", directory.lock());
  check_refused();
  std::filesystem::create_symlink(directory.path() + "/none", directory.lock());
  check_refused();
  CHECK_FALSE(std::filesystem::exists(directory.path() + "/none"));
  REQUIRE(::mkfifo(directory.lock().c_str(), 0600) == 0);
  check_refused();
  std::filesystem::create_directory(directory.lock());
  check_refused();
  std::filesystem::create_hard_link(directory.path() + "/other", directory.lock());
  check_refused();
}

TEST_CASE("Lock: a lock or a directory of another user is refused") {
  class SomebodyElse final : public PosixFileSystem {
   public:
    explicit SomebodyElse(int from) : from_(from) {}
    uid_t EffectiveUser() override { return ++asked_ < from_ ? ::geteuid() : ::geteuid() + 1; }

   private:
    int from_;
    int asked_ = 0;
  };
  const StateDirectory directory;
  StateDirectory::Put(directory.lock(), "", 0600);
  SomebodyElse all(1);
  CHECK(FileStateStore(all, directory.state()).Lock().error().kind ==
        StateProblemKind::kUnsafeDirectory);
  SomebodyElse lock_only(2);
  CHECK(FileStateStore(lock_only, directory.state()).Lock().error().kind ==
        StateProblemKind::kUnsafeLock);
}

TEST_CASE("Lock: needs the directory, safe") {
  const StateDirectory directory;
  const auto missing = TryLock(directory.root() + "/none/key-registry.json");
  REQUIRE(missing.has_value());
  CHECK(missing->kind == StateProblemKind::kUnsafeDirectory);
  REQUIRE(::chmod(directory.path().c_str(), 0775) == 0);
  CHECK(TryLock(directory.state())->kind == StateProblemKind::kUnsafeDirectory);
  CHECK_FALSE(std::filesystem::exists(directory.lock()));
}

TEST_CASE("Lock: a lock file exchanged under the process is refused") {
  class Exchanging final : public PosixFileSystem {
   public:
    explicit Exchanging(std::string path) : path_(std::move(path)) {}
    SystemResult<void> LockExclusive(int descriptor) override {
      std::filesystem::rename(path_, path_ + ".old");
      StateDirectory::Put(path_, "", 0600);
      return PosixFileSystem::LockExclusive(descriptor);
    }

   private:
    std::string path_;
  };
  const StateDirectory directory;
  Exchanging files(directory.lock());
  CHECK(FileStateStore(files, directory.state()).Lock().error().kind ==
        StateProblemKind::kUnsafeLock);
}

// A killed process may have left renames that a power loss still takes back; tests/app/crash shows
// what comes of building on them.
TEST_CASE("Lock: the directory is synced before it is held and one that cannot be is refused") {
  class Syncing final : public PosixFileSystem {
   public:
    bool fails = false;
    int synced = 0;
    SystemResult<void> Sync(int descriptor) override {
      CHECK(S_ISDIR(Inspect(descriptor)->st_mode));
      ++synced;
      if (fails) return std::unexpected(EIO);
      return PosixFileSystem::Sync(descriptor);
    }
  };
  const StateDirectory directory;
  Syncing files;
  FileStateStore store(files, directory.state());
  files.fails = true;
  const auto refused = store.Lock();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == StateProblemKind::kNotSaved);
  CHECK(refused.error().text.find("check the disk") != std::string_view::npos);
  CHECK_FALSE(TryLock(directory.state()).has_value());  // it is free again
  files.fails = false;
  REQUIRE(store.Lock().has_value());
  CHECK(files.synced == 2);
}

}  // namespace
}  // namespace baokms::adapters::state_file
