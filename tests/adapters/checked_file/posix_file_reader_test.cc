#include "adapters/checked_file/posix_file_reader.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/skip.h"

namespace {

using baokms::adapters::checked_file::PosixFileReader;
using baokms::ports::FilePolicy;
using baokms::ports::FileProblem;
namespace fs = std::filesystem;

constexpr FilePolicy kSmall{.forbidden_mode_bits = 0037, .max_bytes = 64};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "checked-file-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  std::string Write(const std::string& name, const std::string& content, mode_t mode = 0640) const {
    const std::string path = Path(name);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }

 private:
  std::string path_;
};

FileProblem ProblemOf(const PosixFileReader& reader, const std::string& path,
                      FilePolicy policy = kSmall) {
  const auto read = reader.Read(path, policy);
  REQUIRE_FALSE(read.has_value());
  return read.error();
}

TEST_CASE("Read: a good file comes back whole, NUL bytes and all") {
  const TemporaryDirectory directory;
  const std::string content("one\0two\n", 8);
  const auto read = PosixFileReader().Read(directory.Write("f", content), kSmall);
  REQUIRE(read.has_value());
  CHECK(read->ExposeSecret() == content);
}

TEST_CASE("Read: an empty file is empty, not an error") {
  const TemporaryDirectory directory;
  const auto read = PosixFileReader().Read(directory.Write("f", ""), kSmall);
  REQUIRE(read.has_value());
  CHECK(read->empty());
}

TEST_CASE("Read: a relative path and one with a NUL byte are refused") {
  CHECK(ProblemOf({}, "etc/hostname") == FileProblem::kNotAbsolute);
  CHECK(ProblemOf({}, "") == FileProblem::kNotAbsolute);
  CHECK(ProblemOf({}, std::string("/etc/hostname\0x", 15)) == FileProblem::kNotAbsolute);
}

TEST_CASE("Read: a missing file and one below a file are missing") {
  const TemporaryDirectory directory;
  CHECK(ProblemOf({}, directory.Path("nothing")) == FileProblem::kMissing);
  CHECK(ProblemOf({}, directory.Write("f", "x") + "/below") == FileProblem::kMissing);
}

TEST_CASE("Read: below a directory that others may write no link is followed") {
  const TemporaryDirectory directory;
  fs::create_symlink(directory.Write("f", "x"), directory.Path("link"));
  fs::create_directory_symlink(directory.path(), directory.Path("up"));
  REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  CHECK(PosixFileReader().Read(directory.Path("f"), kSmall).has_value());
  CHECK(ProblemOf({}, directory.Path("link")) == FileProblem::kSymlink);
  CHECK(ProblemOf({}, directory.Path("up/f")) == FileProblem::kSymlink);
}

TEST_CASE("Read: directories, FIFOs and devices are refused without waiting") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo(directory.Path("fifo").c_str(), 0600) == 0);
  CHECK(ProblemOf({}, directory.path()) == FileProblem::kNotRegular);
  CHECK(ProblemOf({}, directory.Path("fifo")) == FileProblem::kNotRegular);
  CHECK(ProblemOf({}, "/dev/null") == FileProblem::kNotRegular);
}

TEST_CASE("Read: every forbidden mode bit alone refuses the file, every other one does not") {
  const TemporaryDirectory directory;
  for (const std::uint32_t forbidden : {0037U, 0137U, 0022U}) {
    for (std::uint32_t bit = 1; bit <= 0400; bit <<= 1) {
      CAPTURE(forbidden);
      CAPTURE(bit);
      const auto path = directory.Write("f", "x", 0400 | bit);
      const auto read = PosixFileReader().Read(path, {forbidden, 64});
      CHECK(read.has_value() == ((forbidden & bit) == 0));
      if (!read) CHECK(read.error() == FileProblem::kUnsafePermissions);
      fs::remove(path);
    }
  }
}

TEST_CASE("Read: the size bound is inclusive") {
  const TemporaryDirectory directory;
  CHECK(PosixFileReader().Read(directory.Write("full", std::string(64, 'x')), kSmall).has_value());
  CHECK(ProblemOf({}, directory.Write("over", std::string(65, 'x'))) == FileProblem::kTooLarge);
}

TEST_CASE("Read: a file exchanged between check and open is refused") {
  const TemporaryDirectory directory;
  const auto path = directory.Write("f", "checked");
  const auto other = directory.Write("other", "swapped");
  std::function<void()> swap;
  SUBCASE("by another file") {
    swap = [&] { fs::rename(other, path); };
  }
  SUBCASE("by a symlink") {
    swap = [&] {
      fs::remove(path);
      fs::create_symlink(other, path);
    };
  }
  SUBCASE("by a FIFO") {
    swap = [&] {
      fs::remove(path);
      REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    };
  }
  SUBCASE("by nothing") {
    swap = [&] { fs::remove(path); };
  }
  const PosixFileReader reader([&](PosixFileReader::Moment moment) {
    if (moment == PosixFileReader::Moment::kCheckedBeforeOpen) swap();
  });
  CHECK(ProblemOf(reader, path) == FileProblem::kChanged);
}

