// The kube-apiservers that run on this node, as the kernel shows them: the users that must reach
// the socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/checks/socket_access.h"

namespace baokms::app {

// `proc`: where /proc is. No user twice. Empty also where other users' processes are hidden from
// this one.
std::vector<SocketCaller> FindKubeApiservers(const std::string& proc = "/proc");

// From the text of /proc/<pid>/status; nullopt when it lacks a field.
std::optional<SocketCaller> ParseProcessStatus(std::string_view text);

}  // namespace baokms::app
