// The kube-apiservers that run on this node, as the kernel shows them: the users that must reach
// the socket.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/checks/socket_access.h"

namespace baokms::app {

struct KubeApiserver {
  pid_t pid = 0;
  SocketCaller user;
  // Whether it has the socket's directory at the same path as this process: in the same mounts, or
  // in a pod that mounts it there. nullopt: this user may not look, or there is no such directory.
  std::optional<bool> sees_socket;
  friend bool operator==(const KubeApiserver&, const KubeApiserver&) = default;
};

// "kube-apiserver (pid 71, uid 0)".
std::string Described(const KubeApiserver& found);

// By pid, no user twice. Where some see the socket, those alone: another one belongs to another
// container's or another root's cluster. Otherwise all of them: a pod may mount the directory
// elsewhere. Empty also where other users' processes are hidden from this one. `socket_path`:
// absolute. `proc`: where /proc is.
std::vector<KubeApiserver> FindKubeApiservers(const std::string& socket_path,
                                              const std::string& proc = "/proc");

// From the text of /proc/<pid>/status; nullopt when it lacks a field.
std::optional<SocketCaller> ParseProcessStatus(std::string_view text);

}  // namespace baokms::app
