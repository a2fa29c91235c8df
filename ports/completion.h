// Completion callbacks of the ports that do I/O.
#pragma once

#include <functional>

#include "core/model/error.h"

namespace baokms::ports {

// Called exactly once, on a thread of the callee's, never from inside the call that took it. It
// must not block and must not throw.
template <typename T>
using Completion = std::move_only_function<void(core::Result<T>)>;

// A call of a port that has not completed. Dropping it changes nothing: the call runs on and
// completes.
class PendingCall {
 public:
  virtual ~PendingCall() = default;
  // Nobody waits for the reply any more: what runs may run on to its budget, and may be cut when
  // something else needs the room; nothing new is begun. The completion is still called. Any
  // thread, any number of times.
  virtual void Abandon() = 0;
};

}  // namespace baokms::ports
