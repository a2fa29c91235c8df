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

}  // namespace

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
