#include "app/process/socket_group.h"

#include <grp.h>

#include <charconv>
#include <vector>

namespace baokms::app {

std::optional<gid_t> SocketGroupId(const std::string& group) {
  gid_t number = 0;
  const char* end = group.data() + group.size();
  const auto parsed = std::from_chars(group.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  ::group entry{};
  ::group* found = nullptr;
  std::vector<char> room(16 * 1024);
  if (getgrnam_r(group.c_str(), &entry, room.data(), room.size(), &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return found->gr_gid;
}

}  // namespace baokms::app
