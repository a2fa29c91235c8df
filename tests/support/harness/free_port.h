// Ports for the servers of tests.
#pragma once

namespace baokms::testing {

// A 127.0.0.1 port that nobody listened on a moment ago, and that neither this process nor another
// test program that runs beside it gets again. Any thread. Throws HarnessError.
unsigned short FreePort();

}  // namespace baokms::testing
