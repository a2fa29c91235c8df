// Why the socket could not be served (security-and-deployment.md, "Socket"). Fixed texts: no path.
#pragma once

#include <cstdint>
#include <string_view>

namespace baokms::adapters::grpc_kms {

enum class ListenProblem : std::uint8_t {
  kPathUnusable,            // not absolute, no file name, or longer than a socket address takes
  kDirectoryMissing,        // or not a directory, or a symlink
  kDirectoryNotOwned,       // not the process's user's
  kDirectoryWritable,       // by group or world
  kLocked,                  // another process is creating the socket
  kLockUnusable,            // its lock is not a regular file that only we can open
  kNotASocket,              // a regular file, a symlink or alike is in the way
  kAlreadyServed,           // a live listener holds the path
  kExistingSocketUnproven,  // neither refused nor connected
  kGroupRefused,            // chown to the socket's group
  kSystem,                  // socket, bind, listen, epoll or thread creation failed
};

// What is wrong, naming the configuration field or the condition.
std::string_view Message(ListenProblem problem);
// What to do about it.
std::string_view AdviceFor(ListenProblem problem);

}  // namespace baokms::adapters::grpc_kms
