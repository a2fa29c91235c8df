// Ctrl-C while a command measures: it ends with what it has, instead of with nothing.
#pragma once

#include <csignal>

#include "core/model/time.h"

namespace baokms::app {

class Interruption {
 public:
  // SIGINT and SIGTERM end the program no more: neither in this thread nor in those that are
  // started from now on. Before the first thread.
  Interruption();
  // As before, in this thread alone.
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // True: one came, within `most`.
  bool Came(core::Duration most) const;

 private:
  sigset_t set_{};
};

}  // namespace baokms::app
