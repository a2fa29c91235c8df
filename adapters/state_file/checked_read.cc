#include "adapters/state_file/checked_read.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <utility>

#include "adapters/state_file/refuse.h"

namespace baokms::adapters::state_file {
namespace {

using ports::StateProblem;
using ports::StateProblemKind;

constexpr mode_t kForbiddenFileBits = 0137;
constexpr mode_t kForbiddenDirectoryBits = 0022;
// Some 30,000 versions; a file beyond it was not written by a provider.
constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

std::unexpected<StateProblem> UnreadableFile() {
  return Refuse(StateProblemKind::kUnreadable,
                "a state file cannot be read; run as the provider's user and check the disk");
}

std::unexpected<StateProblem> Symlink() {
  return Refuse(StateProblemKind::kUnsafeFile,
                "a state file is a symbolic link; replace the link with the file itself");
}

}  // namespace

std::expected<std::optional<Descriptor>, StateProblem> OpenStateDirectory(FileSystem& files,
                                                                          const std::string& path,
                                                                          DirectoryOwner owner) {
  const auto opened = files.OpenDirectory(path);
  if (!opened) {
    switch (opened.error()) {
      case ENOENT:
        return std::nullopt;
      case ENOTDIR:
      case ELOOP:
        return Refuse(StateProblemKind::kUnsafeDirectory,
                      "the state directory is a symbolic link or not a directory; set state.path "
                      "below the directory itself");
      default:
        return Refuse(
            StateProblemKind::kUnreadable,
            "the state directory cannot be opened; run as the provider's user and check its mode");
    }
  }
  Descriptor directory(files, *opened);
  const auto status = files.Inspect(directory.number());
  if (!status) {
    return Refuse(StateProblemKind::kUnreadable,
                  "the state directory cannot be examined; check the disk");
  }
  if ((status->st_mode & kForbiddenDirectoryBits) != 0) {
    return Refuse(StateProblemKind::kUnsafeDirectory,
                  "the state directory is writable by group or others; check who changed its "
                  "files, then chmod go-w it");
  }
  if (owner == DirectoryOwner::kEffectiveUser && status->st_uid != files.EffectiveUser()) {
    return Refuse(StateProblemKind::kUnsafeDirectory,
                  "the state directory is owned by another user; run as the provider's user");
  }
  return directory;
}

std::expected<std::optional<std::string>, StateProblem> ReadChecked(FileSystem& files,
                                                                    int directory,
                                                                    const std::string& name) {
  // Links and special files are judged before open, because opening a device can have effects.
  const auto seen = files.InspectAt(directory, name);
  if (!seen) {
    if (seen.error() == ENOENT) return std::nullopt;
    return UnreadableFile();
  }
  if (S_ISLNK(seen->st_mode)) return Symlink();
  const auto not_regular = [] {
    return Refuse(StateProblemKind::kUnsafeFile,
                  "a state file is not a regular file; replace it with the file itself");
  };
  if (!S_ISREG(seen->st_mode)) return not_regular();

  const auto opened = files.OpenAt(directory, name, O_RDONLY, 0);
  if (!opened) {
    if (opened.error() == ELOOP) return Symlink();
    return UnreadableFile();
  }
  const Descriptor file(files, *opened);
  // Judged on the descriptor: what will be read. It may be another file than the one seen above,
  // because a running provider replaces its files; each of them must pass.
  const auto status = files.Inspect(file.number());
  if (!status) return UnreadableFile();
  if (!S_ISREG(status->st_mode)) return not_regular();
  if ((status->st_mode & kForbiddenFileBits) != 0) {
    return Refuse(StateProblemKind::kUnsafeFile,
                  "a state file's mode is wider than 0640; check who changed it, then chmod it");
  }

  std::string content;
  std::array<char, 16 * 1024> chunk{};
  while (true) {
    const auto got = files.Read(file.number(), chunk);
    if (!got) return UnreadableFile();
    if (*got == 0) return content;
    if (content.size() + *got > kMostBytes) {
      return Refuse(StateProblemKind::kMalformed,
                    "a state file is larger than 16 MiB; restore the state file and its checkpoint "
                    "together from this node's backup");
    }
    content.append(chunk.data(), *got);
  }
}

}  // namespace baokms::adapters::state_file
