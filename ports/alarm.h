// Tells that a time has come (architecture.md, "Who may change what").
#pragma once

#include <functional>

#include "core/model/time.h"

namespace baokms::ports {

class Alarm {
 public:
  virtual ~Alarm() = default;
  // Runs `then` once, when `at` has come: never inside this call, on any thread, under no lock of
  // the alarm's. Dropped unrun at shutdown. It cannot be taken back, so it holds little, and comes
  // to nothing when there is nothing left to do. It must not block or throw. Any thread, never
  // blocks.
  virtual void At(core::MonotonicTime at, std::move_only_function<void()> then) = 0;
};

}  // namespace baokms::ports
