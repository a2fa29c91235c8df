// Whatever the program writes or answers in any end-to-end case is searched for what was planted
// (observability.md, "What is never shown").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baokms::e2e {

// CHECKs that none of it, nor anything that looks like an OpenBao token or a Transit ciphertext, is
// in what a serving provider showed there.
void CheckSilent(std::string_view where, std::string_view text);

// The same of a command's output. Some print names and directories, which are configured, on
// purpose, or are given a directory to write to.
void CheckSilentCommand(const std::vector<std::string>& arguments, std::string_view text);

}  // namespace baokms::e2e
