// Who may connect to the socket, judged from modes and owners as the kernel judges.
#include "app/checks/socket_access.h"

#include <doctest/doctest.h>

namespace baokms::app {
namespace {

constexpr uid_t kProvider = 998;
constexpr gid_t kGroup = 997;

struct stat File(mode_t mode, uid_t uid = kProvider, gid_t gid = kGroup) {
  struct stat file{};
  file.st_mode = mode;
  file.st_uid = uid;
  file.st_gid = gid;
  return file;
}

const SocketCaller kMember{.uid = 2000, .gid = 2000, .groups = {5, kGroup}};

Obstacle Find(const SocketCaller& caller, mode_t directory, mode_t socket,
              const core::AllowedPeers& peers = {}) {
  return FindObstacle(caller, File(directory), File(socket), peers);
}

TEST_CASE("Socket access: a member of the group reaches a socket as it is configured") {
  CHECK(Find(kMember, 02750, 0660) == Obstacle::kNone);
  CHECK(Find({.uid = 2000, .gid = kGroup, .groups = {}}, 02750, 0660) == Obstacle::kNone);
}

TEST_CASE("Socket access: the first thing that is in the way is told") {
  CHECK(Find(kMember, 0700, 0660) == Obstacle::kDirectory);
  CHECK(Find(kMember, 0740, 0660) == Obstacle::kDirectory);
  CHECK(Find(kMember, 0750, 0600) == Obstacle::kSocket);
  CHECK(Find(kMember, 0750, 0640) == Obstacle::kSocket);
  CHECK(Find({.uid = 2000, .gid = 2000, .groups = {}}, 0750, 0660) == Obstacle::kDirectory);
  CHECK(FindObstacle(kMember, File(0750), File(0660, kProvider, 1), {}) == Obstacle::kSocket);
}

TEST_CASE("Socket access: an owner is judged as owner alone") {
  const SocketCaller owner{.uid = kProvider, .gid = 1, .groups = {kGroup}};
  CHECK(Find(owner, 0750, 0600) == Obstacle::kNone);
  CHECK(Find(owner, 0750, 0060) == Obstacle::kSocket);
}

TEST_CASE("Socket access: only root that may override modes overrides them") {
  SocketCaller root{.uid = 0, .gid = 0, .groups = {}};
  CHECK(Find(root, 0700, 0600) == Obstacle::kDirectory);
  root.overrides_modes = true;
  CHECK(Find(root, 0700, 0600) == Obstacle::kNone);
}

TEST_CASE("Socket access: allowedPeers knows a uid or a primary gid") {
  CHECK(Find(kMember, 0750, 0660, {.uids = {0}, .gids = {}}) == Obstacle::kAllowedPeers);
  CHECK(Find(kMember, 0750, 0660, {.uids = {0, 2000}, .gids = {}}) == Obstacle::kNone);
  CHECK(Find(kMember, 0750, 0660, {.uids = {}, .gids = {kGroup}}) == Obstacle::kAllowedPeers);
  CHECK(Find(kMember, 0750, 0660, {.uids = {}, .gids = {2000}}) == Obstacle::kNone);
}

}  // namespace
}  // namespace baokms::app
