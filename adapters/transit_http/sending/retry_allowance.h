// How many attempts beyond the first ones may be made: a fraction of the requests of the last 10 s,
// and a few more (request-scheduling.md, "Attempts"). It is what keeps trouble from growing into a
// storm.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/model/time.h"

namespace baokms::adapters::transit_http {

class RetryAllowance {
 public:
  RetryAllowance(double fraction, double base) : fraction_(fraction), base_(base) {}

  void NoteRequest(core::MonotonicTime now) { ++SecondOf(now).requests; }
  // False: not now. True: one is used.
  bool Take(core::MonotonicTime now);

 private:
  struct Second {
    std::int64_t number = -1;
    std::uint64_t requests = 0;
    std::uint64_t extra = 0;
  };
  Second& SecondOf(core::MonotonicTime now);

  double fraction_;
  double base_;
  std::array<Second, 10> seconds_{};
};

}  // namespace baokms::adapters::transit_http
