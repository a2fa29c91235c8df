#include "adapters/state_file/atomic_save.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace baokms::adapters::state_file {
namespace {

using ports::StateProblem;
using ports::StateProblemKind;

constexpr mode_t kFileMode = 0640;

std::unexpected<StateProblem> NotSaved(int error) {
  std::string_view text = "the state could not be saved; check the disk and the kernel log";
  if (error == ENOSPC || error == EDQUOT) {
    text =
        "the state could not be saved: no space is left; free some space on the state directory's "
        "file system";
  } else if (error == EROFS || error == EACCES || error == EPERM) {
    text =
        "the state could not be saved: writing is not permitted; make the state directory "
        "writable for the provider's user";
  }
  return std::unexpected(StateProblem{.kind = StateProblemKind::kNotSaved, .text = text});
}

SystemResult<void> WriteAll(FileSystem& files, int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = files.Write(descriptor, bytes);
    if (!put) return std::unexpected(put.error());
    if (*put == 0) return std::unexpected(EIO);
    bytes.remove_prefix(*put);
  }
  return {};
}

SystemResult<void> WriteTemporary(FileSystem& files, int directory, const std::string& name,
                                  std::string_view bytes) {
  const auto opened = files.OpenAt(directory, name, O_WRONLY | O_CREAT | O_EXCL, kFileMode);
  if (!opened) return std::unexpected(opened.error());
  Descriptor file(files, *opened);
  // The umask may have taken bits away.
  if (auto done = files.SetMode(file.number(), kFileMode); !done) return done;
  if (auto done = WriteAll(files, file.number(), bytes); !done) return done;
  if (auto done = files.Sync(file.number()); !done) return done;
  return file.Close();
}

// An unnamed file, or one that is at once without its name.
SystemResult<int> OpenTrial(FileSystem& files, int directory, const std::string& name) {
  const auto unnamed = files.OpenAt(directory, ".", O_TMPFILE | O_WRONLY, kFileMode);
  // What kernels and file systems without unnamed files say.
  const bool unsupported =
      !unnamed && (unnamed.error() == EOPNOTSUPP || unnamed.error() == EISDIR ||
                   unnamed.error() == ENOENT || unnamed.error() == EINVAL);
  if (!unsupported) return unnamed;
  const std::string trial = TemporaryName(name) + ".trial";
  if (const auto gone = files.UnlinkAt(directory, trial); !gone && gone.error() != ENOENT) {
    return std::unexpected(gone.error());
  }
  const auto opened = files.OpenAt(directory, trial, O_WRONLY | O_CREAT | O_EXCL, kFileMode);
  if (!opened) return opened;
  if (const auto gone = files.UnlinkAt(directory, trial); !gone) {
    static_cast<void>(files.Close(*opened));  // nothing was written: the first failure is told
    return std::unexpected(gone.error());
  }
  return opened;
}

}  // namespace

std::expected<void, StateProblem> TrySavingIn(FileSystem& files, int directory,
                                              const std::string& name, std::size_t bytes) {
  const auto opened = OpenTrial(files, directory, name);
  if (!opened) return NotSaved(opened.error());
  Descriptor file(files, *opened);
  auto done = WriteAll(files, file.number(), std::string(bytes, '\0'));
  if (done) done = files.Sync(file.number());
  if (done) done = file.Close();
  if (!done) return NotSaved(done.error());
  return {};
}

std::string TemporaryName(const std::string& name) { return "." + name + ".bao-kms-tmp"; }

std::expected<void, StateProblem> SaveAtomically(FileSystem& files, int directory,
                                                 const std::string& name, std::string_view bytes) {
  const std::string temporary = TemporaryName(name);
  if (const auto gone = files.UnlinkAt(directory, temporary); !gone && gone.error() != ENOENT) {
    return NotSaved(gone.error());
  }
  auto done = WriteTemporary(files, directory, temporary, bytes);
  if (done) done = files.RenameAt(directory, temporary, name);
  if (!done) {
    // What stays behind is removed by the next save.
    static_cast<void>(files.UnlinkAt(directory, temporary));
    return NotSaved(done.error());
  }
  if (const auto synced = files.Sync(directory); !synced) return NotSaved(synced.error());
  return {};
}

}  // namespace baokms::adapters::state_file
