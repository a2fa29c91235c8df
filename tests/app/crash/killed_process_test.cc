// Real processes on a real directory: a start and a save, ended by SIGKILL at the entry and at the
// exit of every system call, and with every call that the kernel may fail failing once.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "adapters/state_file/file_state_store.h"
#include "adapters/state_file/posix_file_system.h"
#include "core/registry/registry_json.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_save.h"
#include "tests/adapters/state_file/state_directory.h"
#include "tests/app/crash/rotation_history.h"
#include "tests/app/crash/traced_process.h"

namespace baokms::app::crash {
namespace {

using adapters::state_file::FileStateStore;
using adapters::state_file::PosixFileSystem;
using adapters::state_file::StateDirectory;
using core::SaveResult;

// By which the child says that it has published, as the program would to its callers.
class Announcement {
 public:
  Announcement() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Announcement() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  void Make() const { static_cast<void>(!::write(ends_[1], "p", 1)); }
  bool Heard() const {
    pollfd end{.fd = ends_[0], .events = POLLIN, .revents = 0};
    return ::poll(&end, 1, 0) == 1;
  }

 private:
  std::array<int, 2> ends_{};
};

// The files before a save of the history, in a directory of their own.
struct Node {
  explicit Node(const SavePoint& save_point) : point(save_point) {
    const auto put = [&](const std::string& path, const std::string& name) {
      if (const auto content = point.disk.Get(name)) StateDirectory::Put(path, content->bytes);
    };
    put(directory.state(), kStateName);
    put(directory.checkpoint(), kCheckpointName);
  }

  // In the child. 0: saved at once; 1, 2: after so many failures; 9: not saved; 10: refused to
  // start.
  int StartAndSave(const Announcement& published) const {
    PosixFileSystem files;
    FileStateStore store(files, directory.state());
    for (int failures = 0; failures < 3; ++failures) {
      // A command that is repeated looks first whether it has been done.
      if (failures == 0 || !point.node) {
        const auto opened = core::OpenRegistry(store, HistoryIdentity());
        if (!opened) return 10;
        if (*opened == point.save.next) return failures;
      }
      if (point.SaveOn(store) == SaveResult::kSaved) {
        published.Make();
        return failures;
      }
    }
    return 9;
  }

  // A start with nothing in its way, and the save that comes next; what the start found.
  std::optional<core::Registry> Recover() const {
    PosixFileSystem files;
    FileStateStore store(files, directory.state());
    auto opened = core::OpenRegistry(store, HistoryIdentity());
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error()));
    if (*opened) {
      CHECK(core::SaveRegistry(store, {.published = *opened, .next = FollowUp(**opened)}) ==
            SaveResult::kSaved);
    } else {
      CHECK(core::SaveRegistry(store, {.published = std::nullopt, .next = point.save.next}) ==
            SaveResult::kSaved);
    }
    return *std::move(opened);
  }

  void CheckHoldsNext() const {
    CHECK(StateDirectory::Get(directory.state()) ==
          core::RegistryBytes(point.save.next.ToDocument()));
    CHECK(StateDirectory::Get(directory.checkpoint()) ==
          core::CheckpointBytes(point.save.next.ToCheckpoint()));
  }

  const SavePoint& point;
  StateDirectory directory;
};

bool ChangesTheDisk(const TracedProcess& child, const SystemCallStop& stop) {
  switch (stop.number) {
    case SYS_openat:
      return (stop.arguments[2] & O_CREAT) != 0;
    case SYS_write:
      return child.IsFile(stop.arguments[0]);
    case SYS_fchmod:
    case SYS_fsync:
    case SYS_renameat:
    case SYS_unlinkat:
      return true;
    default:
      return false;
  }
}

struct KillTally {
  int stops = 0;
  int found_published = 0;
  int found_attempted = 0;
  int found_nothing = 0;
};

// Kills a start and save at its stop number `at`; false when it exits before.
bool KillAt(const SavePoint& point, int at, KillTally& tally) {
  const Node node(point);
  const Announcement published;
  {
    TracedProcess child([&] { return node.StartAndSave(published); });
    for (int stops = 0; stops <= at; ++stops) {
      if (!child.Next()) return false;
    }
    child.Kill();
  }
  ++tally.stops;
  const auto found = node.Recover();
  if (found == point.save.next) {
    ++tally.found_attempted;
    return true;
  }
  CHECK_FALSE(published.Heard());
  CHECK(found == point.save.published);
  ++(found ? tally.found_published : tally.found_nothing);
  return true;
}

}  // namespace

