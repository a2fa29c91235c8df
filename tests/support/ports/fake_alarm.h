#pragma once

#include <functional>
#include <map>
#include <utility>

#include "ports/alarm.h"

namespace baokms::testing {

// Keeps what was asked until the test says what time it is. One thread.
class FakeAlarm final : public ports::Alarm {
 public:
  void At(core::MonotonicTime at, std::move_only_function<void()> then) override {
    waiting_.emplace(at, std::move(then));
  }
  // Runs what is due.
  void Ring(core::MonotonicTime now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      waiting_.extract(waiting_.begin()).mapped()();
    }
  }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::multimap<core::MonotonicTime, std::move_only_function<void()>> waiting_;
};

}  // namespace baokms::testing
