#include "app/serve/control_loop.h"

#include <algorithm>
#include <utility>

namespace baokms::app {

ControlLoop::TimerId ControlLoop::AddTimer(Task on_time) {
  timers_.push_back({.on_time = std::move(on_time)});
  return timers_.size() - 1;
}

void ControlLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

bool ControlLoop::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void ControlLoop::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

core::MonotonicTime ControlLoop::NextTimer() const {
  core::MonotonicTime next = core::MonotonicTime::max();
  for (const Timer& timer : timers_) next = std::min(next, timer.at);
  return next;
}

void ControlLoop::FireDueTimers() {
  for (Timer& timer : timers_) {
    if (timer.at > clock_.Now().monotonic) continue;
    timer.at = core::MonotonicTime::max();
    timer.on_time();
  }
}

void ControlLoop::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !tasks_.empty()) {
    // What is posted meanwhile waits for the timers.
    std::deque<Task> batch = std::exchange(tasks_, {});
    lock.unlock();
    for (Task& task : batch) {
      task();
      task = nullptr;  // what it held goes before the next one runs
    }
    FireDueTimers();
    const core::MonotonicTime next = NextTimer();
    lock.lock();
    if (!tasks_.empty() || stopping_) continue;
    if (next == core::MonotonicTime::max()) {
      wake_.wait(lock);
    } else {
      // steady_clock is CLOCK_MONOTONIC here, as MonotonicTime is.
      wake_.wait_until(lock, std::chrono::steady_clock::time_point(next.time_since_epoch()));
    }
  }
}

}  // namespace baokms::app
