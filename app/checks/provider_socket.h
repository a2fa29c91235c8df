// The provider's socket and its directory as this process finds them.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace baokms::app {

enum class SocketFound : std::uint8_t {
  kNothing,
  kHidden,  // this user may not search the directory, or not use the socket
  kAnotherFile,
  kLeft,  // nobody listens at it: what a killed provider leaves
  kListening,
};

struct ProviderSocket {
  SocketFound found = SocketFound::kNothing;
  std::optional<struct stat> directory;
  std::optional<struct stat> file;
  std::optional<uid_t> listener;  // kListening: the user whose process listens
};

// Connects, and ends the connection at once. `path`: absolute.
ProviderSocket LookAtSocket(const std::string& path);

}  // namespace baokms::app
