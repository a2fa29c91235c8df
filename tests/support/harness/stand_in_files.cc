#include "tests/support/harness/stand_in_files.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>

namespace baokms::testing {

StandInFiles::StandInFiles(const std::map<std::string, std::string>& files)
    : before_(open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)),
      made_(before_ >= 0 && unshare(CLONE_NEWNS) == 0) {
  if (!made_) return;
  const bool mounted =
      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
      std::ranges::all_of(files, [](const auto& file) {
        return mount(file.second.c_str(), file.first.c_str(), nullptr, MS_BIND, nullptr) == 0;
      });
  if (mounted) return;
  setns(before_, CLONE_NEWNS);
  made_ = false;
}

StandInFiles::~StandInFiles() {
  if (made_) setns(before_, CLONE_NEWNS);
  close(before_);
}

}  // namespace baokms::testing
