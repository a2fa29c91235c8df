// FileReader over POSIX calls: lstat, open without following or blocking, fstat, read, fstat.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ports/file_reader.h"

namespace baokms::adapters::checked_file {

class PosixFileReader final : public ports::FileReader {
 public:
  // The two windows in which a file can be exchanged under the reader.
  enum class Moment : std::uint8_t { kCheckedBeforeOpen, kOpenedBeforeRead };

  PosixFileReader() = default;
  // For tests that change the file inside a window.
  explicit PosixFileReader(std::function<void(Moment)> on_moment)
      : on_moment_(std::move(on_moment)) {}

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
  std::expected<OpenFile, ports::FileProblem> Open(const std::string& path,
                                                   ports::FilePolicy policy) const;

  std::function<void(Moment)> on_moment_;
};

}  // namespace baokms::adapters::checked_file
