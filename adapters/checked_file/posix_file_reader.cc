#include "adapters/checked_file/posix_file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "adapters/posix/descriptor.h"

namespace baokms::adapters::checked_file {
namespace {

using ports::FileProblem;

constexpr int kMostAttempts = 3;

bool IsAbsolute(const std::string& path) {
  // An embedded NUL would make the kernel see another path than the one that was checked.
  return path.starts_with('/') && path.find('\0') == std::string::npos;
}

FileProblem FromErrno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return FileProblem::kMissing;
    case ELOOP:
      return FileProblem::kSymlink;
    default:
      return FileProblem::kUnreadable;
  }
}

bool SameTime(const struct timespec& a, const struct timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool SameContent(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && SameTime(a.st_mtim, b.st_mtim);
}

// The inode number alone is not enough: a removed file's number goes to the next one created.
bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_mode == b.st_mode &&
         SameContent(a, b) && SameTime(a.st_ctim, b.st_ctim);
}

// Follows no link at the end.
std::expected<struct stat, FileProblem> LookAt(const std::string& path) {
  if (!IsAbsolute(path)) return std::unexpected(FileProblem::kNotAbsolute);
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return std::unexpected(FromErrno(errno));
  if (S_ISLNK(found.st_mode)) return std::unexpected(FileProblem::kSymlink);
  return found;
}

}  // namespace

struct PosixFileReader::OpenFile {
  posix::Descriptor descriptor;
  struct stat status;
};

std::expected<PosixFileReader::OpenFile, FileProblem> PosixFileReader::Open(
    const std::string& path, ports::FilePolicy policy) const {
  if (!IsAbsolute(path)) return std::unexpected(FileProblem::kNotAbsolute);
  const WalkOptions walk{.root = root_, .on_link_read = [this] { Reach(Moment::kReadLink); }};
  // Links are there to be moved to another target, whose predecessor is then removed: looked at
  // again.
  for (int attempt = 1;; ++attempt) {
    WalkProblem wrong;
    if (const auto located = Locate(path, walk)) {
      auto file = OpenLocated(*located, policy);
      if (file) return file;
      wrong = {.problem = file.error(), .through_links = located->through_links};
    } else {
      wrong = located.error();
    }
    const bool moved = wrong.through_links && (wrong.problem == FileProblem::kMissing ||
                                               wrong.problem == FileProblem::kChanged);
    if (!moved || attempt == kMostAttempts) return std::unexpected(wrong.problem);
  }
}

std::expected<PosixFileReader::OpenFile, FileProblem> PosixFileReader::OpenLocated(
    const Located& located, ports::FilePolicy policy) const {
  // Special files are judged before open, because opening a device can have effects.
  if (!S_ISREG(located.status.st_mode)) return std::unexpected(FileProblem::kNotRegular);
  Reach(Moment::kCheckedBeforeOpen);

  posix::Descriptor descriptor(::openat(located.directory.get(), located.name.c_str(),
                                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (descriptor.get() < 0) {
    // Gone or a link now, a regular file a moment ago.
    const bool changed = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    return std::unexpected(changed ? FileProblem::kChanged : FileProblem::kUnreadable);
  }
  struct stat opened{};
  if (::fstat(descriptor.get(), &opened) != 0) return std::unexpected(FileProblem::kUnreadable);
  if (!SameFile(located.status, opened)) return std::unexpected(FileProblem::kChanged);
  // Judged on the descriptor: the mode of what will be read, not of what the path named before.
  if (!S_ISREG(opened.st_mode)) return std::unexpected(FileProblem::kNotRegular);
  if ((opened.st_mode & policy.forbidden_mode_bits) != 0) {
    return std::unexpected(FileProblem::kUnsafePermissions);
  }
  if (static_cast<std::uint64_t>(opened.st_size) > policy.max_bytes) {
    return std::unexpected(FileProblem::kTooLarge);
  }
  return OpenFile{std::move(descriptor), opened};
}

std::expected<core::Secret, FileProblem> PosixFileReader::Read(const std::string& path,
                                                               ports::FilePolicy policy) const {
  const auto file = Open(path, policy);
  if (!file) return std::unexpected(file.error());
  Reach(Moment::kOpenedBeforeRead);

  // One byte more than expected, so that a file that grew shows itself.
  const auto expected = static_cast<std::size_t>(file->status.st_size);
  core::Secret content = core::Secret::OfSize(expected + 1);
  std::size_t filled = 0;
  while (filled < content.size()) {
    const auto room = content.MutableBytes().subspan(filled);
    const ssize_t got = ::read(file->descriptor.get(), room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(FileProblem::kUnreadable);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  struct stat after{};
  if (::fstat(file->descriptor.get(), &after) != 0) {
    return std::unexpected(FileProblem::kUnreadable);
  }
  if (filled != expected || !SameContent(file->status, after)) {
    return std::unexpected(FileProblem::kChanged);
  }
  content.Truncate(filled);
  return content;
}

std::expected<void, FileProblem> PosixFileReader::Check(const std::string& path,
                                                        ports::FilePolicy policy) const {
  const auto file = Open(path, policy);
  if (!file) return std::unexpected(file.error());
  return {};
}

std::expected<void, FileProblem> PosixFileReader::CheckDirectory(
    const std::string& path, ports::DirectoryPolicy policy) const {
  const auto seen = LookAt(path);
  if (!seen) return std::unexpected(seen.error());
  if (!S_ISDIR(seen->st_mode)) return std::unexpected(FileProblem::kNotDirectory);
  if (seen->st_uid != policy.owner_uid) return std::unexpected(FileProblem::kWrongOwner);
  if ((seen->st_mode & policy.forbidden_mode_bits) != 0) {
    return std::unexpected(FileProblem::kUnsafePermissions);
  }
  return {};
}

}  // namespace baokms::adapters::checked_file
