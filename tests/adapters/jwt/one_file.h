// A file reader that knows one path.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>

#include "ports/file_reader.h"

namespace baokms::tests {

class OneFile final : public ports::FileReader {
 public:
  OneFile(std::string path, std::string text) : content(std::move(text)), path_(std::move(path)) {}
  std::expected<core::Secret, ports::FileProblem> Read(
      const std::string& path, ports::FilePolicy asked_policy) const override {
    CHECK(path == path_);
    policy = asked_policy;
    if (problem) return std::unexpected(*problem);
    return core::Secret::Copy(content);
  }
  std::expected<void, ports::FileProblem> Check(const std::string&,
                                                ports::FilePolicy) const override {
    return {};
  }
  std::expected<void, ports::FileProblem> CheckDirectory(const std::string&,
                                                         ports::DirectoryPolicy) const override {
    return {};
  }

  std::string content;
  std::optional<ports::FileProblem> problem;
  mutable ports::FilePolicy policy;  // of the last Read

 private:
  const std::string path_;
};

}  // namespace baokms::tests
