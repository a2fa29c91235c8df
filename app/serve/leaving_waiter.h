// What a caller that waits for the control loop holds: its way to leave before it is answered.
#pragma once

#include <functional>
#include <utility>

#include "app/serve/control_loop.h"
#include "ports/completion.h"

namespace baokms::app {

class LeavingWaiter final : public ports::PendingCall {
 public:
  // `leave` runs on the loop, once for each Abandon(); `loop` outlives every call of it.
  LeavingWaiter(ControlLoop& loop, std::function<void()> leave)
      : loop_(loop), leave_(std::move(leave)) {}
  // Behind the task that made it a waiter. Dropped by a loop that has ended, whose waiters are
  // answered.
  void Abandon() override { loop_.Post(leave_); }

 private:
  ControlLoop& loop_;
  std::function<void()> leave_;
};

}  // namespace baokms::app
