// What one run of the model check is bounded by, and the policy that its nodes run with.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/rotation/key_keeper.h"

namespace baokms::core::model_check {

// All times are multiples of it: time passes one tick at a time, on each node for itself.
inline constexpr Duration kTick = std::chrono::seconds(15);

// Whether a fault may be the loss of both state files, and a change a recovery; or nothing else.
enum class Losses : std::uint8_t { kNone, kAmongOthers, kAlone };

struct Setting {
  int nodes = 2;
  int versions = 2;  // the key is rotated up to this one
  int faults = 1;    // restarts, crashes, failed calls and saves, wall-clock jumps, tampered files
  int changes = 1;   // operator's changes of the key and of the registry
  bool transit_restores = false;  // one of the changes may be a restored backup of Transit
  Losses losses = Losses::kNone;
  bool reject_version_rollback = true;
  int required_observations = 2;
  // rotation.activationDelay: longer than one probe interval, else every probe comes after it.
  int delay_ticks = 3;
  // A call may take one tick, so that requests come while it is under way; else none.
  bool slow_calls = false;
  // An unhealthy node may learn at any time that OpenBao answers again.
  bool news_of_answers = false;
  // From every state, a node that is left alone must come to promote the latest version.
  bool check_rest = false;
};

inline KeeperPolicy PolicyOf(const Setting& setting) {
  return {.rotation = {.required_observations = setting.required_observations,
                       .reject_version_rollback = setting.reject_version_rollback},
          .activation_delay = setting.delay_ticks * kTick,
          .probe_interval = 2 * kTick,
          .deep_probe_interval = 4 * kTick,
          .start_retry_interval = kTick,
          .first_repeat = kTick,
          .longest_repeat = 2 * kTick,
          .max_staleness = 3 * kTick,
          .probe_timeout = kTick,
          .plugin_version = "v0.1.0"};
}

}  // namespace baokms::core::model_check
