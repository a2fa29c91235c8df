// The simulated disk's own rules: a model that forgets nothing would find nothing.
#include "tests/app/crash/fault_disk.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace baokms::app::crash {
namespace {

constexpr int kDirectoryFlags = O_WRONLY | O_CREAT | O_EXCL;

struct Writer {
  FaultDisk disk;
  int directory = *disk.OpenDirectory("/state");

  int Create(const std::string& name, const std::string& bytes) {
    const int file = *disk.OpenAt(directory, name, kDirectoryFlags, 0640);
    REQUIRE(disk.SetMode(file, 0640));
    REQUIRE(disk.Write(file, bytes) == bytes.size());
    return file;
  }
  bool MayComeBackAs(const std::string& name, const std::optional<FileContent>& content) const {
    return std::ranges::any_of(disk.AfterPowerLoss(),
                               [&](const FaultDisk& after) { return after.Get(name) == content; });
  }
};

TEST_CASE("Fault disk: a file and its name are safe after an fsync of each and not before") {
  Writer w;
  const FileContent whole{"abcdef", 0640};
  const int file = w.Create("f", whole.bytes);
  REQUIRE(w.disk.Sync(w.directory));
  CHECK_FALSE(w.MayComeBackAs("f", std::nullopt));
  for (const char* left : {"", "a", "abc", "abcde", "abcdef"}) {
    CHECK(w.MayComeBackAs("f", FileContent{left, 0640}));
  }
  CHECK(w.MayComeBackAs("f", FileContent{std::string(6, '\0'), 0640}));
  CHECK(w.MayComeBackAs("f", FileContent{std::string("abc\0\0\0", 6), 0640}));
  CHECK(w.MayComeBackAs("f", FileContent{"abcdef", 0}));  // the chmod is not safe either
  REQUIRE(w.disk.Sync(file));
  CHECK(w.disk.AfterPowerLoss().size() == 1);
  CHECK(w.MayComeBackAs("f", whole));

  Writer unnamed;
  REQUIRE(unnamed.disk.Sync(unnamed.Create("f", whole.bytes)));
  CHECK(unnamed.MayComeBackAs("f", std::nullopt));
  CHECK(unnamed.MayComeBackAs("f", whole));
  CHECK(unnamed.disk.AfterPowerLoss().size() == 2);
}

TEST_CASE("Fault disk: a rename may be undone and each of its names by itself") {
  Writer w;
  w.disk.Put("f", {"old", 0640});
  REQUIRE(w.disk.Sync(w.Create("t", "new")));
  REQUIRE(w.disk.Sync(w.directory));
  REQUIRE(w.disk.RenameAt(w.directory, "t", "f"));
  CHECK(w.disk.Get("f") == FileContent{"new", 0640});
  CHECK(w.disk.AfterPowerLoss().size() == 4);
  CHECK(w.MayComeBackAs("f", FileContent{"old", 0640}));
  CHECK_FALSE(w.MayComeBackAs("f", std::nullopt));  // a rename leaves no gap
  REQUIRE(w.disk.Sync(w.directory));
  CHECK(w.disk.AfterPowerLoss().size() == 1);
  CHECK(w.MayComeBackAs("f", FileContent{"new", 0640}));
}

TEST_CASE("Fault disk: names change independently of the order they were changed in") {
  Writer w;
  w.disk.Put("a", {"1", 0640});
  w.disk.Put("b", {"1", 0640});
  REQUIRE(w.disk.UnlinkAt(w.directory, "a"));
  REQUIRE(w.disk.UnlinkAt(w.directory, "b"));
  const auto disks = w.disk.AfterPowerLoss();
  CHECK(std::ranges::any_of(
      disks, [](const FaultDisk& disk) { return disk.Get("a").has_value() && !disk.Get("b"); }));
  CHECK(std::ranges::any_of(
      disks, [](const FaultDisk& disk) { return !disk.Get("a") && disk.Get("b").has_value(); }));
}

TEST_CASE("Fault disk: after a failed fsync a later one promises nothing for that file") {
  Writer w;
  const int file = w.Create("f", "abcdef");
  REQUIRE(w.disk.Sync(w.directory));
  w.disk.Arm({.kind = Fault::Kind::kFail, .at = 0, .error = EIO});
  CHECK_FALSE(w.disk.Sync(file));
  REQUIRE(w.disk.Sync(file));
  CHECK(w.MayComeBackAs("f", FileContent{"", 0640}));
}

TEST_CASE("Fault disk: a failed fsync of the directory leaves everything open") {
  Writer w;
  w.disk.Put("a", {"1", 0640});
  REQUIRE(w.disk.UnlinkAt(w.directory, "a"));
  w.disk.Arm({.kind = Fault::Kind::kFailAfter, .at = 0, .error = EIO});
  CHECK_FALSE(w.disk.Sync(w.directory));
  CHECK(w.disk.AfterPowerLoss().size() == 2);
  REQUIRE(w.disk.Sync(w.directory));
  CHECK(w.disk.AfterPowerLoss().size() == 1);
}

TEST_CASE("Fault disk: a killed process changes nothing more and leaves what it wrote") {
  for (const bool after : {false, true}) {
    Writer w;
    w.disk.Arm(
        {.kind = after ? Fault::Kind::kKillAfter : Fault::Kind::kKill, .at = 2, .quarters = 2});
    const int file = *w.disk.OpenAt(w.directory, "f", kDirectoryFlags, 0640);
    REQUIRE(w.disk.SetMode(file, 0640));
    CHECK_FALSE(w.disk.Write(file, "abcdef"));
    CHECK_FALSE(w.disk.Write(file, "more"));
    CHECK_FALSE(w.disk.UnlinkAt(w.directory, "f"));
    CHECK(w.disk.calls().size() == 3);
    CHECK(w.disk.Get("f")->bytes == (after ? "abc" : ""));
    w.disk.EndProcess();
    CHECK(w.disk.OpenDirectory("/state"));
  }
}

TEST_CASE("Fault disk: a fault comes once or lasts and a full disk still renames and unlinks") {
  Writer w;
  const int file = w.Create("f", "abc");
  w.disk.Arm({.kind = Fault::Kind::kFail, .at = 0, .error = EIO});
  CHECK(w.disk.Write(file, "x").error() == EIO);
  CHECK(w.disk.Write(file, "x"));
  w.disk.Arm({.kind = Fault::Kind::kFail, .at = 0, .error = ENOSPC, .lasting = true});
  CHECK(w.disk.Write(file, "x").error() == ENOSPC);
  CHECK(w.disk.Write(file, "x").error() == ENOSPC);
  CHECK(w.disk.RenameAt(w.directory, "f", "g"));
  CHECK(w.disk.UnlinkAt(w.directory, "g"));
  w.disk.Arm({.kind = Fault::Kind::kFail, .at = 0, .error = EROFS, .lasting = true});
  CHECK_FALSE(w.disk.UnlinkAt(w.directory, "g"));
  CHECK(w.disk.Sync(w.directory).error() == EROFS);
  w.disk.Arm({.kind = Fault::Kind::kShort, .at = 0, .quarters = 2});
  CHECK(w.disk.Write(file, "abcd") == 2);
}

TEST_CASE("Fault disk: the lock excludes and ends with its descriptor or its process") {
  Writer w;
  const auto open_lock = [&w] {
    return *w.disk.OpenAt(w.directory, "lock", O_RDWR | O_CREAT, 0600);
  };
  const int first = open_lock();
  const int second = open_lock();
  REQUIRE(w.disk.LockExclusive(first));
  CHECK(w.disk.LockExclusive(second).error() == EWOULDBLOCK);
  REQUIRE(w.disk.Close(first));
  CHECK(w.disk.LockExclusive(second));
  w.disk.EndProcess();
  w.directory = *w.disk.OpenDirectory("/state");
  CHECK(w.disk.LockExclusive(open_lock()));
}

}  // namespace
}  // namespace baokms::app::crash
