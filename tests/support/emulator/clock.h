// The emulator's idea of now: the system clock plus an offset that control moves, so that leases
// and JWTs can be made to expire without waiting.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace baokms::emulator {

class Clock {
 public:
  std::int64_t UnixMillis() const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + offset_millis_;
  }
  std::int64_t UnixSeconds() const { return UnixMillis() / 1000; }

  void SetOffsetMillis(std::int64_t offset) { offset_millis_ = offset; }
  std::int64_t OffsetMillis() const { return offset_millis_; }

 private:
  std::atomic<std::int64_t> offset_millis_{0};
};

// "2026-11-23T14:48:26.679Z"
std::string Rfc3339(std::int64_t unix_millis);

// Go's time.Duration.String for whole seconds: "1h0m0s", "59m3s", "7s".
std::string GoDuration(std::int64_t seconds);

}  // namespace baokms::emulator
