#include "app/init/write_bundle.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "adapters/posix/descriptor.h"

namespace baokms::app {
namespace {

using adapters::posix::Descriptor;

std::string Why(int error) { return std::generic_category().message(error); }

// 0, or errno.
int WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

// 0, ENOTEMPTY or another errno.
int CheckEmpty(int directory) {
  // The stream owns what it reads from.
  DIR* stream = ::fdopendir(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (stream == nullptr) return errno;
  int found = 0;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") found = ENOTEMPTY;
  }
  if (found == 0) found = errno;
  ::closedir(stream);
  return found;
}

class Writer {
 public:
  explicit Writer(const std::string& path) : path_(path) {}

  std::expected<void, std::string> Write(const std::vector<BundleFile>& files) {
    if (auto opened = Open(); !opened) return opened;
    for (const BundleFile& file : files) {
      if (const int error = Create(file); error != 0) {
        return GiveUp(file.name + " cannot be written: " + Why(error));
      }
    }
    if (::fsync(directory_.get()) != 0) return GiveUp("--out cannot be written: " + Why(errno));
    return {};
  }

 private:
  std::expected<void, std::string> Open() {
    // Made for nobody until it has its mode, whatever the umask.
    made_directory_ = ::mkdir(path_.c_str(), 0700) == 0;
    if (!made_directory_ && errno != EEXIST) {
      return std::unexpected("--out cannot be created: " + Why(errno) +
                             "; its parent must exist and be writable");
    }
    directory_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (directory_.get() < 0) {
      return GiveUp("--out must be a directory, not a link: " + Why(errno));
    }
    if (made_directory_) {
      if (::fchmod(directory_.get(), 0750) != 0) {
        return GiveUp("the mode of --out cannot be set: " + Why(errno));
      }
      return {};
    }
    const int error = CheckEmpty(directory_.get());
    if (error == ENOTEMPTY) {
      return std::unexpected("--out is not empty; use a new directory. Nothing was written");
    }
    if (error != 0) return std::unexpected("--out cannot be read: " + Why(error));
    return {};
  }

  int Create(const BundleFile& file) {
    const Descriptor created(::openat(directory_.get(), file.name.c_str(),
                                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (created.get() < 0) return errno;
    written_.push_back(file.name);
    if (const int error = WriteAll(created.get(), file.content); error != 0) return error;
    return ::fchmod(created.get(), file.mode) == 0 ? 0 : errno;
  }

  std::unexpected<std::string> GiveUp(std::string why) {
    std::string left;
    for (const std::string& name : written_) {
      if (::unlinkat(directory_.get(), name.c_str(), 0) != 0) left += " " + name;
    }
    if (made_directory_ && ::rmdir(path_.c_str()) != 0) left += " the directory itself";
    why += left.empty() ? "; nothing was left behind"
                        : "; remove by hand what is left in --out:" + left;
    return std::unexpected(std::move(why));
  }

  std::string path_;
  Descriptor directory_;
  bool made_directory_ = false;
  std::vector<std::string> written_;
};

}  // namespace

std::expected<void, std::string> WriteBundle(const std::string& directory,
                                             const std::vector<BundleFile>& files) {
  return Writer(directory).Write(files);
}

}  // namespace baokms::app
