// A status with every field.
#pragma once

#include <chrono>

#include "ports/gauges.h"

namespace baokms::testing {

inline ports::StatusReading FullStatusReading() {
  return {.taken_at = 1'699'999'800,
          .program_version = "v0.1.0",
          .identity_fingerprint = "cfg1.gQ_yp6rHXFkWIp5Mit70k-8OWi65DQKVcYBzzdXbo_Y",
          .health = {.live = true,
                     .ready = true,
                     .rotation_state = "pending",
                     .reasons = {"retired_version_undecryptable"},
                     .persistence_degraded = true},
          .key_version = 3,
          .key_id_hash = "hash3",
          .pending = ports::StatusReading::Pending{.version = 4,
                                                   .key_id_hash = "hash4",
                                                   .observations = 1,
                                                   .required_observations = 3,
                                                   .earliest_promotion = 1'700'000'000},
          .undecryptable = {1, 2},
          .token_left = std::chrono::seconds(1700),
          .credential_left = std::chrono::seconds(0),
          .metadata_probe = ports::StatusReading::Probe{.ok = true,
                                                        .age = std::chrono::seconds(12),
                                                        .took = std::chrono::milliseconds(3)},
          .deep_probe = ports::StatusReading::Probe{.ok = false,
                                                    .age = std::chrono::seconds(40),
                                                    .took = std::chrono::milliseconds(2000),
                                                    .reason = "deep_probe_failed",
                                                    .error_class = "timeout"},
          .last_failure = ports::StatusReading::Failure{.probe = "deep",
                                                        .age = std::chrono::seconds(40),
                                                        .reason = "deep_probe_failed",
                                                        .error_class = "timeout",
                                                        .advice = "say \"why\""}};
}

}  // namespace baokms::testing
