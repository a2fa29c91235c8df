// Which files and TCP ports the process may still use, enforced by the kernel
// (security-and-deployment.md, "Landlock and seccomp").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::app {

struct LandlockRules {
  // Absolute paths. What is below them may be read; of one that does not exist, what is below the
  // closest directory above it that does.
  std::vector<std::string> readable = {};
  // Below them files and sockets may also be created, written, renamed and removed.
  std::vector<std::string> writable = {};
  std::vector<std::uint16_t> connect_ports = {};
  std::vector<std::uint16_t> listen_ports = {};
  // A module that only its vendor knows runs in this process: then the four above are not enforced,
  // and only running programs and creating device files are forbidden.
  bool foreign_module = false;
};

enum class LandlockScope : std::uint8_t {
  kNone,           // this kernel has no Landlock, or refuses it
  kPrograms,       // foreign_module
  kFiles,          // Linux 5.13 and later
  kFilesAndPorts,  // Linux 6.7 and later
};

// One word for logs and reports.
std::string_view Name(LandlockScope scope);

// What this kernel can enforce; changes nothing. Any thread.
LandlockScope AvailableLandlock(bool foreign_module);

// For the calling thread and those that it starts from now on, so before any other thread; after
// new privileges have been given up (process_hardening.h). Cannot be undone. kNone: nothing has
// changed.
LandlockScope EnforceLandlock(const LandlockRules& rules);

}  // namespace baokms::app
