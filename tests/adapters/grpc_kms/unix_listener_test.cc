#include "adapters/grpc_kms/unix_listener.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "tests/adapters/grpc_kms/fakes.h"
#include "tests/support/skip.h"

namespace baokms::adapters::grpc_kms {
namespace {

using testing::ConnectTo;
using testing::Exists;
using testing::KmsTelemetry;
using testing::TempDirectory;

posix::Descriptor BoundSocket(const std::string& path, int type = SOCK_STREAM) {
  posix::Descriptor fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

struct stat Look(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) status.st_mode = 0;
  return status;
}

struct Fixture {
  TempDirectory directory;
  KmsTelemetry telemetry;
  std::string path = directory.File("kms.sock");

  auto Open(mode_t mode = 0660, std::optional<gid_t> group = std::nullopt) {
    return UnixListener::Open({.path = path, .mode = mode, .group = group}, telemetry);
  }
  void CheckRefused(ListenProblem problem) {
    auto opened = Open();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error() == problem);
    CHECK(telemetry.stale_removed == 0);
  }
};

class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

TEST_CASE_FIXTURE(Fixture, "Listener: the socket has exactly its mode under any umask") {
  for (const mode_t mask : {mode_t{0}, mode_t{0022}, mode_t{0027}, mode_t{0077}}) {
    for (const mode_t mode : {mode_t{0600}, mode_t{0660}, mode_t{0640}}) {
      const Umask scoped(mask);
      auto opened = Open(mode);
      REQUIRE(opened.has_value());
      CHECK((Look(path).st_mode & 07777) == mode);
      CHECK(ConnectTo(path).valid());
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "Listener: the socket is given to the group") {
  if (baokms::testing::SkippedWithoutRoot()) return;
  auto opened = Open(0660, gid_t{12345});
  REQUIRE(opened.has_value());
  CHECK(Look(path).st_gid == 12345);
  CHECK((Look(path).st_mode & 07777) == 0660);
}

TEST_CASE_FIXTURE(Fixture, "Listener: its own socket is unlinked at the end") {
  {
    auto opened = Open();
    REQUIRE(opened.has_value());
    CHECK(Exists(path));
  }
  CHECK_FALSE(Exists(path));
}

TEST_CASE_FIXTURE(Fixture, "Listener: another one's socket is not unlinked at the end") {
  auto opened = Open();
  REQUIRE(opened.has_value());
  ::unlink(path.c_str());
  const posix::Descriptor other = BoundSocket(path);
  opened->Close();
  CHECK(Exists(path));
}

TEST_CASE_FIXTURE(Fixture, "Listener: a killed provider's socket is removed and counted") {
  BoundSocket(path).Reset();  // the file stays behind, as after kill -9
  REQUIRE(Exists(path));
  auto opened = Open();
  REQUIRE(opened.has_value());
  CHECK(telemetry.stale_removed == 1);
  CHECK(ConnectTo(path).valid());
}

TEST_CASE_FIXTURE(Fixture, "Listener: a live listener is left alone") {
  auto first = Open();
  REQUIRE(first.has_value());
  CheckRefused(ListenProblem::kAlreadyServed);
  CHECK(ConnectTo(path).valid());
}

TEST_CASE_FIXTURE(Fixture, "Listener: a live listener with a full queue is left alone") {
  const posix::Descriptor busy = BoundSocket(path);
  REQUIRE(::listen(busy.get(), 0) == 0);
  const posix::Descriptor queued = ConnectTo(path);
  const auto before = std::chrono::steady_clock::now();
  CheckRefused(ListenProblem::kExistingSocketUnproven);
  CHECK(std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(200));
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::milliseconds(1000));
  CHECK(Exists(path));
}

TEST_CASE_FIXTURE(Fixture, "Listener: a datagram socket is left alone") {
  const posix::Descriptor datagram = BoundSocket(path, SOCK_DGRAM);
  CheckRefused(ListenProblem::kExistingSocketUnproven);
  CHECK(Exists(path));
}

TEST_CASE_FIXTURE(Fixture, "Listener: a regular file is left alone") {
  std::ofstream(path) << "precious";
  CheckRefused(ListenProblem::kNotASocket);
  CHECK(S_ISREG(Look(path).st_mode));
}

TEST_CASE_FIXTURE(Fixture, "Listener: a symlink is left alone even to a stale socket") {
  const std::string target = directory.File("target.sock");
  BoundSocket(target).Reset();
  REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
  CheckRefused(ListenProblem::kNotASocket);
  CHECK(S_ISLNK(Look(path).st_mode));
  CHECK(Exists(target));
}

TEST_CASE_FIXTURE(Fixture, "Listener: a dangling symlink is left alone") {
  REQUIRE(::symlink(directory.File("nothing").c_str(), path.c_str()) == 0);
  CheckRefused(ListenProblem::kNotASocket);
}

TEST_CASE_FIXTURE(Fixture, "Listener: a directory that is a symlink is refused") {
  const std::string link = directory.File("link");
  REQUIRE(::symlink(directory.path().c_str(), link.c_str()) == 0);
  path = link + "/kms.sock";
  CheckRefused(ListenProblem::kDirectoryMissing);
}

TEST_CASE_FIXTURE(Fixture, "Listener: a missing directory is refused") {
  path = directory.File("none/kms.sock");
  CheckRefused(ListenProblem::kDirectoryMissing);
}

TEST_CASE_FIXTURE(Fixture, "Listener: a directory that others may write is refused") {
  for (const mode_t mode : {mode_t{0770}, mode_t{0702}, mode_t{01777}}) {
    REQUIRE(::chmod(directory.path().c_str(), mode) == 0);
    CheckRefused(ListenProblem::kDirectoryWritable);
  }
  REQUIRE(::chmod(directory.path().c_str(), 02750) == 0);
  CHECK(Open().has_value());
}

TEST_CASE_FIXTURE(Fixture, "Listener: a directory of another user is refused") {
  if (baokms::testing::SkippedWithoutRoot()) return;
  REQUIRE(::chown(directory.path().c_str(), 12345, 12345) == 0);
  CheckRefused(ListenProblem::kDirectoryNotOwned);
}

TEST_CASE_FIXTURE(Fixture, "Listener: an unusable path is refused") {
  for (const std::string& bad :
       {std::string(), std::string("relative.sock"), directory.path() + "/",
        directory.path() + "/..", "/" + std::string(107, 'x'),
        directory.path() + "/a" + '\0' + "b"}) {
    path = bad;
    CheckRefused(ListenProblem::kPathUnusable);
  }
}

// As the socket's group can open the directory, which is 2750.
TEST_CASE_FIXTURE(Fixture, "Listener: a lock that somebody holds on the directory hinders nobody") {
  const posix::Descriptor held(
      ::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  const auto before = std::chrono::steady_clock::now();
  CHECK(Open().has_value());
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::milliseconds(500));
}

TEST_CASE_FIXTURE(Fixture, "Listener: its lock is a file that only its user can open") {
  for (const mode_t mask : {mode_t{0}, mode_t{0027}}) {
    const Umask scoped(mask);
    CHECK(Open().has_value());
    const struct stat lock = Look(path + ".lock");
    CHECK(lock.st_mode == (S_IFREG | 0600));
    CHECK(lock.st_uid == ::geteuid());
    CHECK(lock.st_size == 0);
    // Left behind, as by a provider that died: the next one takes it.
    CHECK(Open().has_value());
    CHECK(Look(path + ".lock").st_ino == lock.st_ino);
    ::unlink((path + ".lock").c_str());
  }
}

TEST_CASE_FIXTURE(Fixture, "Listener: while another one creates the socket nothing is removed") {
  CHECK(Open().has_value());
  const posix::Descriptor bound_not_listening = BoundSocket(path);
  const posix::Descriptor locked(::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(locked.get(), LOCK_EX) == 0);
  CheckRefused(ListenProblem::kLocked);
  CHECK(Exists(path));
}

TEST_CASE_FIXTURE(Fixture, "Listener: a lock that is no file of ours alone is refused untouched") {
  const std::string lock = path + ".lock";
  const std::string target = directory.File("target");
  SUBCASE("a link to a file of ours") {
    std::ofstream(target) << "precious";
    ::chmod(target.c_str(), 0600);
    REQUIRE(::symlink(target.c_str(), lock.c_str()) == 0);
  }
  SUBCASE("a dangling link") { REQUIRE(::symlink(target.c_str(), lock.c_str()) == 0); }
  SUBCASE("a second name of a file of ours") {
    std::ofstream(target) << "precious";
    ::chmod(target.c_str(), 0600);
    REQUIRE(::link(target.c_str(), lock.c_str()) == 0);
  }
  SUBCASE("a file that its group may read, and with that lock") {
    std::ofstream(lock).flush();
    REQUIRE(::chmod(lock.c_str(), 0640) == 0);
  }
  SUBCASE("a FIFO") { REQUIRE(::mkfifo(lock.c_str(), 0600) == 0); }
  SUBCASE("a directory") { REQUIRE(::mkdir(lock.c_str(), 0700) == 0); }
  SUBCASE("a socket") { BoundSocket(lock).Reset(); }
  SUBCASE("a file of another user") {
    if (baokms::testing::SkippedWithoutRoot()) return;
    std::ofstream(lock).flush();
    ::chmod(lock.c_str(), 0600);
    REQUIRE(::chown(lock.c_str(), 12345, 12345) == 0);
  }
  const struct stat before = Look(lock);
  CheckRefused(ListenProblem::kLockUnusable);
  CHECK_FALSE(Exists(path));
  CHECK(Look(lock).st_ino == before.st_ino);
  CHECK(Look(lock).st_mode == before.st_mode);
  CHECK_FALSE((before.st_mode == 0));
  if (S_ISLNK(before.st_mode) || before.st_nlink > 1) {
    std::string content;
    std::getline(std::ifstream(target), content);
    CHECK((content == "precious" || !Exists(target)));
  }
}

TEST_CASE_FIXTURE(Fixture, "Listener: a lock that is removed while it is awaited is taken anew") {
  CHECK(Open().has_value());
  posix::Descriptor held(::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  std::optional<UnixListener> opened;
  std::thread waiting([&] {
    if (auto result = Open()) opened.emplace(std::move(*result));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ::unlink((path + ".lock").c_str());
  held.Reset();
  waiting.join();
  CHECK(opened.has_value());
  CHECK(Exists(path + ".lock"));
}

TEST_CASE_FIXTURE(Fixture, "Listener: of many that start at once exactly one serves") {
  std::vector<std::thread> threads;
  std::vector<std::optional<UnixListener>> opened(8);
  for (auto& mine : opened) {
    threads.emplace_back([&] {
      auto result = Open();
      if (result) mine.emplace(std::move(*result));
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::ranges::count_if(opened, [](const auto& one) { return one.has_value(); }) == 1);
  CHECK(ConnectTo(path).valid());
  CHECK(telemetry.stale_removed == 0);
}

TEST_CASE("Listener: every problem has a text and an advice without a path") {
  for (int i = 0; i <= static_cast<int>(ListenProblem::kSystem); ++i) {
    const auto problem = static_cast<ListenProblem>(i);
    CHECK_FALSE(Message(problem).empty());
    CHECK_FALSE(AdviceFor(problem).empty());
    CHECK(Message(problem).find('/') == std::string_view::npos);
  }
}

}  // namespace
}  // namespace baokms::adapters::grpc_kms
