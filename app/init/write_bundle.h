// A bundle onto disk: all of it or, after a failure, nothing.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "app/init/bundle.h"

namespace baokms::app {

// Makes `directory` with mode 0750, or takes an empty one that is there, and creates each file
// exclusively with its mode, whatever the umask is. After a failure what was made is removed again.
// The error is for people: what failed, what to do, and by name what could not be removed.
std::expected<void, std::string> WriteBundle(const std::string& directory,
                                             const std::vector<BundleFile>& files);

}  // namespace baokms::app
