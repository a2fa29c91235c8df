// One immutable value at a time, replaced whole: written by the control loop, read by everyone
// (docs/adr, "One published view").
#pragma once

#include <memory>

#if defined(__SANITIZE_THREAD__)
// libstdc++ 12 guards atomic<shared_ptr> by a lock bit that ThreadSanitizer cannot see.
#include <mutex>
#else
#include <atomic>
#endif

namespace baokms::app {

template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : value_(std::move(first)) {}

#if defined(__SANITIZE_THREAD__)
  std::shared_ptr<const T> Load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void Store(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    value_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
#else
  std::shared_ptr<const T> Load() const { return value_.load(std::memory_order_acquire); }
  void Store(std::shared_ptr<const T> next) {
    value_.store(std::move(next), std::memory_order_release);
  }

 private:
  std::atomic<std::shared_ptr<const T> > value_;
#endif
};

}  // namespace baokms::app
