#include "adapters/checked_file/path_walk.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>
#include <vector>

namespace baokms::adapters::checked_file {
namespace {

using ports::FileProblem;

constexpr int kMostLinks = 16;
constexpr mode_t kOthersMayWrite = S_IWGRP | S_IWOTH;

// An object of any kind, a link itself and not what it leads to; opening it has no effects.
posix::Descriptor OpenWithoutUse(int directory, const std::string& name) {
  return posix::Descriptor(::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

bool OfRootOrUs(const struct stat& status) {
  return status.st_uid == 0 || status.st_uid == ::geteuid();
}

// Where a link leads, from an O_PATH descriptor of it; nullopt: nowhere that a path can name.
std::optional<std::string> TargetOf(const posix::Descriptor& link) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(link.get(), "", target.data(), target.size());
  if (size <= 0 || static_cast<std::size_t>(size) >= target.size()) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

// nullopt: nothing is wrong.
using Wrong = std::optional<FileProblem>;

class Walk {
 public:
  explicit Walk(const WalkOptions& options) : options_(options) {}

  std::expected<Located, WalkProblem> To(const std::string& path) {
    Push(path);
    Wrong wrong = EnterRoot();
    while (!wrong && !arrived_) wrong = TakeStep();
    const bool links = links_ > 0;
    if (!wrong && links && !(trusted_ && OfRootOrUs(arrived_->status))) {
      wrong = FileProblem::kSymlink;
    }
    if (wrong) return std::unexpected(WalkProblem{.problem = *wrong, .through_links = links});
    arrived_->through_links = links;
    return *std::move(arrived_);
  }

 private:
  Wrong TakeStep() {
    std::string name = ".";  // the path ends at "/" itself
    if (!ahead_.empty()) {
      name = std::move(ahead_.front());
      ahead_.pop_front();
    }
    if (name == ".." && at_root_) name = ".";
    posix::Descriptor entry = OpenWithoutUse(directory_.get(), name);
    struct stat status{};
    if (!entry.valid() || ::fstat(entry.get(), &status) != 0) {
      return errno == ENOENT ? FileProblem::kMissing : FileProblem::kUnreadable;
    }
    if (S_ISLNK(status.st_mode)) return Follow(entry, status);
    if (ahead_.empty()) {
      arrived_ =
          Located{.directory = std::move(directory_), .name = std::move(name), .status = status};
      return std::nullopt;
    }
    if (!S_ISDIR(status.st_mode)) return FileProblem::kMissing;
    Enter(std::move(entry), status);
    return std::nullopt;
  }

  Wrong Follow(const posix::Descriptor& link, const struct stat& status) {
    if (!OfRootOrUs(status)) trusted_ = false;
    if (++links_ > kMostLinks) return FileProblem::kSymlink;
    const auto target = TargetOf(link);
    if (!target) return FileProblem::kMissing;
    if (options_.on_link_read) options_.on_link_read();
    Push(*target);
    return target->starts_with('/') ? EnterRoot() : std::nullopt;
  }

  // Before what is still ahead. A "/" at the end asks for a directory, as "/." does.
  void Push(std::string_view path) {
    std::vector<std::string> names;
    for (const auto part : std::views::split(path, '/')) {
      if (!part.empty()) names.emplace_back(part.begin(), part.end());
    }
    if (path.ends_with('/')) names.emplace_back(".");
    ahead_.insert(ahead_.begin(), names.begin(), names.end());
  }

  Wrong EnterRoot() {
    posix::Descriptor root(
        ::open(options_.root.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
    if (!root.valid() || ::fstat(root.get(), &root_) != 0) return FileProblem::kUnreadable;
    Enter(std::move(root), root_);
    return std::nullopt;
  }

  void Enter(posix::Descriptor directory, const struct stat& status) {
    // In a sticky directory nobody exchanges what belongs to root or us, and all else is refused.
    const bool guarded = (status.st_mode & kOthersMayWrite) == 0 || (status.st_mode & S_ISVTX) != 0;
    trusted_ = trusted_ && OfRootOrUs(status) && guarded;
    at_root_ = status.st_dev == root_.st_dev && status.st_ino == root_.st_ino;
    directory_ = std::move(directory);
  }

  const WalkOptions& options_;
  struct stat root_{};
  posix::Descriptor directory_;
  bool at_root_ = false;
  std::deque<std::string> ahead_;
  int links_ = 0;
  bool trusted_ = true;  // of all links and directories so far
  std::optional<Located> arrived_;
};

}  // namespace

std::expected<Located, WalkProblem> Locate(const std::string& path, const WalkOptions& options) {
  return Walk(options).To(path);
}

}  // namespace baokms::adapters::checked_file
