// The control loop: the one thread on which everything with a history lives (architecture.md, "Who
// may change what"). Tasks run in the order they were posted; timers fire between them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/model/time.h"
#include "ports/clock.h"

namespace baokms::app {

class ControlLoop {
 public:
  using Task = std::move_only_function<void()>;
  using TimerId = std::size_t;

  explicit ControlLoop(const ports::Clock& clock) : clock_(clock) {}
  ~ControlLoop() { Stop(); }
  ControlLoop(const ControlLoop&) = delete;
  ControlLoop& operator=(const ControlLoop&) = delete;

  // Before Start.
  TimerId AddTimer(Task on_time);
  void Start();

  // Any thread; never waits for a task. False: Stop has begun, and the task is dropped unrun.
  bool Post(Task task);
  // The loop's thread only. Replaces the timer's time; MonotonicTime::max(): never.
  void Arm(TimerId timer, core::MonotonicTime at) { timers_[timer].at = at; }

  // Runs what was posted so far, then ends the thread. Any thread but the loop's.
  void Stop();

 private:
  struct Timer {
    Task on_time;
    core::MonotonicTime at = core::MonotonicTime::max();
  };

  void Run();
  void FireDueTimers();
  core::MonotonicTime NextTimer() const;

  const ports::Clock& clock_;
  std::vector<Timer> timers_;  // the loop's thread, once started
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace baokms::app
