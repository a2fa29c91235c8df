// One thread at a time, by a mutex.
#pragma once

#include <mutex>

#include "ports/exclusion.h"

namespace baokms::app {

class MutexExclusion final : public ports::Exclusion {
 public:
  void Enter() override { mutex_.lock(); }
  void Leave() override { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

}  // namespace baokms::app
