// TransitKmsService over mocked ports: a call that no expectation allows fails the test, so every
// case also proves what never reaches Transit.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/requests/kms_service.h"
#include "core/rotation/key_view.h"
#include "tests/support/core/decrypt_requests.h"
#include "tests/support/core/port_bench.h"
#include "tests/support/ports/checked_exclusion.h"
#include "tests/support/ports/fake_alarm.h"
#include "tests/support/ports/fake_clock.h"
#include "tests/support/ports/fake_key_view_source.h"

namespace baokms::core::testing {

inline std::shared_ptr<const KeyView> HealthyView(const Registry& registry, BootTime verified) {
  return std::make_shared<const KeyView>(KeyView{.keys = BuildKeySet(registry, "v0.1.0"),
                                                 .metadata_reason = std::nullopt,
                                                 .deep_reason = std::nullopt,
                                                 .metadata_error = std::nullopt,
                                                 .deep_error = std::nullopt,
                                                 .verified_at = verified,
                                                 .max_staleness = std::chrono::seconds(90)});
}

struct KmsBench {
  KmsBench() {
    Publish(
        RegistryOf({Snapshot(2, SnapshotState::kActive), Snapshot(1, SnapshotState::kRemoved)}));
  }

  baokms::testing::FakeClock clock;
  baokms::testing::FakeKeyViewSource view;
  MockTokenSource tokens;
  MockTransit transit;
  MockKeyDiscovery discovery;
  baokms::testing::CheckedExclusion exclusion;
  baokms::testing::FakeAlarm alarm;
  TransitKmsService service{{clock, view, tokens, transit, discovery, exclusion, alarm},
                            std::chrono::seconds(5)};

  std::optional<KmsOutcome<EncryptReply>> encrypted;
  std::optional<KmsOutcome<DecryptReply>> decrypted;
  std::unique_ptr<ports::PendingCall> call;
  // What the ports were handed.
  ports::Completion<ports::TokenRef> obtained;
  ports::Completion<Ciphertext> encrypt_done;
  ports::Completion<Secret> decrypt_done;
  ports::Completion<void> discovered;

  void Publish(const Registry& registry) { view.view = HealthyView(registry, clock.Now().boot); }
  MonotonicTime Deadline() const { return clock.Now().monotonic + std::chrono::seconds(5); }

  void Encrypt(std::string_view plaintext) {
    call = service.Encrypt(Secret::Copy(plaintext), [this](KmsOutcome<EncryptReply> outcome) {
      REQUIRE_FALSE(encrypted.has_value());
      encrypted = std::move(outcome);
    });
    REQUIRE(call);
  }
  void Decrypt(DecryptRequest request) {
    call = service.Decrypt(std::move(request), [this](KmsOutcome<DecryptReply> outcome) {
      REQUIRE_FALSE(decrypted.has_value());
      decrypted = std::move(outcome);
    });
    REQUIRE(call);
  }
  Error EncryptError() const {
    REQUIRE(encrypted.has_value());
    REQUIRE(!encrypted->result.has_value());
    return encrypted->result.error();
  }
  Error DecryptError() const {
    REQUIRE(decrypted.has_value());
    REQUIRE(!decrypted->result.has_value());
    return decrypted->result.error();
  }
};

}  // namespace baokms::core::testing

// In namespace baokms::core, with `_` of trompeloeil.
#define EXPECT_DECRYPT(b, from)                               \
  REQUIRE_CALL((b).transit, Decrypt(_, _, (b).Deadline(), _)) \
      .WITH(_1->generation == (from))                         \
      .LR_SIDE_EFFECT((b).decrypt_done = std::move(_4))       \
      .RETURN(nullptr)
#define EXPECT_OBTAIN(b, rejected)                                \
  REQUIRE_CALL((b).tokens, Obtain((rejected), (b).Deadline(), _)) \
      .LR_SIDE_EFFECT((b).obtained = std::move(_3))               \
      .RETURN(nullptr)
// And that the wait is abandoned once.
#define EXPECT_LEFT_OBTAIN(b, rejected)                           \
  auto wait = std::make_unique<testing::MockPendingCall>();       \
  REQUIRE_CALL(*wait, Abandon());                                 \
  REQUIRE_CALL((b).tokens, Obtain((rejected), (b).Deadline(), _)) \
      .LR_SIDE_EFFECT((b).obtained = std::move(_3))               \
      .LR_RETURN(std::move(wait))
#define EXPECT_DISCOVER(b, id)                                   \
  REQUIRE_CALL((b).discovery, Discover((id), (b).Deadline(), _)) \
      .LR_SIDE_EFFECT((b).discovered = std::move(_3))            \
      .RETURN(nullptr)
