// A FileReader that remembers files: `doctor` reads the two that are given to it while it is still
// root, and everything else as the provider's user.
#pragma once

#include <expected>
#include <map>
#include <string>

#include "ports/file_reader.h"

namespace baokms::app {

// One thread.
class KeptFiles final : public ports::FileReader {
 public:
  explicit KeptFiles(const ports::FileReader& disk) : disk_(disk) {}

  // What is found now is what Read and Check say from now on. An empty path is none.
  void Keep(const std::string& path, ports::FilePolicy policy) {
    if (!path.empty()) kept_.emplace(path, disk_.Read(path, policy));
  }

  std::expected<core::Secret, ports::FileProblem> Read(const std::string& path,
                                                       ports::FilePolicy policy) const override {
    const auto kept = kept_.find(path);
    if (kept == kept_.end()) return disk_.Read(path, policy);
    if (!kept->second) return std::unexpected(kept->second.error());
    return kept->second->Clone();
  }
  std::expected<void, ports::FileProblem> Check(const std::string& path,
                                                ports::FilePolicy policy) const override {
    const auto kept = kept_.find(path);
    if (kept == kept_.end()) return disk_.Check(path, policy);
    if (!kept->second) return std::unexpected(kept->second.error());
    return {};
  }
  std::expected<void, ports::FileProblem> CheckDirectory(
      const std::string& path, ports::DirectoryPolicy policy) const override {
    return disk_.CheckDirectory(path, policy);
  }

 private:
  const ports::FileReader& disk_;
  std::map<std::string, std::expected<core::Secret, ports::FileProblem>> kept_;
};

}  // namespace baokms::app
