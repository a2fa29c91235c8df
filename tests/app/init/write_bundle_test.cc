// A bundle on disk: modes, exclusive creation, and nothing left behind by a failure.
#include "app/init/write_bundle.h"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/harness/temp_directory.h"
#include "tests/support/skip.h"

namespace baokms::app {
namespace {

unsigned ModeOf(const std::string& path) {
  struct stat status{};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::vector<BundleFile> TwoFiles() {
  return {{"one", 0640, "", "first\n"}, {"two.sh", 0750, "", std::string(1 << 20, 'x')}};
}

std::string Error(const std::string& directory, const std::vector<BundleFile>& files) {
  const auto written = WriteBundle(directory, files);
  REQUIRE_FALSE(written.has_value());
  return written.error();
}

TEST_CASE("Write: modes are as they should be whatever the umask") {
  const testing::TempDirectory directory;
  for (const mode_t mask : {mode_t(0), mode_t(077), mode_t(0777)}) {
    CAPTURE(mask);
    const std::string out = directory.File("out-" + std::to_string(mask));
    const mode_t before = umask(mask);
    const auto written = WriteBundle(out, TwoFiles());
    umask(before);
    REQUIRE(written.has_value());
    CHECK(ModeOf(out) == 0750);
    CHECK(ModeOf(out + "/one") == 0640);
    CHECK(ModeOf(out + "/two.sh") == 0750);
    CHECK(testing::ReadWholeFile(out + "/one") == "first\n");
    CHECK(testing::ReadWholeFile(out + "/two.sh").size() == 1 << 20);
  }
}

TEST_CASE("Write: an empty directory that is there is taken as it is") {
  const testing::TempDirectory directory;
  const std::string out = directory.MakeDirectory("out", 0701);
  CHECK(WriteBundle(out, TwoFiles()).has_value());
  CHECK(ModeOf(out) == 0701);
  CHECK(ModeOf(out + "/one") == 0640);
}

TEST_CASE("Write: a directory that is not empty is refused and not touched") {
  const testing::TempDirectory directory;
  const std::string out = directory.MakeDirectory("out", 0750);
  for (const char* name : {"out/one", "out/.hidden"}) {
    CAPTURE(name);
    directory.Write(name, "precious");
    CHECK(Error(out, TwoFiles()).contains("not empty"));
    CHECK(testing::ReadWholeFile(directory.File(name)) == "precious");
    CHECK_FALSE(std::filesystem::exists(out + "/two.sh"));
    unlink(directory.File(name).c_str());
  }
}

TEST_CASE("Write: a file or a link in the directory's place is refused") {
  const testing::TempDirectory directory;
  directory.Write("file", "precious");
  directory.MakeDirectory("elsewhere", 0750);
  std::filesystem::create_symlink(directory.File("elsewhere"), directory.File("link"));
  std::filesystem::create_symlink(directory.File("nowhere"), directory.File("dangling"));
  for (const char* name : {"file", "link", "dangling"}) {
    CAPTURE(name);
    CHECK_FALSE(Error(directory.File(name), TwoFiles()).empty());
  }
  CHECK(testing::ReadWholeFile(directory.File("file")) == "precious");
  CHECK(std::filesystem::is_empty(directory.File("elsewhere")));
  CHECK_FALSE(std::filesystem::exists(directory.File("nowhere")));
  CHECK(Error(directory.File("no/parent"), TwoFiles()).contains("its parent must exist"));
}

TEST_CASE("Write: a failure in the middle leaves nothing behind") {
  const testing::TempDirectory directory;
  std::vector<BundleFile> files = TwoFiles();
  files.push_back(files.front());  // the name is taken by then
  const std::string error = Error(directory.File("new"), files);
  CHECK(error.starts_with("one cannot be written: File exists"));
  CHECK(error.ends_with("; nothing was left behind"));
  CHECK_FALSE(std::filesystem::exists(directory.File("new")));
  const std::string there = directory.MakeDirectory("there", 0750);
  CHECK(Error(there, files).contains("nothing was left"));
  CHECK(std::filesystem::is_empty(there));
}

TEST_CASE("Write: on a full disk nothing was left behind") {
  const testing::TempDirectory directory;
  const std::string small = directory.MakeDirectory("small", 0750);
  if (mount("none", small.c_str(), "tmpfs", 0, "size=64k,mode=0750") != 0) {
    testing::SaySkipped("mounting a file system is not permitted here");
    return;
  }
  CHECK(Error(small + "/out", TwoFiles()).starts_with("two.sh cannot be written: No space left"));
  CHECK(std::filesystem::is_empty(small));
  umount2(small.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace baokms::app
