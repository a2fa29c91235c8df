// A Telemetry whose clocks stand still and whose lines are kept.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/telemetry/telemetry.h"
#include "tests/support/ports/fake_clock.h"

namespace baokms::adapters::telemetry {

class Recorder {
 public:
  explicit Recorder(TelemetryOptions options = AtDebug())
      : telemetry(std::move(options), clock,
                  LogOutput{.descriptor = -1,
                            .sink =
                                [this](std::string_view line) {
                                  const std::scoped_lock lock(mutex_);
                                  text_ += line;
                                },
                            .now =
                                [] {
                                  return std::chrono::system_clock::time_point(
                                      std::chrono::milliseconds(1767323045678));
                                }}) {}

  static TelemetryOptions AtDebug() {
    TelemetryOptions options;
    options.logging.level = core::LogLevel::kDebug;
    options.build = {.version = "v1", .commit = "abc", .build_date = "today", .dirty = true};
    return options;
  }

  // Everything since the last call.
  std::string Take() {
    REQUIRE(telemetry.Flush(std::chrono::seconds(10)));
    const std::scoped_lock lock(mutex_);
    return std::exchange(text_, {});
  }

 private:
  std::mutex mutex_;
  std::string text_;

 public:
  testing::FakeClock clock{1767323045};  // 2026-01-02T03:04:05Z
  Telemetry telemetry;
};

inline const std::string kHash = "qCXYChOIPSWs7scJIduEDiNOYvEUJtFS1Rsbz1eAWY4";
inline const std::string kOtherHash = "rXiCr_lOjsbykm0mDHAvUcVxQl_XcVnT61MesgcPnzc";

}  // namespace baokms::adapters::telemetry
