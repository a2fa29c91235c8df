// gRPC's locks are absl's. Debian builds absl without NDEBUG, so each of them looks for deadlocks
// whenever it is taken (libraries.md, "gRPC").
#pragma once

namespace baokms::app {

// Before any gRPC call.
void StopLockOrderChecks();

}  // namespace baokms::app
