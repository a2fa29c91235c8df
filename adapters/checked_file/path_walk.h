// From a path to the file that it names, one component at a time, on descriptors: what a directory
// was judged by is what is gone on from, whoever renames it meanwhile.
#pragma once

#include <sys/stat.h>

#include <expected>
#include <functional>
#include <string>

#include "adapters/posix/descriptor.h"
#include "ports/file_reader.h"

namespace baokms::adapters::checked_file {

// What a path names; no link.
struct Located {
  posix::Descriptor directory;  // O_PATH
  std::string name;             // in `directory`
  struct stat status{};         // of what had that name
  bool through_links = false;
};

struct WalkProblem {
  ports::FileProblem problem{};
  bool through_links = false;
};

struct WalkOptions {
  std::string root = "/";                // what stands for "/"
  std::function<void()> on_link_read{};  // for tests; may be empty
};

// Follows links where every link, every directory on the way and what the path names belong to root
// or the effective user, and no directory on the way may be written by group or others, sticky ones
// excepted; anywhere else, and after 16 links, kSymlink. A path without links leads through any
// directory. kMissing for a component that is not there or is no directory. `path` is absolute.
std::expected<Located, WalkProblem> Locate(const std::string& path, const WalkOptions& options);

}  // namespace baokms::adapters::checked_file
