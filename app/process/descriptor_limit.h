// How many files and sockets the process may have open (request-scheduling.md, "Connections").
#pragma once

namespace baokms::app {

// Raises the soft limit to the hard one, which is the one that the operator sets: many systems keep
// the soft one at 1,024 for programs that call select(), and nothing here does. Where the kernel
// refuses, the limit stays.
void RaiseDescriptorLimit();

}  // namespace baokms::app
