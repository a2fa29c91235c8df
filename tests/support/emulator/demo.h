// --demo: a transit key, a policy, JWT and certificate auth and a signed JWT, ready for a first
// try.
#pragma once

#include <expected>
#include <string>

#include "tests/support/emulator/emulator.h"

namespace baokms::emulator {

// Returns what the start-up line adds: paths, names and the JWT file in `directory`.
std::expected<Json, std::string> SetUpDemo(Emulator& emulator, const std::string& directory);

}  // namespace baokms::emulator
