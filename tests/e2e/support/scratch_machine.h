// A control-plane node of a test's own in a directory: this system's programs, read-only, and /etc,
// /var and /run that are empty at first. Needs root and mounts.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::e2e {

class ScratchMachine {
 public:
  ScratchMachine();
  // Takes every mount away before the directory goes; aborts rather than delete through one.
  ~ScratchMachine();
  ScratchMachine(const ScratchMachine&) = delete;
  ScratchMachine& operator=(const ScratchMachine&) = delete;

  // Says so when this machine could not be made.
  bool Skipped() const;

  const std::string& root() const { return root_.path(); }
  // A path of the machine as this process sees it.
  std::string At(std::string_view path) const { return root() + std::string(path); }

  // Runs `argv` in the machine to its end; code -1: not within 60 s.
  using Environment = std::map<std::string, std::optional<std::string>>;
  CommandResult Run(std::vector<std::string> argv, Environment environment = {}) const;
  // The same outside of it, for scripts that take --root.
  CommandResult RunOutside(std::vector<std::string> argv, Environment environment = {}) const;
  // What Run starts, for a program that stays.
  static std::vector<std::string> Inside(const std::string& root, std::vector<std::string> argv);

  // A file with that content, made where it stands.
  void Write(std::string_view path, std::string_view content, unsigned mode) const;
  bool Exists(std::string_view path) const;
  std::string Read(std::string_view path) const;

  // "0640 0:999" of a path; ids below 65536 of users that useradd made are not fixed: see Id.
  std::string ModeAndOwner(std::string_view path) const;
  // The number of a name in passwd or group; REQUIREd.
  std::string Id(std::string_view database, const std::string& name) const;
  // Every file and directory of /etc, /var and /run: mode, owner, time of change and content.
  std::map<std::string, std::string> Picture() const;

 private:
  bool Bind(const std::string& from, std::string_view to);

  testing::TempDirectory root_;
  std::vector<std::string> mounts_;
  bool made_ = false;
};

}  // namespace baokms::e2e
