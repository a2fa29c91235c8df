// server.socketGroup as a group id.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace baokms::app {

// A name, or a decimal gid; nullopt when there is no such group.
std::optional<gid_t> SocketGroupId(const std::string& group);

}  // namespace baokms::app
