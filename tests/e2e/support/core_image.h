// What gcore writes of a serving provider: the core file that the kernel would have written, if the
// provider allowed any.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>

namespace baokms::e2e {

// Says so when this machine cannot take one.
bool SkippedWithoutGcore();

// The whole file. `pid` stops for the time that takes. Needs root: the provider is not dumpable.
std::string CoreImageOf(pid_t pid);

// The OpenBao tokens ("s." and 24 letters or digits) of the request headers that `pid` holds anywhere
// in its memory, that which no core image contains included. Needs root.
std::set<std::string> TokensOf(pid_t pid);

// What stands in front of the first copy of `secret`, to tell whose copy it is.
std::string AroundIn(const std::string& image, const std::string& secret);

}  // namespace baokms::e2e
