// Files that are reached through links (configuration-and-cli.md, "Files named in the
// configuration"). A directory of the test's own stands for "/", because the real path to it leads
// through /tmp, where no link is followed.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "adapters/checked_file/posix_file_reader.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/skip.h"

namespace {

using baokms::adapters::checked_file::PosixFileReader;
using baokms::ports::FilePolicy;
using baokms::ports::FileProblem;
using Moment = PosixFileReader::Moment;
namespace fs = std::filesystem;

constexpr FilePolicy kToken{.forbidden_mode_bits = 0037, .max_bytes = 64};

struct Root {
  baokms::testing::TempDirectory directory;

  std::string Path(const std::string& path) const { return directory.path() + path; }
  void Directory(const std::string& path, mode_t mode = 0755) const {
    fs::create_directories(Path(path));
    REQUIRE(::chmod(Path(path).c_str(), mode) == 0);
  }
  void File(const std::string& path, const std::string& content, mode_t mode = 0640) const {
    directory.Write(path.substr(1), content);
    REQUIRE(::chmod(Path(path).c_str(), mode) == 0);
  }
  void Link(const std::string& path, const std::string& target) const {
    REQUIRE(::symlink(target.c_str(), Path(path).c_str()) == 0);
  }
  // As an atomic writer does: a new directory, then the link moved over the old one.
  void Publish(const std::string& volume, const std::string& version,
               const std::string& token) const {
    Directory(volume + "/.." + version);
    File(volume + "/.." + version + "/token", token);
    Link(volume + "/..data_tmp", ".." + version);
    fs::rename(Path(volume + "/..data_tmp"), Path(volume + "/..data"));
  }
  // token -> ..data/token, ..data -> ..1
  void Projected(const std::string& volume) const {
    Directory(volume);
    Publish(volume, "1", "first");
    Link(volume + "/token", "..data/token");
  }

