// What tests of one Transit operation share: mocked ports, tokens by generation, and the
// completions that the mocks were handed, for the test to call.
#pragma once

#include <chrono>
#include <memory>

#include "tests/support/core/mock_ports.h"

namespace baokms::core::testing {

inline ports::TokenRef TokenOf(std::uint64_t generation) {
  return std::make_shared<const HeldToken>(
      HeldToken{.generation = generation, .value = Secret::Copy("t"), .expires_at = {}});
}

// The first token is at hand for as long as the calling scope lasts.
#define ALLOW_TOKEN(b) ALLOW_CALL((b).tokens, Current()).RETURN(baokms::core::testing::TokenOf(1))

struct PortBench {
  MockTokenSource tokens;
  MockTransit transit;
  MonotonicTime deadline{std::chrono::hours(2)};

  ports::Completion<ports::TokenRef> obtained;
  ports::Completion<Ciphertext> encrypted;
  ports::Completion<Secret> decrypted;
  ports::Completion<TransitKeyMetadata> metadata_read;
  ports::Completion<bool> upsert_read;
};

}  // namespace baokms::core::testing
