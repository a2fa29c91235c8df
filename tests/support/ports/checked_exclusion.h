#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "ports/exclusion.h"

namespace baokms::testing {

// By a mutex. Says whether the calling thread is inside, where a port or a completion must not be
// called. Any thread.
class CheckedExclusion final : public ports::Exclusion {
 public:
  void Enter() override {
    REQUIRE_FALSE(Inside());
    mutex_.lock();
    owner_ = std::this_thread::get_id();
  }
  void Leave() override {
    owner_ = std::thread::id();
    mutex_.unlock();
  }
  bool Inside() const { return owner_ == std::this_thread::get_id(); }

 private:
  std::mutex mutex_;
  std::atomic<std::thread::id> owner_;
};

}  // namespace baokms::testing
