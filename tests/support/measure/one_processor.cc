#include "tests/support/measure/one_processor.h"

#include <sched.h>

namespace baokms::testing {

bool TakeOneProcessor() {
  cpu_set_t permitted;
  if (sched_getaffinity(0, sizeof permitted, &permitted) != 0) return false;
  int last = -1;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &permitted)) last = i;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  sched_param lowest{};
  lowest.sched_priority = sched_get_priority_min(SCHED_RR);
  return sched_setaffinity(0, sizeof one, &one) == 0 &&
         sched_setscheduler(0, SCHED_RR, &lowest) == 0;
}

}  // namespace baokms::testing
