// How often a refused token may be answered with a login (auth.md, "Token manager"): a 403 also
// means a policy denial, which no login cures. A plain value on CLOCK_MONOTONIC; no threads, no
// errors.
#pragma once

#include <algorithm>
#include <optional>

#include "core/model/time.h"

namespace baokms::core {

class LoginThrottle {
 public:
  static constexpr Duration kFirstDelay = std::chrono::seconds(5);
  static constexpr Duration kLongestDelay = std::chrono::minutes(5);
  static constexpr Duration kQuietTime = std::chrono::minutes(10);

  // The current token was refused. Ten minutes without this end an incident.
  void NoteRejection(MonotonicTime now) {
    if (!last_rejection_ || now - *last_rejection_ >= kQuietTime) {
      opens_at_ = now;
      delay_ = kFirstDelay;
    }
    last_rejection_ = now;
  }

  // Takes the right to one recovery, when there is one: the first of an incident at once, the next
  // ones 5 s, 10 s, ... 5 min after the one before.
  [[nodiscard]] bool TryRecover(MonotonicTime now) {
    if (now < opens_at_) {
      return false;
    }
    opens_at_ = now + delay_;
    delay_ = std::min(2 * delay_, kLongestDelay);
    return true;
  }

  MonotonicTime opens_at() const { return opens_at_; }

  friend bool operator==(const LoginThrottle&, const LoginThrottle&) = default;

 private:
  std::optional<MonotonicTime> last_rejection_;
  MonotonicTime opens_at_ = MonotonicTime::min();
  Duration delay_ = kFirstDelay;
};

}  // namespace baokms::core
