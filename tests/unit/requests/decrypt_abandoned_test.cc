// A Decrypt whose caller leaves, at each step: what it abandons and what it never begins.
#include <doctest/doctest.h>

#include <memory>
#include <utility>

#include "tests/unit/requests/kms_service_bench.h"

namespace baokms::core {
namespace {

using testing::GoodRequest;
using testing::KmsBench;
using trompeloeil::_;
using enum SnapshotState;

TEST_CASE("Decrypt: one abandoned during its discovery leaves it") {
  KmsBench b;
  auto wait = std::make_unique<testing::MockPendingCall>();
  REQUIRE_CALL(*wait, Abandon());
  REQUIRE_CALL(b.discovery, Discover(testing::IdOf(3), b.Deadline(), _))
      .LR_SIDE_EFFECT(b.discovered = std::move(_3))
      .LR_RETURN(std::move(wait));
  b.Decrypt(GoodRequest(3));
  b.call->Abandon();
  b.discovered(std::unexpected(Cancelled()));
  CHECK(b.DecryptError() == Cancelled());
}

TEST_CASE("Decrypt: an abandoned call is passed on and never retried") {
  KmsBench b;
  ALLOW_TOKEN(b);
  auto pending = std::make_unique<testing::MockPendingCall>();
  REQUIRE_CALL(*pending, Abandon());
  REQUIRE_CALL(b.transit, Decrypt(_, _, _, _))
      .LR_SIDE_EFFECT(b.decrypt_done = std::move(_4))
      .LR_RETURN(std::move(pending));
  b.Decrypt(GoodRequest(2));
  b.call->Abandon();
  b.decrypt_done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  CHECK(b.DecryptError() == OpenBaoFailure(OpenBaoStatus::kPermissionDenied));
}

TEST_CASE("Decrypt: one abandoned while it waits for a token makes no call") {
  KmsBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  EXPECT_LEFT_OBTAIN(b, 0U);
  b.Decrypt(GoodRequest(2));
  b.call->Abandon();
  b.obtained(testing::TokenOf(1));
  CHECK(b.DecryptError() == Cancelled());
}

TEST_CASE("Decrypt: one abandoned while its retry waits for a token makes no second call") {
  KmsBench b;
  ALLOW_TOKEN(b);
  EXPECT_DECRYPT(b, 1U);
  EXPECT_LEFT_OBTAIN(b, 1U);
  b.Decrypt(GoodRequest(2));
  b.decrypt_done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  b.call->Abandon();
  b.obtained(testing::TokenOf(2));
  CHECK(b.decrypted.has_value());
}

TEST_CASE("Decrypt: one abandoned after its discovery is not retried") {
  KmsBench b;
  ALLOW_TOKEN(b);
  EXPECT_DISCOVER(b, testing::IdOf(3));
  b.Decrypt(GoodRequest(3));
  b.Publish(testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending)}));
  EXPECT_DECRYPT(b, 1U);
  b.discovered({});
  b.call->Abandon();
  b.decrypt_done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  CHECK(b.DecryptError() == OpenBaoFailure(OpenBaoStatus::kPermissionDenied));
}

// Expects one Decrypt whose pending call is abandoned once while it lives.
#define EXPECT_ABANDONED_DECRYPT(b, from)                      \
  auto pending = std::make_unique<testing::MockPendingCall>(); \
  REQUIRE_CALL(*pending, Abandon());                           \
  REQUIRE_CALL((b).transit, Decrypt(_, _, (b).Deadline(), _))  \
      .WITH(_1->generation == (from))                          \
      .LR_SIDE_EFFECT((b).decrypt_done = std::move(_4))        \
      .LR_RETURN(std::move(pending))

TEST_CASE("Decrypt: one abandoned after its wait for a token abandons what it then sent") {
  KmsBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  EXPECT_OBTAIN(b, 0U);
  b.Decrypt(GoodRequest(2));
  EXPECT_ABANDONED_DECRYPT(b, 1U);
  b.obtained(testing::TokenOf(1));
  b.call->Abandon();
  b.decrypt_done(std::unexpected(Cancelled()));
  CHECK(b.DecryptError() == Cancelled());
}

TEST_CASE("Decrypt: one abandoned after a denial abandons what it sent the second time") {
  KmsBench b;
  ALLOW_TOKEN(b);
  {
    EXPECT_DECRYPT(b, 1U);
    b.Decrypt(GoodRequest(2));
  }
  {
    EXPECT_OBTAIN(b, 1U);
    b.decrypt_done(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  }
  EXPECT_ABANDONED_DECRYPT(b, 2U);
  b.obtained(testing::TokenOf(2));
  b.call->Abandon();
  b.decrypt_done(std::unexpected(Cancelled()));
  CHECK(b.DecryptError() == Cancelled());
}

TEST_CASE("Decrypt: one abandoned after its discovery abandons what it then sent") {
  KmsBench b;
  ALLOW_TOKEN(b);
  EXPECT_DISCOVER(b, testing::IdOf(3));
  b.Decrypt(GoodRequest(3));
  b.Publish(testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending)}));
  EXPECT_ABANDONED_DECRYPT(b, 1U);
  b.discovered({});
  b.call->Abandon();
  b.decrypt_done(std::unexpected(Cancelled()));
  CHECK(b.DecryptError() == Cancelled());
}

TEST_CASE("Decrypt: one abandoned while its discovery waits for a token makes no call") {
  KmsBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  EXPECT_DISCOVER(b, testing::IdOf(3));
  b.Decrypt(GoodRequest(3));
  b.Publish(testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending)}));
  EXPECT_OBTAIN(b, 0U);
  b.discovered({});
  b.call->Abandon();
  b.obtained(testing::TokenOf(1));
  CHECK(b.DecryptError() == Cancelled());
}

TEST_CASE("Decrypt: one abandoned inside the call that sends it abandons that call too") {
  KmsBench b;
  ALLOW_TOKEN(b);
  {
    EXPECT_DISCOVER(b, testing::IdOf(3));
    b.Decrypt(GoodRequest(3));
  }
  b.Publish(testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending)}));
  auto pending = std::make_unique<testing::MockPendingCall>();
  REQUIRE_CALL(*pending, Abandon());
  REQUIRE_CALL(b.transit, Decrypt(_, _, _, _))
      .LR_SIDE_EFFECT(b.decrypt_done = std::move(_4))
      .LR_SIDE_EFFECT(b.call->Abandon())
      .LR_RETURN(std::move(pending));
  b.discovered({});
  b.decrypt_done(std::unexpected(Cancelled()));
}

}  // namespace
}  // namespace baokms::core
