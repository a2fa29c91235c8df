// Whether a user may connect to the provider's socket: the modes and owners of its directory and of
// the socket itself, and server.allowedPeers (security-and-deployment.md, "Socket"). Access control
// lists and the rules of security modules are not looked at.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "core/model/configuration.h"

namespace baokms::app {

struct SocketCaller {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;     // further ones
  bool overrides_modes = false;  // root with CAP_DAC_OVERRIDE
  friend bool operator==(const SocketCaller&, const SocketCaller&) = default;
};

enum class Obstacle : std::uint8_t { kNone, kDirectory, kSocket, kAllowedPeers };

// What this caller meets first.
Obstacle FindObstacle(const SocketCaller& caller, const struct stat& directory,
                      const struct stat& socket, const core::AllowedPeers& peers);

}  // namespace baokms::app
