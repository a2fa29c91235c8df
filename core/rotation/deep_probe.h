// The deep probe: 32 random bytes encrypted and decrypted at one version, under an AAD of its own
// (registry-and-rotation.md, "Probes and Status cache").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/model/error.h"
#include "core/model/transit_key_version.h"
#include "ports/random.h"
#include "ports/token_source.h"
#include "ports/transit.h"

namespace baokms::core {

enum class DeepResult : std::uint8_t { kOk, kFailed, kInvalid };
struct DeepProbeFinished {
  DeepResult result;
  std::optional<Error> error;  // kFailed
};

// Any thread, never blocks; `done` is called exactly once, at the latest at the deadline. kInvalid:
// the replies came, and were wrong.
std::unique_ptr<ports::PendingCall> ProbeDeeply(
    ports::TokenSource& tokens, ports::TransitPort& transit, ports::Random& random,
    TransitKeyVersion version, MonotonicTime deadline,
    std::move_only_function<void(DeepProbeFinished)> done);

}  // namespace baokms::core
