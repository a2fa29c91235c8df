#include "app/serve/loop_alarm.h"

#include <utility>

namespace baokms::app {

LoopAlarm::LoopAlarm(ControlLoop& loop, const ports::Clock& clock)
    : loop_(loop), clock_(clock), timer_(loop.AddTimer([this] { RunDue(); })) {}

void LoopAlarm::At(core::MonotonicTime at, std::move_only_function<void()> then) {
  loop_.Post([this, at, then = std::move(then)]() mutable {
    waiting_.emplace(at, std::move(then));
    loop_.Arm(timer_, waiting_.begin()->first);
  });
}

void LoopAlarm::RunDue() {
  while (!waiting_.empty() && waiting_.begin()->first <= clock_.Now().monotonic) {
    waiting_.extract(waiting_.begin()).mapped()();
  }
  if (!waiting_.empty()) loop_.Arm(timer_, waiting_.begin()->first);
}

}  // namespace baokms::app
