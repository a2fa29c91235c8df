// Completions: how the ports that may wait give their answer. One contract for all of them.
#pragma once

#include <functional>

#include "core/model/error.h"

namespace baokms::ports {

// Called exactly once: inside the call that took it or later, on any thread, under no lock of the
// callee's. So whoever passes one holds no lock that it takes, does not need in it what the call
// has yet to return, and keeps calls that begin one another from nesting. It must not block or
// throw.
template <typename Outcome>
using CompletionWith = std::move_only_function<void(Outcome)>;
template <typename T>
using Completion = CompletionWith<core::Result<T>>;

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
