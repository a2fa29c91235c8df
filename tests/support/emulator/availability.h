// Whether the server as a whole answers: sealed, standby, rate limits.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/support/emulator/clock.h"
#include "tests/support/emulator/logical.h"

namespace baokms::emulator {

struct Standby {
  bool enabled = false;
  int status = 503;         // of every request but sys/health
  std::string redirect_to;  // with it the status is 307 and this is the Location's front
};

// Thread safe.
class Availability {
 public:
  explicit Availability(const Clock& clock) : clock_(clock) {}

  void SetSealed(bool sealed);
  bool sealed() const;
  void SetStandby(Standby standby);
  Standby standby() const;

  // A fixed-window form of OpenBao's rate limit quota: `rate` requests an interval.
  void SetQuota(const std::string& name, const std::string& path, double rate,
                std::int64_t interval_seconds);
  void RemoveQuota(const std::string& name);
  bool Allows(std::string_view path);

 private:
  struct Quota {
    std::string path;  // prefix; empty: everything
    double rate = 0;
    std::int64_t interval_millis = 1000;
    std::int64_t window_start = 0;
    double used = 0;
  };

  const Clock& clock_;
  mutable std::mutex mutex_;
  bool sealed_ = false;
  Standby standby_;
  std::map<std::string, Quota> quotas_;
};

}  // namespace baokms::emulator