  PosixFileReader Reader(std::function<void(Moment)> on_moment = {}) const {
    return PosixFileReader(std::move(on_moment), directory.path());
  }
  // The content, or the problem's word.
  std::string Read(const std::string& path, std::function<void(Moment)> on_moment = {}) const {
    const auto read = Reader(std::move(on_moment)).Read(path, kToken);
    return read ? std::string(read->ExposeSecret()) : std::string(Name(read.error()));
  }
};

TEST_CASE("Links: a projected volume's file is read, and again after each swap") {
  const Root root;
  root.Projected("/var/creds");
  CHECK(root.Read("/var/creds/token") == "first");
  root.Publish("/var/creds", "2", "second");
  CHECK(root.Read("/var/creds/token") == "second");
  fs::remove_all(root.Path("/var/creds/..1"));
  CHECK(root.Read("/var/creds/token") == "second");
  CHECK(root.Reader().Check("/var/creds/token", kToken).has_value());
}

TEST_CASE("Links: absolute, relative and chained ones lead to the file, through directories too") {
  const Root root;
  root.Directory("/run/secrets");
  root.Directory("/var");
  root.File("/run/secrets/token", "t");
  root.Link("/var/run", "/run");
  root.Link("/var/up", "../var/./run//secrets/../secrets");
  root.Link("/var/file", "up/token");
  root.Link("/root", "/../..");
  for (const char* path : {"/var/run/secrets/token", "/var/up/token", "/var/file",
                           "/root/run/secrets/token", "//var//.//file", "/run/../var/file"}) {
    CAPTURE(path);
    CHECK(root.Read(path) == "t");
  }
}

TEST_CASE("Links: no directory on the way may be written by group or others") {
  for (const mode_t mode : {0775U, 0757U, 0777U, 02770U, 0720U, 0702U}) {
    CAPTURE(mode);
    for (const char* directory : {"/", "/var", "/var/creds", "/var/creds/..1", "/elsewhere"}) {
      CAPTURE(directory);
      const Root root;
      root.Projected("/var/creds");
      root.Directory("/elsewhere");
      root.Link("/elsewhere/token", "/var/creds/token");
      CHECK(root.Read("/elsewhere/token") == "first");
      root.Directory(directory, mode);
      CHECK(root.Read("/elsewhere/token") == "symlink_unsupported");
      CHECK(root.Reader().Check("/elsewhere/token", kToken).error() == FileProblem::kSymlink);
      root.Directory(directory, 0755);
    }
  }
}

TEST_CASE("Links: a sticky directory, as the kubelet mounts, guards what belongs to root") {
  const Root root;
  root.Projected("/var/creds");
  root.Directory("/var/creds", 01777);
  CHECK(root.Read("/var/creds/token") == "first");
  root.Publish("/var/creds", "2", "second");
  CHECK(root.Read("/var/creds/token") == "second");
  if (baokms::testing::SkippedWithoutRoot()) return;
  // What another user may put there is not followed, nor read.
  REQUIRE(::lchown(root.Path("/var/creds/..data").c_str(), 12345, 12345) == 0);
  CHECK(root.Read("/var/creds/token") == "symlink_unsupported");
}

TEST_CASE("Links: without a link the directories are not judged, as ever") {
  const Root root;
  root.Directory("/shared", 0777);
  root.File("/shared/token", "t");
  CHECK(root.Read("/shared/token") == "t");
}

TEST_CASE("Links: all on the way belongs to root or the reader's user") {
  if (baokms::testing::SkippedWithoutRoot()) return;
  for (const char* another : {"/var", "/var/creds", "/var/creds/token", "/var/creds/..data",
                              "/var/creds/..1", "/var/creds/..1/token"}) {
    CAPTURE(another);
    const Root root;
    root.Projected("/var/creds");
    CHECK(root.Read("/var/creds/token") == "first");
    REQUIRE(::lchown(root.Path(another).c_str(), 12345, 12345) == 0);
    CHECK(root.Read("/var/creds/token") == "symlink_unsupported");
  }
  const Root root;
  root.File("/token", "t");
  REQUIRE(::lchown(root.Path("/token").c_str(), 12345, 12345) == 0);
  CHECK(root.Read("/token") == "t");  // no link: the mode decides, as ever
}

TEST_CASE("Links: the reader's own user is trusted beside root") {
  if (baokms::testing::SkippedWithoutRoot()) return;
  const Root root;
  root.Projected("/var/creds");
  REQUIRE(::lchown(root.Path("/var/creds/..1/token").c_str(), 12345, 12345) == 0);
  REQUIRE(::lchown(root.Path("/var/creds/token").c_str(), 12345, 12345) == 0);
  REQUIRE(::chmod(root.directory.path().c_str(), 0755) == 0);
  REQUIRE(::seteuid(12345) == 0);
  const std::string own = root.Read("/var/creds/token");
  REQUIRE(::seteuid(0) == 0);
  CHECK(own == "first");
  CHECK(root.Read("/var/creds/token") == "symlink_unsupported");
}

TEST_CASE("Links: the file itself keeps its rules") {
  const Root root;
  root.Projected("/v");
  root.File("/v/..1/token", "t", 0644);
  CHECK(root.Read("/v/token") == "unsafe_permissions");
  root.File("/v/..1/token", std::string(65, 'x'));
  CHECK(root.Read("/v/token") == "file_too_large");
  fs::remove(root.Path("/v/..1/token"));
  CHECK(root.Read("/v/token") == "file_missing");
  REQUIRE(::mkfifo(root.Path("/v/..1/token").c_str(), 0600) == 0);
  CHECK(root.Read("/v/token") == "regular_file_required");
  CHECK(root.Read("/v/..data") == "regular_file_required");
  root.Link("/v/dangling", "nothing/token");
  CHECK(root.Read("/v/dangling") == "file_missing");
  root.File("/v/plain", "x");
  root.Link("/v/slash", "plain/");
  CHECK(root.Read("/v/slash") == "file_missing");
  CHECK(root.Read("/v/plain/") == "file_missing");
}

TEST_CASE("Links: a circle and a chain that is too long end") {
  const Root root;
  root.Link("/a", "b");
  root.Link("/b", "/a");
  root.Link("/self", "self/self");
  CHECK(root.Read("/a") == "symlink_unsupported");
  CHECK(root.Read("/self") == "symlink_unsupported");
  root.File("/0", "t");
  for (int i = 1; i <= 17; ++i) {
    root.Link("/" + std::to_string(i), std::to_string(i - 1));
  }
  CHECK(root.Read("/16") == "t");
  CHECK(root.Read("/17") == "symlink_unsupported");
}

TEST_CASE("Links: what is exchanged while they are followed is judged as it is then") {
  const Root root;
  root.Projected("/v");
  root.Directory("/shared", 0777);
  root.File("/shared/token", "planted");
  bool swapped = false;
  const auto once = [&](Moment when, const std::function<void()>& swap) {
    swapped = false;
    return [&swapped, when, swap](Moment moment) {
      if (moment != when || swapped) return;
      swapped = true;
      swap();
    };
  };
  // After a link was read its target's directory becomes another.
  CHECK(root.Read("/v/token", once(Moment::kReadLink, [&] {
                    fs::remove(root.Path("/v/..data"));
                    root.Link("/v/..data", "/shared");
                  })) == "symlink_unsupported");
  CHECK(swapped);
  fs::remove(root.Path("/v/..data"));
  root.Publish("/v", "2", "second");
  // After the file was checked its directory is moved away: what was checked is what is read.
  CHECK(root.Read("/v/token", once(Moment::kCheckedBeforeOpen, [&] {
                    fs::rename(root.Path("/v/..2"), root.Path("/v/..old"));
                    root.Directory("/v/..2");
                    root.File("/v/..2/token", "planted");
                  })) == "second");
  CHECK(swapped);
}

TEST_CASE("Links: a swap in the middle of a read is read again") {
  for (const Moment moment : {Moment::kReadLink, Moment::kCheckedBeforeOpen}) {
    const Root root;
    root.Projected("/v");
    int swaps = 0;
    const auto swap = [&](Moment reached) {
      if (reached != moment || swaps >= 2) return;
      ++swaps;
      root.Publish("/v", "swap" + std::to_string(swaps), "new" + std::to_string(swaps));
      fs::remove_all(root.Path(swaps == 1 ? "/v/..1" : "/v/..swap1"));
    };
    CHECK(root.Read("/v/token", swap) == "new2");
    CHECK(swaps == 2);
  }
}

TEST_CASE("Links: an endless exchange is given up") {
  const Root root;
  root.Projected("/v");
  int swaps = 0;
  CHECK(root.Read("/v/token", [&](Moment moment) {
    if (moment != Moment::kCheckedBeforeOpen) return;
    REQUIRE(++swaps < 100);
    fs::remove(root.Path("/v/..1/token"));
    root.File("/v/..1/token", "next" + std::to_string(swaps));
  }) == "file_changed");
  CHECK(swaps == 3);
}

}  // namespace
