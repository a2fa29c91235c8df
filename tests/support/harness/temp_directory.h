// A directory of a test's own, removed with everything in it at the end.
#pragma once

#include <string>
#include <string_view>

namespace baokms::testing {

class TempDirectory {
 public:
  // Below $TMPDIR or /tmp, short enough for Unix socket paths.
  explicit TempDirectory(unsigned mode = 0700);
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Makes a directory below this one and returns its path.
  std::string MakeDirectory(std::string_view name, unsigned mode) const;
  // By rename, as whoever renews credentials does; returns the path.
  std::string Write(std::string_view name, std::string_view content, unsigned mode = 0600) const;

 private:
  std::string path_;
};

// The whole file; empty when it cannot be read.
std::string ReadWholeFile(const std::string& path);
// By rename.
void WriteWholeFile(const std::string& path, std::string_view content, unsigned mode);

}  // namespace baokms::testing
