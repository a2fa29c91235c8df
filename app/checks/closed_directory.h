// The directory that keeps this process from a file.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace baokms::app {

struct ClosedDirectory {
  std::string path;
  struct stat status{};
  bool holds_the_file = false;  // false: one above
};

// The first on the way to `path`, which is absolute, that this process's user may not search;
// nullopt: none.
std::optional<ClosedDirectory> FindClosedDirectory(const std::string& path);

// "mode 0750, owner 0:54321": uid and gid.
std::string DescribedMode(const struct stat& status);

}  // namespace baokms::app
