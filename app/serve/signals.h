// SIGTERM, SIGINT and SIGHUP, taken by the main thread alone.
#pragma once

#include <csignal>

#include "core/model/time.h"

namespace baokms::app {

class Signals {
 public:
  // Blocks them for this and every later thread. Before the first thread.
  Signals();
  // The signal, or 0 when none came within `most`.
  int Wait(core::Duration most) const;

 private:
  sigset_t set_{};
};

}  // namespace baokms::app
