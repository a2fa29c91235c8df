#include "app/checks/closed_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace baokms::app {

std::optional<ClosedDirectory> FindClosedDirectory(const std::string& path) {
  const std::size_t last = path.rfind('/');
  for (std::size_t end = 0; end != std::string::npos && end <= last;
       end = path.find('/', end + 1)) {
    const std::string directory = path.substr(0, std::max<std::size_t>(end, 1));
    if (faccessat(AT_FDCWD, directory.c_str(), X_OK, AT_EACCESS) == 0 || errno != EACCES) continue;
    ClosedDirectory closed{.path = directory, .status = {}, .holds_the_file = end == last};
    // Those above it may be searched.
    if (stat(directory.c_str(), &closed.status) == 0) return closed;
  }
  return std::nullopt;
}

std::string DescribedMode(const struct stat& status) {
  constexpr mode_t kShown = 07777;
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & kShown));
  return "mode " + std::string(mode) + ", owner " + std::to_string(status.st_uid) + ":" +
         std::to_string(status.st_gid);
}

}  // namespace baokms::app
