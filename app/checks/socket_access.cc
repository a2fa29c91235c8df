#include "app/checks/socket_access.h"

#include <algorithm>

namespace baokms::app {
namespace {

constexpr mode_t kMayWrite = 02;   // which connecting to a socket takes
constexpr mode_t kMaySearch = 01;  // of a directory

bool IsIn(const SocketCaller& caller, gid_t group) {
  return caller.gid == group || std::ranges::find(caller.groups, group) != caller.groups.end();
}

// The kernel looks at one class alone: an owner who may not is not helped by what its group may.
bool May(const SocketCaller& caller, const struct stat& file, mode_t bit) {
  if (caller.overrides_modes) return true;
  const unsigned shift = caller.uid == file.st_uid ? 6U : IsIn(caller, file.st_gid) ? 3U : 0U;
  return ((file.st_mode >> shift) & bit) != 0;
}

// As the provider judges at accept; it sees no further groups.
bool IsPeer(const SocketCaller& caller, const core::AllowedPeers& peers) {
  if (peers.uids.empty() && peers.gids.empty()) return true;
  return std::ranges::find(peers.uids, caller.uid) != peers.uids.end() ||
         std::ranges::find(peers.gids, caller.gid) != peers.gids.end();
}

}  // namespace

Obstacle FindObstacle(const SocketCaller& caller, const struct stat& directory,
                      const struct stat& socket, const core::AllowedPeers& peers) {
  if (!May(caller, directory, kMaySearch)) return Obstacle::kDirectory;
  if (!May(caller, socket, kMayWrite)) return Obstacle::kSocket;
  if (!IsPeer(caller, peers)) return Obstacle::kAllowedPeers;
  return Obstacle::kNone;
}

}  // namespace baokms::app
