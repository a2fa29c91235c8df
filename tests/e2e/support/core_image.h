// What gcore writes of a serving provider: the core file that the kernel would have written, if the
// provider allowed any.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>

#include "tests/support/harness/openbao_under_test.h"

namespace baokms::e2e {

// Says so when this machine cannot take one.
bool SkippedWithoutGcore();

// The whole file. `pid` stops for the time that takes. Needs root: the provider is not dumpable.
std::string CoreImageOf(pid_t pid);

// The tokens that `pid` holds anywhere in its memory, that which no core image contains included:
// "s." and 24 letters or digits that OpenBao accepts. Needs root.
std::set<std::string> TokensOf(pid_t pid, const testing::OpenBaoUnderTest& openbao);

// What stands in front of the first copy of `secret`, to tell whose copy it is.
std::string AroundIn(const std::string& image, const std::string& secret);

}  // namespace baokms::e2e
