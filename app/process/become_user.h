// This process as another user, for commands that root starts and that must not have root's rights
// while they look.
#pragma once

#include <sys/types.h>

#include <vector>

namespace baokms::app {

// For good: real, effective and saved ids, and `groups` as the only further groups. Root alone can.
// False: it is not that user, and may have that user's groups already, so that it is nobody to go
// on as. While there is one thread.
bool BecomeUser(uid_t uid, gid_t gid, const std::vector<gid_t>& groups);

// For good, for a root that may not override the modes of files (CAP_DAC_OVERRIDE and
// CAP_DAC_READ_SEARCH), as in a container without them. False: nothing has changed. While there is
// one thread.
bool GiveUpOverridingModes();

}  // namespace baokms::app
