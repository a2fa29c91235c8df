// A test's own order of things: all its processes on one processor and ahead of whatever else runs,
// so that who wakes whom, and how often, is the same every time.
#pragma once

namespace baokms::testing {

// For this thread and for the threads and processes that it starts from now on: one processor,
// under SCHED_RR. False where that is not permitted (it takes root, and a container may still
// refuse it).
bool TakeOneProcessor();

}  // namespace baokms::testing
