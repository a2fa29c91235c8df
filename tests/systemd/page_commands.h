// The commands of a page of docs, under their names.
#pragma once

#include <map>
#include <string>

namespace baokms::systemd_tests {

// `page` is below docs: "systemd.md". CHECKs that the page can be read.
std::map<std::string, std::string> CommandsOf(const std::string& page);

}  // namespace baokms::systemd_tests
