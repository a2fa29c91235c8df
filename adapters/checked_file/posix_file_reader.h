// FileReader over POSIX calls: the path walked on descriptors, open without following or blocking,
// fstat, read, fstat.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "adapters/checked_file/path_walk.h"
#include "ports/file_reader.h"

namespace baokms::adapters::checked_file {

class PosixFileReader final : public ports::FileReader {
 public:
  // The windows in which a file, or what leads to it, can be exchanged under the reader.
  enum class Moment : std::uint8_t { kReadLink, kCheckedBeforeOpen, kOpenedBeforeRead };

  PosixFileReader() = default;
  // For tests that change the file inside a window, and for whom a directory of their own stands
  // for "/".
  explicit PosixFileReader(std::function<void(Moment)> on_moment, std::string root = "/")
      : on_moment_(std::move(on_moment)), root_(std::move(root)) {}

  std::expected<core::Secret, ports::FileProblem> Read(const std::string& path,
                                                       ports::FilePolicy policy) const override;
  std::expected<void, ports::FileProblem> Check(const std::string& path,
                                                ports::FilePolicy policy) const override;
  std::expected<void, ports::FileProblem> CheckDirectory(
      const std::string& path, ports::DirectoryPolicy policy) const override;

 private:
  void Reach(Moment moment) const {
    if (on_moment_) on_moment_(moment);
  }

  struct OpenFile;
  std::expected<OpenFile, ports::FileProblem> OpenLocated(const Located& located,
                                                          ports::FilePolicy policy) const;
  std::expected<OpenFile, ports::FileProblem> Open(const std::string& path,
                                                   ports::FilePolicy policy) const;

  std::function<void(Moment)> on_moment_;
  std::string root_ = "/";
};

}  // namespace baokms::adapters::checked_file