TEST_CASE("Read: a mode widened between check and open is a change") {
  const TemporaryDirectory directory;
  const auto path = directory.Write("f", "checked");
  const PosixFileReader reader([&](PosixFileReader::Moment moment) {
    if (moment == PosixFileReader::Moment::kCheckedBeforeOpen) ::chmod(path.c_str(), 0666);
  });
  CHECK(ProblemOf(reader, path) == FileProblem::kChanged);
}

TEST_CASE("Read: a file changed while it is read is refused") {
  const TemporaryDirectory directory;
  const auto path = directory.Write("f", "0123456789");
  std::function<void()> change;
  SUBCASE("grown") {
    change = [&] { std::ofstream(path, std::ios::app) << "x"; };
  }
  SUBCASE("cut") {
    change = [&] { fs::resize_file(path, 3); };
  }
  SUBCASE("rewritten at the same length") {
    change = [&] {
      std::ofstream(path, std::ios::in) << "x";
      const struct timespec times[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
      REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    };
  }
  const PosixFileReader reader([&](PosixFileReader::Moment moment) {
    if (moment == PosixFileReader::Moment::kOpenedBeforeRead) change();
  });
  CHECK(ProblemOf(reader, path) == FileProblem::kChanged);
}

TEST_CASE("Read: a renewal that renames a new file over the open one gives the old content whole") {
  const TemporaryDirectory directory;
  const auto path = directory.Write("f", "old");
  const auto renewed = directory.Write("new", "new");
  const PosixFileReader reader([&](PosixFileReader::Moment moment) {
    if (moment == PosixFileReader::Moment::kOpenedBeforeRead) fs::rename(renewed, path);
  });
  const auto read = reader.Read(path, kSmall);
  REQUIRE(read.has_value());
  CHECK(read->ExposeSecret() == "old");
}

TEST_CASE("Read: an unreadable file is named as such") {
  if (baokms::testing::SkippedAsRoot()) return;
  const TemporaryDirectory directory;
  CHECK(ProblemOf({}, directory.Write("f", "x", 0200)) == FileProblem::kUnreadable);
}

TEST_CASE("Check: judges like Read") {
  const TemporaryDirectory directory;
  CHECK(PosixFileReader().Check(directory.Write("good", "x"), kSmall).has_value());
  const auto wide = PosixFileReader().Check(directory.Write("wide", "x", 0644), kSmall);
  REQUIRE_FALSE(wide.has_value());
  CHECK(wide.error() == FileProblem::kUnsafePermissions);
}

TEST_CASE("CheckDirectory: an own directory without group or world write is good") {
  const TemporaryDirectory directory;
  const baokms::ports::DirectoryPolicy policy{.owner_uid = ::geteuid()};
  REQUIRE(::chmod(directory.path().c_str(), 02750) == 0);
  CHECK(PosixFileReader().CheckDirectory(directory.path(), policy).has_value());

  const auto problem = [&](const std::string& path, baokms::ports::DirectoryPolicy with) {
    const auto checked = PosixFileReader().CheckDirectory(path, with);
    REQUIRE_FALSE(checked.has_value());
    return checked.error();
  };
  fs::create_directory_symlink(directory.path(), directory.Path("link"));
  CHECK(problem(directory.Path("link"), policy) == FileProblem::kSymlink);
  CHECK(problem(directory.Path("nothing"), policy) == FileProblem::kMissing);
  CHECK(problem(directory.Write("file", "x"), policy) == FileProblem::kNotDirectory);
  CHECK(problem("relative", policy) == FileProblem::kNotAbsolute);
  CHECK(problem(directory.path(), {.owner_uid = policy.owner_uid + 1}) == FileProblem::kWrongOwner);
  for (const mode_t mode : {0770U, 0752U}) {
    REQUIRE(::chmod(directory.path().c_str(), mode) == 0);
    CHECK(problem(directory.path(), policy) == FileProblem::kUnsafePermissions);
  }
}

TEST_CASE("Name: every file problem has its word") {
  CHECK(Name(FileProblem::kNotAbsolute) == "absolute_path_required");
  CHECK(Name(FileProblem::kMissing) == "file_missing");
  CHECK(Name(FileProblem::kUnreadable) == "file_unreadable");
  CHECK(Name(FileProblem::kSymlink) == "symlink_unsupported");
  CHECK(Name(FileProblem::kNotRegular) == "regular_file_required");
  CHECK(Name(FileProblem::kUnsafePermissions) == "unsafe_permissions");
  CHECK(Name(FileProblem::kChanged) == "file_changed");
  CHECK(Name(FileProblem::kTooLarge) == "file_too_large");
}

}  // namespace
