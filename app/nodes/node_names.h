// How nodes are called by the files that their outputs are in.
#pragma once

#include <string>
#include <vector>

namespace baokms::app {

// The file's name without its directory and ".json"; the whole path for files that would have the
// same name. In the order of `paths`; printable.
std::vector<std::string> NodeNames(const std::vector<std::string>& paths);

}  // namespace baokms::app
