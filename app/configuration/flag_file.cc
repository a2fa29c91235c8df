#include "app/configuration/flag_file.h"

#include <string_view>

namespace baokms::app {
namespace {

std::string_view AdviceFor(ports::FileProblem problem) {
  switch (problem) {
    case ports::FileProblem::kNotAbsolute:
      return "give an absolute path";
    case ports::FileProblem::kMissing:
      return "the file does not exist";
    case ports::FileProblem::kUnsafePermissions:
      return "remove permissions that are not needed: mode 0600 or 0640 for a key, no write access "
             "for group and others for any other file";
    case ports::FileProblem::kSymlink:
      return "use the path of the file itself: a link is followed only if root or this user owns "
             "it, the file and every directory on the way, and neither group nor others may write "
             "to one of these directories";
    default:
      return "use a regular file that this user may read";
  }
}

}  // namespace

std::expected<core::Secret, ConfigProblems> ReadFlagFile(const ports::FileReader& files,
                                                         const std::string& flag,
                                                         const std::string& path,
                                                         ports::FilePolicy policy) {
  if (path.empty()) return core::Secret();
  auto content = files.Read(path, policy);
  if (content) return *std::move(content);
  return std::unexpected(
      ConfigProblems{{.field = flag,
                      .line = 0,
                      .message = std::string(ports::Name(content.error())) + ": " +
                                 std::string(AdviceFor(content.error()))}});
}

}  // namespace baokms::app
