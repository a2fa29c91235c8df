#include "core/rotation/status.h"

#include <doctest/doctest.h>

#include "core/rotation/circuit_breaker.h"
#include "core/rotation/key_view.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const BootTime kVerified(std::chrono::hours(5));

KeyView Healthy() {
  return {.keys = BuildKeySet(testing::FirstRegistry(), "v0.1.0"),
          .metadata_reason = std::nullopt,
          .deep_reason = std::nullopt,
          .metadata_error = std::nullopt,
          .deep_error = std::nullopt,
          .verified_at = kVerified,
          .max_staleness = seconds(90)};
}

TEST_CASE("Status: healthy up to and with the last nanosecond of statusMaxStaleness") {
  const KeyView view = Healthy();
  CHECK(IsHealthy(view, kVerified));
  CHECK(IsHealthy(view, kVerified + seconds(90)));
  CHECK_FALSE(IsStale(view, kVerified + seconds(90)));
  CHECK_FALSE(IsHealthy(view, kVerified + seconds(90) + nanoseconds(1)));
  CHECK(IsStale(view, kVerified + seconds(90) + nanoseconds(1)));
  CHECK(UnhealthyReasons(view, kVerified + seconds(91)) == std::vector{Reason::kStatusStale});
}

TEST_CASE("Status: the age is the time since the last good metadata probe ended") {
  KeyView view = Healthy();
  CHECK(CacheAge(view, kVerified + seconds(3)) == seconds(3));
  view.verified_at.reset();
  CHECK_FALSE(CacheAge(view, kVerified));
  CHECK(IsStale(view, kVerified));
}

TEST_CASE("Status: each cause alone makes it unhealthy and is the reason") {
  struct Row {
    Reason reason;
    void (*change)(KeyView&);
  };
  const Row rows[] = {
      {Reason::kStateUnavailable, [](KeyView& v) { v.keys.reset(); }},
      {Reason::kMetadataReadFailed,
       [](KeyView& v) { v.metadata_reason = Reason::kMetadataReadFailed; }},
      {Reason::kDeepProbeFailed, [](KeyView& v) { v.deep_reason = Reason::kDeepProbeFailed; }},
      {Reason::kEncryptionBlocked, [](KeyView& v) { v.encryption_blocked = true; }},
      {Reason::kStatusStale, [](KeyView& v) { v.verified_at.reset(); }},
  };
  for (const Row& row : rows) {
    KeyView view = Healthy();
    row.change(view);
    CHECK_FALSE(IsHealthy(view, kVerified));
    CHECK(UnhealthyReasons(view, kVerified) == std::vector{row.reason});
  }
  CHECK(UnhealthyReasons(Healthy(), kVerified).empty());
}

TEST_CASE("Status: a reason that both probes have is told once") {
  KeyView view = Healthy();
  view.metadata_reason = Reason::kCircuitBreakerOpen;
  view.deep_reason = Reason::kCircuitBreakerOpen;
  CHECK(UnhealthyReasons(view, kVerified) == std::vector{Reason::kCircuitBreakerOpen});
  view.metadata_reason = Reason::kEncryptionBlocked;
  view.encryption_blocked = true;
  CHECK(UnhealthyReasons(view, kVerified) ==
        std::vector{Reason::kEncryptionBlocked, Reason::kCircuitBreakerOpen});
}

TEST_CASE("Status: before any probe it is unhealthy for want of metadata and a deep probe") {
  KeyView view;
  CHECK_FALSE(IsHealthy(view, kVerified));
  CHECK(UnhealthyReasons(view, kVerified) == std::vector{Reason::kStateUnavailable,
                                                         Reason::kMetadataUnverified,
                                                         Reason::kDeepProbePending});
}

TEST_CASE("Status: reasons are empty exactly when it is healthy") {
  for (int bits = 0; bits < 64; ++bits) {
    KeyView view = Healthy();
    if (bits & 1) view.keys.reset();
    if (bits & 2) view.metadata_reason = Reason::kUpsertAllowed;
    if (bits & 4) view.deep_reason = Reason::kDeepProbeInvalid;
    if (bits & 8) view.encryption_blocked = true;
    if (bits & 16) view.verified_at.reset();
    const BootTime now = kVerified + seconds(bits & 32 ? 91 : 90);
    CAPTURE(bits);
    CHECK(IsHealthy(view, now) == UnhealthyReasons(view, now).empty());
  }
}

TEST_CASE("KeySet: every state goes where requests look for it") {
  using enum SnapshotState;
  const auto identity = testing::Bind();
  const Registry registry =
      testing::RegistryOf({testing::Snapshot(3, kActive), testing::Snapshot(4, kPending),
                           testing::Snapshot(2, kRetired), testing::Snapshot(5, kRejected),
                           testing::Snapshot(1, kRemoved)});
  const auto keys = BuildKeySet(registry, "v9");
  REQUIRE(keys->active);
  CHECK(keys->active->snapshot.version.number() == 3);
  REQUIRE(keys->pending);
  CHECK(keys->pending->snapshot.version.number() == 4);
  CHECK(keys->decryptable.size() == 3);
  for (const std::int64_t version : {2, 3, 4}) {
    const auto entry = keys->decryptable.find(testing::IdOf(version).str());
    REQUIRE(entry != keys->decryptable.end());
    CHECK(entry->second->snapshot.version.number() == version);
    CHECK(entry->second->aad->canonical_json().ends_with("\"" + std::to_string(version) + "\"}"));
    CHECK(entry->second->annotations->at("plugin-version.kms.openbao.org") == "v9");
    CHECK(entry->second->annotations->at("key-id-hash.kms.openbao.org") ==
          entry->second->key_id_hash);
  }
  CHECK(keys->refused ==
        std::set<std::string, std::less<>>{testing::IdOf(5).str(), testing::IdOf(1).str()});
}

TEST_CASE("Breaker: it is open from the third failure in a row to the next success") {
  CircuitBreaker breaker;
  breaker.Failed();
  breaker.Failed();
  breaker.Succeeded();
  breaker.Failed();
  breaker.Failed();
  CHECK_FALSE(breaker.open());
  breaker.Failed();
  CHECK(breaker.open());
  breaker.Failed();
  CHECK(breaker.open());
  breaker.Succeeded();
  CHECK_FALSE(breaker.open());
}

TEST_CASE("Breaker: the pause doubles up to the longest however often a probe fails") {
  CircuitBreaker breaker;
  CHECK(breaker.Pause(seconds(1), minutes(10), hours(7)) == hours(7));
  for (Duration pause = seconds(1); pause < minutes(10); pause *= 2) {
    breaker.Failed();
    CHECK(breaker.Pause(seconds(1), minutes(10), hours(7)) == pause);
  }
  for (int i = 0; i < 1000; ++i) {
    breaker.Failed();
    CHECK(breaker.Pause(seconds(1), minutes(10), hours(7)) == minutes(10));
  }
  CHECK(breaker.Pause(seconds(1), hours(8760), hours(7)) == hours(8760));
}

}  // namespace
}  // namespace baokms::core
