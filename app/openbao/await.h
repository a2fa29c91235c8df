// Waits for the one completion of a port's call: for commands, never on the control loop.
#pragma once

#include <future>
#include <utility>

#include "ports/completion.h"

namespace baokms::app {

// `start` begins a call and hands the completion on. Ports complete at the latest at the deadline
// of the call.
template <typename Value, typename Start>
Value Await(Start start) {
  std::promise<Value> promise;
  std::future<Value> value = promise.get_future();
  start([&promise](Value result) { promise.set_value(std::move(result)); });
  return value.get();
}

}  // namespace baokms::app
