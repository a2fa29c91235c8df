// Alarms of request handlers, on the control loop.
#pragma once

#include <functional>
#include <map>

#include "app/serve/control_loop.h"
#include "ports/alarm.h"
#include "ports/clock.h"

namespace baokms::app {

class LoopAlarm final : public ports::Alarm {
 public:
  // Before the loop starts. Both outlive the alarm; the alarm outlives the loop's thread.
  LoopAlarm(ControlLoop& loop, const ports::Clock& clock);

  // Runs `then` on the loop's thread. Dropped when the loop has ended before.
  void At(core::MonotonicTime at, std::move_only_function<void()> then) override;

 private:
  void RunDue();

  ControlLoop& loop_;
  const ports::Clock& clock_;
  ControlLoop::TimerId timer_;
  std::multimap<core::MonotonicTime, std::move_only_function<void()>>
      waiting_;  // the loop's thread
};

}  // namespace baokms::app
