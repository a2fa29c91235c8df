#include "app/process/become_user.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace baokms::app {

bool BecomeUser(uid_t uid, gid_t gid, const std::vector<gid_t>& groups) {
  // The user last: it may not change the groups.
  return setgroups(groups.size(), groups.data()) == 0 && setresgid(gid, gid, gid) == 0 &&
         setresuid(uid, uid, uid) == 0;
}

bool GiveUpOverridingModes() {
  constexpr std::uint32_t kGiven = (1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  // glibc has no function for these two.
  if (syscall(SYS_capget, &header, sets) != 0) return false;
  sets[0].effective &= ~kGiven;
  sets[0].permitted &= ~kGiven;
  sets[0].inheritable &= ~kGiven;
  return syscall(SYS_capset, &header, sets) == 0;
}

}  // namespace baokms::app
