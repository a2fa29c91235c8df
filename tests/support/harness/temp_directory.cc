#include "tests/support/harness/temp_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {

TempDirectory::TempDirectory(unsigned mode) {
  std::string pattern = (std::filesystem::temp_directory_path() / "baokms-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr || chmod(pattern.c_str(), mode) != 0) {
    throw HarnessError(std::string("cannot make a directory: ") + std::strerror(errno));
  }
  path_ = pattern;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDirectory::MakeDirectory(std::string_view name, unsigned mode) const {
  std::string path = File(name);
  if (mkdir(path.c_str(), 0700) != 0 || chmod(path.c_str(), mode) != 0) {
    throw HarnessError("cannot make " + path + ": " + std::strerror(errno));
  }
  return path;
}

std::string TempDirectory::Write(std::string_view name, std::string_view content,
                                 unsigned mode) const {
  std::string path = File(name);
  WriteWholeFile(path, content, mode);
  return path;
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteWholeFile(const std::string& path, std::string_view content, unsigned mode) {
  const std::string next = path + ".next";
  {
    std::ofstream out(next, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) throw HarnessError("cannot write " + path);
  }
  if (chmod(next.c_str(), mode) != 0 || std::rename(next.c_str(), path.c_str()) != 0) {
    throw HarnessError("cannot put " + path + " in place: " + std::strerror(errno));
  }
}

}  // namespace baokms::testing
