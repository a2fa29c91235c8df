// A Decrypt whose key_id is not in the view: who discovers, and what is made of what was found.
#include <doctest/doctest.h>

#include <utility>

#include "tests/unit/requests/kms_service_bench.h"

namespace baokms::core {
namespace {

using testing::GoodRequest;
using testing::KmsBench;
using trompeloeil::_;
using enum SnapshotState;

TEST_CASE("Decrypt: a removed key_id is unknown at once and never discovers") {
  KmsBench b;
  b.Decrypt(GoodRequest(1));
  CHECK(b.DecryptError() == UnknownKeyId());
}

TEST_CASE("Decrypt: an unknown key_id is discovered and then decrypted") {
  KmsBench b;
  {
    EXPECT_DISCOVER(b, testing::IdOf(3));
    b.Decrypt(GoodRequest(3));
  }
  CHECK_FALSE(b.decrypted);
  b.Publish(testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending)}));
  ALLOW_TOKEN(b);
  EXPECT_DECRYPT(b, 1U);
  b.discovered({});
  b.decrypt_done(Secret::Copy("plain"));
  REQUIRE(b.decrypted);
  CHECK(b.decrypted->result.has_value());
}

TEST_CASE(
    "Decrypt: a discovery that fails or finds nothing or is abandoned makes no Transit call") {
  const std::pair<Result<void>, Error> rows[] = {
      {std::unexpected(KeyDiscoveryFailed()), KeyDiscoveryFailed()},
      {std::unexpected(DeadlineExceeded()), DeadlineExceeded()},
      {Result<void>(), UnknownKeyId()}};
  for (const auto& [found, error] : rows) {
    KmsBench b;
    EXPECT_DISCOVER(b, testing::IdOf(3));
    b.Decrypt(GoodRequest(3));
    b.discovered(found);
    CHECK(b.DecryptError() == error);
  }
  KmsBench b;
  EXPECT_DISCOVER(b, testing::IdOf(3));
  b.Decrypt(GoodRequest(3));
  b.call->Abandon();
  b.discovered({});
  CHECK(b.DecryptError() == Cancelled());
}

TEST_CASE("Decrypt: a discovery that ends inside the call changes nothing of that") {
  KmsBench b;
  ALLOW_TOKEN(b);
  EXPECT_DECRYPT(b, 1U);
  REQUIRE_CALL(b.discovery, Discover(testing::IdOf(3), _, _))
      .LR_SIDE_EFFECT(b.Publish(
          testing::RegistryOf({testing::Snapshot(2, kActive), testing::Snapshot(3, kPending)})))
      .SIDE_EFFECT(_3({}))
      .RETURN(nullptr);
  b.Decrypt(GoodRequest(3));
  b.decrypt_done(Secret::Copy("plain"));
  REQUIRE(b.decrypted);
  CHECK(b.decrypted->result.has_value());
}

TEST_CASE("Decrypt: keys that vanish during a discovery are unknown") {
  KmsBench b;
  EXPECT_DISCOVER(b, testing::IdOf(3));
  b.Decrypt(GoodRequest(3));
  b.view.view = std::make_shared<const KeyView>();
  b.discovered({});
  CHECK(b.DecryptError() == UnknownKeyId());
}

}  // namespace
}  // namespace baokms::core