TEST_CASE("Killed process: a start recovers after SIGKILL at any system call of start and save") {
  if (SkippedWithoutPtrace()) return;
  const std::vector<SavePoint> saves = SavesToTry();
  const auto count = static_cast<int>(saves.size());
  KillTally all;
  for (const SavePoint& point : saves) {
    CAPTURE(point.name);
    KillTally here;
    for (int at = 0; KillAt(point, at, here); ++at) CAPTURE(at);
    CHECK(here.stops >= 90);
    CHECK(here.found_published + here.found_nothing >= 40);
    CHECK(here.found_attempted >= 20);
    all.stops += here.stops;
    all.found_published += here.found_published;
    all.found_attempted += here.found_attempted;
    all.found_nothing += here.found_nothing;
  }
  CHECK(all.stops >= count * 120);
  MESSAGE(all.stops << " kill points in " << count
                    << " starts and saves; the next start found the published state "
                    << all.found_published << " times, the one being saved " << all.found_attempted
                    << " times, nothing where nothing was published " << all.found_nothing
                    << " times");
}

TEST_CASE("Killed process: a call that the kernel refuses costs one attempt and nothing else") {
  if (SkippedWithoutPtrace() || SkippedWithoutRegisters()) return;
  const std::vector<SavePoint> saves = SavesToTry();
  const auto count = static_cast<int>(saves.size());
  int refused = 0;
  int refused_starts = 0;
  int retried = 0;
  for (const SavePoint& point : saves) {
    CAPTURE(point.name);
    for (const int error : {ENOSPC, EDQUOT, EIO, EROFS, EINTR}) {
      CAPTURE(error);
      bool ended = false;
      for (int at = 0; !ended; ++at) {
        CAPTURE(at);
        const Node node(point);
        const Announcement published;
        TracedProcess child([&] { return node.StartAndSave(published); });
        int changes = -1;
        bool restarted = false;  // the file system's layer repeats it after a signal
        while (changes < at && !ended) {
          const auto stop = child.Next();
          ended = !stop;
          if (!stop || !stop->entry || !ChangesTheDisk(child, *stop)) continue;
          if (++changes < at) continue;
          restarted = error == EINTR && (stop->number == SYS_write || stop->number == SYS_openat);
          child.Refuse(error);
        }
        if (ended) break;
        ++refused;
        const auto code = child.Finish();
        REQUIRE(code);
        if (*code == 10) {
          ++refused_starts;  // refused to start; the next one has nothing in its way
          const auto found = node.Recover();
          CHECK((found == point.save.published || found == point.save.next));
          continue;
        }
        CHECK(*code <= 1);
        if (restarted) CHECK(*code == 0);
        retried += *code;
        node.CheckHoldsNext();
      }
    }
  }
  CHECK(refused >= count * 5 * 14);
  CHECK(retried >= count * 4 * 10);
  MESSAGE(refused << " refused calls: " << retried << " saves succeeded at the second attempt, "
                  << refused_starts << " starts refused, and recovered when started again");
}

TEST_CASE("Killed process: short writes of the kernel are continued") {
  if (SkippedWithoutPtrace() || SkippedWithoutRegisters()) return;
  const std::vector<SavePoint> saves = SavesToTry();
  const auto count = static_cast<int>(saves.size());
  int shortened = 0;
  for (const SavePoint& point : saves) {
    const Node node(point);
    const Announcement published;
    TracedProcess child([&] { return node.StartAndSave(published); });
    while (const auto stop = child.Next()) {
      if (!stop->entry || stop->number != SYS_write || stop->arguments[2] < 2) continue;
      if (!child.IsFile(stop->arguments[0])) continue;
      child.Shorten(stop->arguments[2] / 2);
      ++shortened;
    }
    CHECK(child.Finish() == 0);
    node.CheckHoldsNext();
  }
  CHECK(shortened >= count * 12);
}

}  // namespace baokms::app::crash
