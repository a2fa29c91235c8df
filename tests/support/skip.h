// A test that cannot run here says so, and ctest reports it as skipped, by name, never as passed.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace baokms::testing {

// ctest knows a skipped test by this line (cmake/AddDoctest.cmake).
inline bool SaySkipped(std::string_view why) {
  std::printf("SKIP: %.*s\n", static_cast<int>(why.size()), why.data());
  return true;
}

// Second users, groups and foreign files need root.
inline bool SkippedWithoutRoot() { return geteuid() != 0 && SaySkipped("needs root"); }
// Root reads everything.
inline bool SkippedAsRoot() { return geteuid() == 0 && SaySkipped("needs a user other than root"); }

}  // namespace baokms::testing
