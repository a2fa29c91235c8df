// Reading what Transit says of the key, over mocked ports: the key's metadata, then the mount's
// disable_upsert, and the reason each failure counts as.
#include "core/rotation/metadata_read.h"

#include <doctest/doctest.h>

#include <optional>

#include "tests/support/core/builders.h"
#include "tests/support/core/port_bench.h"

namespace baokms::core {
namespace {

using testing::FitMetadata;
using testing::TokenOf;
using trompeloeil::_;

struct MetadataReadBench : testing::PortBench {
  std::optional<MetadataOutcome> outcome;
  std::unique_ptr<ports::PendingCall> call;

  void Read() {
    call = ReadTransitMetadata(tokens, transit, deadline, [this](MetadataOutcome end) {
      REQUIRE_FALSE(outcome.has_value());
      outcome = std::move(end);
    });
  }
  void ReadToMetadata() {
    REQUIRE_CALL(transit, ReadKeyMetadata(_, deadline, _))
        .WITH(_1->generation == 1)
        .LR_SIDE_EFFECT(metadata_read = std::move(_3))
        .RETURN(nullptr);
    Read();
  }
  void ReadToUpsert(const TransitKeyMetadata& metadata) {
    ReadToMetadata();
    REQUIRE_CALL(transit, ReadDisableUpsert(_, deadline, _))
        .WITH(_1->generation == 1)
        .LR_SIDE_EFFECT(upsert_read = std::move(_3))
        .RETURN(nullptr);
    metadata_read(metadata);
  }
  MetadataReadFailed Failure() const {
    REQUIRE(outcome.has_value());
    REQUIRE(std::holds_alternative<MetadataReadFailed>(*outcome));
    return std::get<MetadataReadFailed>(*outcome);
  }
};

}  // namespace

TEST_CASE("Metadata read: the key's metadata and then disable_upsert by the same deadline") {
  for (const bool disabled : {true, false}) {
    MetadataReadBench b;
    ALLOW_TOKEN(b);
    b.ReadToUpsert(FitMetadata(3));
    CHECK_FALSE(b.outcome);
    b.upsert_read(disabled);
    REQUIRE(b.outcome);
    REQUIRE(std::holds_alternative<MetadataRead>(*b.outcome));
    CHECK(std::get<MetadataRead>(*b.outcome).metadata == FitMetadata(3));
    CHECK(std::get<MetadataRead>(*b.outcome).disable_upsert == disabled);
  }
}

TEST_CASE("Metadata read: metadata that cannot be read is metadata_read_failed with its error") {
  for (const Error& why :
       {OpenBaoFailure(OpenBaoStatus::kNotFound), OpenBaoFailure(OpenBaoStatus::kSealed),
        DeadlineExceeded(), ShuttingDown()}) {
    CAPTURE(why.message());
    MetadataReadBench b;
    ALLOW_TOKEN(b);
    b.ReadToMetadata();
    b.metadata_read(std::unexpected(why));  // disable_upsert is not asked for any more
    CHECK(b.Failure().reason == Reason::kMetadataReadFailed);
    CHECK(b.Failure().error == why);
  }
}

TEST_CASE("Metadata read: disable_upsert that cannot be read is upsert_check_failed") {
  for (const Error& why : {OpenBaoFailure(OpenBaoStatus::kUnavailable), DeadlineExceeded()}) {
    CAPTURE(why.message());
    MetadataReadBench b;
    ALLOW_TOKEN(b);
    b.ReadToUpsert(FitMetadata());
    b.upsert_read(std::unexpected(why));
    CHECK(b.Failure().reason == Reason::kUpsertCheckFailed);
    CHECK(b.Failure().error == why);
  }
}

TEST_CASE("Metadata read: without a token nothing is sent and the login's error is told") {
  MetadataReadBench b;
  ALLOW_CALL(b.tokens, Current()).RETURN(nullptr);
  REQUIRE_CALL(b.tokens, Obtain(0U, b.deadline, _))
      .LR_SIDE_EFFECT(b.obtained = std::move(_3))
      .RETURN(nullptr);
  b.Read();
  b.obtained(std::unexpected(CredentialUnusable()));
  CHECK(b.Failure().reason == Reason::kMetadataReadFailed);
  CHECK(b.Failure().error == CredentialUnusable());
}

TEST_CASE("Metadata read: each half recovers once from 401 and 403") {
  for (const auto denial : {OpenBaoStatus::kUnauthenticated, OpenBaoStatus::kPermissionDenied}) {
    MetadataReadBench b;
    ALLOW_TOKEN(b);
    b.ReadToMetadata();
    {
      REQUIRE_CALL(b.tokens, Obtain(1U, b.deadline, _))
          .LR_SIDE_EFFECT(b.obtained = std::move(_3))
          .RETURN(nullptr);
      b.metadata_read(std::unexpected(OpenBaoFailure(denial)));
    }
    {
      REQUIRE_CALL(b.transit, ReadKeyMetadata(_, b.deadline, _))
          .WITH(_1->generation == 2)
          .LR_SIDE_EFFECT(b.metadata_read = std::move(_3))
          .RETURN(nullptr);
      b.obtained(TokenOf(2));
    }
    {
      REQUIRE_CALL(b.transit, ReadDisableUpsert(_, b.deadline, _))
          .LR_SIDE_EFFECT(b.upsert_read = std::move(_3))
          .RETURN(nullptr);
      b.metadata_read(FitMetadata());
    }
    {
      REQUIRE_CALL(b.tokens, Obtain(1U, b.deadline, _))
          .LR_SIDE_EFFECT(b.obtained = std::move(_3))
          .RETURN(nullptr);
      b.upsert_read(std::unexpected(OpenBaoFailure(denial)));
    }
    {
      REQUIRE_CALL(b.transit, ReadDisableUpsert(_, b.deadline, _))
          .WITH(_1->generation == 2)
          .LR_SIDE_EFFECT(b.upsert_read = std::move(_3))
          .RETURN(nullptr);
      b.obtained(TokenOf(2));
    }
    // The one retry was refused too.
    std::unique_ptr<trompeloeil::expectation> dropped;
    if (denial == OpenBaoStatus::kUnauthenticated) {
      dropped = NAMED_REQUIRE_CALL(b.tokens, Reject(2U));
    }
    b.upsert_read(std::unexpected(OpenBaoFailure(denial)));
    CHECK(b.Failure().reason == Reason::kUpsertCheckFailed);
    CHECK(b.Failure().error == OpenBaoFailure(denial));
  }
}

TEST_CASE("Metadata read: a throttled recovery leaves the original denial") {
  MetadataReadBench b;
  ALLOW_TOKEN(b);
  b.ReadToMetadata();
  REQUIRE_CALL(b.tokens, Obtain(1U, b.deadline, _))
      .LR_SIDE_EFFECT(b.obtained = std::move(_3))
      .RETURN(nullptr);
  b.metadata_read(std::unexpected(OpenBaoFailure(OpenBaoStatus::kPermissionDenied)));
  b.obtained(std::unexpected(NoToken()));
  CHECK(b.Failure().reason == Reason::kMetadataReadFailed);
  CHECK(b.Failure().error == OpenBaoFailure(OpenBaoStatus::kPermissionDenied));
}

TEST_CASE("Metadata read: abandoned in either half it abandons what is under way") {
  MetadataReadBench first;
  ALLOW_TOKEN(first);
  auto reading = std::make_unique<testing::MockPendingCall>();
  REQUIRE_CALL(*reading, Abandon());
  REQUIRE_CALL(first.transit, ReadKeyMetadata(_, _, _))
      .LR_SIDE_EFFECT(first.metadata_read = std::move(_3))
      .LR_RETURN(std::move(reading));
  first.Read();
  first.call->Abandon();
  first.metadata_read(FitMetadata());  // disable_upsert is not asked for any more
  CHECK(first.Failure().reason == Reason::kUpsertCheckFailed);
  CHECK(first.Failure().error == Cancelled());

  MetadataReadBench second;
  ALLOW_TOKEN(second);
  second.ReadToMetadata();
  auto checking = std::make_unique<testing::MockPendingCall>();
  REQUIRE_CALL(*checking, Abandon());
  REQUIRE_CALL(second.transit, ReadDisableUpsert(_, _, _))
      .LR_SIDE_EFFECT(second.upsert_read = std::move(_3))
      .LR_RETURN(std::move(checking));
  second.metadata_read(FitMetadata());
  second.call->Abandon();
  second.upsert_read(std::unexpected(Cancelled()));
  CHECK(second.Failure().error == Cancelled());
}

}  // namespace baokms::core
