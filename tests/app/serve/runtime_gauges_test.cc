// token_ttl and certificate_ttl as metrics read them (observability.md, "Metrics").
#include "app/serve/runtime_gauges.h"

#include <doctest/doctest.h>

#include "core/rotation/key_view.h"
#include "tests/support/core/builders.h"
#include "tests/support/loop/token_bench.h"
#include "tests/support/ports/memory_state_store.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;

struct GaugesBench : testing::TokenBench {
  PublishedView view;
  baokms::testing::MemoryStateStore files;
  StateWatch watch{files, [](core::FilesFound, bool) {}};
  ProbeHistory history;
  RuntimeGauges gauges{RuntimeGauges::Sources{clock, view, driver, history, watch},
                       RuntimeGauges::Facts{.auth_method = core::AuthMethod::kCert,
                                            .required_observations = 3,
                                            .program_version = "v0.1.0",
                                            .identity_fingerprint = "cfg1.x"}};

  auto TokenTtl() const { return gauges.ReadGauges().token_ttl; }
  auto CertificateTtl() const { return gauges.ReadGauges().certificate_ttl; }
};

}  // namespace

TEST_CASE("Gauges: the token's lifetime runs down to 0 even while the machine sleeps") {
  GaugesBench b;
  CHECK(b.TokenTtl() == 0s);
  b.StartWith("first", 600s);
  CHECK(b.TokenTtl() == 600s);
  b.Pass(1s);
  CHECK(b.TokenTtl() == 599s);
  b.clock.Sleep(598s);
  CHECK(b.TokenTtl() == 1s);
  b.clock.Sleep(100s);
  CHECK(b.TokenTtl() == 0s);
}

TEST_CASE("Gauges: files that are lost are a reason and a metric and leave the rest as it is") {
  GaugesBench b;
  const core::Registry registry =
      core::testing::RegistryOf({core::testing::Snapshot(1, core::SnapshotState::kActive)});
  CHECK(b.gauges.ReadGauges().state_files_intact);
  b.files.fail_load = true;
  b.files.problem.kind = ports::StateProblemKind::kUnsafeFile;
  const bool ready = b.gauges.ReadHealth().ready;
  b.watch.Look(registry);
  CHECK_FALSE(b.gauges.ReadGauges().state_files_intact);
  CHECK(b.gauges.ReadHealth().reasons.back() == "state_files_unreadable");
  CHECK(b.gauges.ReadHealth().ready == ready);
}

TEST_CASE("Gauges: without a token its lifetime is 0") {
  GaugesBench b;
  b.StartWith("first", 600s);
  b.driver.Reject(1);
  b.Settle();
  CHECK(b.TokenTtl() == 0s);
  b.LogIn("second", 300s);
  CHECK(b.TokenTtl() == 300s);
}

TEST_CASE("Gauges: a certificate's lifetime runs on the wall clock and a JWT is none") {
  GaugesBench b;
  const RuntimeGauges with_jwt{
      RuntimeGauges::Sources{b.clock, b.view, b.driver, b.history, b.watch},
      RuntimeGauges::Facts{}};
  b.StartWith("first");
  CHECK(b.CertificateTtl() == 0s);
  b.driver.Reject(1);
  b.Settle();
  const core::UnixSeconds now = b.clock.Now().wall;
  b.login.End(core::LoginSuccess{.grant = testing::Grant("second", 600s, false),
                                 .credential_expires_at = now + 3600});
  b.Settle();
  CHECK(b.CertificateTtl() == 3600s);
  CHECK(b.gauges.ReadGauges().credential_ttl == 3600s);
  CHECK(with_jwt.ReadGauges().credential_ttl == 3600s);
  CHECK(with_jwt.ReadGauges().certificate_ttl == 0s);
  b.clock.SetWall(now + 60);
  CHECK(b.CertificateTtl() == 3540s);
  b.clock.SetWall(now + 4000);
  CHECK(b.CertificateTtl() == 0s);
}

TEST_CASE("Gauges: ready and its reasons are those of /ready") {
  GaugesBench b;
  CHECK_FALSE(b.gauges.ReadGauges().ready);
  CHECK(b.gauges.ReadGauges().reasons == b.gauges.ReadHealth().reasons);
  core::KeyView healthy;
  healthy.keys = core::BuildKeySet(core::testing::FirstRegistry(), "v0.1.0");
  healthy.metadata_reason.reset();
  healthy.deep_reason.reset();
  healthy.verified_at = b.clock.Now().boot;
  healthy.max_staleness = 90s;
  b.view.Store(healthy);
  CHECK(b.gauges.ReadGauges().ready);
  CHECK(b.gauges.ReadGauges().reasons.empty());
  b.gauges.BeginDrain();
  CHECK_FALSE(b.gauges.ReadGauges().ready);
  CHECK(b.gauges.ReadGauges().reasons == std::vector<std::string>{"draining"});
}

TEST_CASE("Status page: before the first probe it knows only that it is not ready") {
  GaugesBench b;
  const ports::StatusReading status = b.gauges.ReadStatus();
  CHECK(status.program_version == "v0.1.0");
  CHECK(status.identity_fingerprint == "cfg1.x");
  CHECK(status.taken_at == b.clock.Now().wall);
  CHECK_FALSE(status.health.ready);
  CHECK(status.key_version == 0);
  CHECK_FALSE(status.pending.has_value());
  CHECK_FALSE(status.token_left.has_value());
  CHECK_FALSE(status.metadata_probe.has_value());
  CHECK_FALSE(status.last_failure.has_value());
}

TEST_CASE("Status page: the pending version with its count and the wall clock's earliest time") {
  GaugesBench b;
  b.StartWith("first", 600s);
  core::KeyView view;
  view.keys = core::BuildKeySet(
      core::testing::RegistryOf({core::testing::Snapshot(1, core::SnapshotState::kActive),
                                 core::testing::Candidate(2, 1)}),
      "v0.1.0");
  view.earliest_promotion = b.clock.Now().monotonic + 90500ms;
  view.undecryptable = {core::testing::Version(1)};
  b.view.Store(view);
  const ports::StatusReading status = b.gauges.ReadStatus();
  CHECK(status.key_version == 1);
  CHECK(status.key_id_hash == view.keys->active->key_id_hash);
  REQUIRE(status.pending.has_value());
  CHECK(status.pending->version == 2);
  CHECK(status.pending->key_id_hash == view.keys->pending->key_id_hash);
  CHECK(status.pending->observations == 1);
  CHECK(status.pending->required_observations == 3);
  CHECK(status.pending->earliest_promotion == b.clock.Now().wall + 91);
  CHECK(status.undecryptable == std::vector<std::int64_t>{1});
  CHECK(status.token_left == 600s);
  // What should have come is due now, not in the past.
  b.clock.Pass(200s);
  CHECK(b.gauges.ReadStatus().pending->earliest_promotion == b.clock.Now().wall);
  b.clock.Pass(400s);
  CHECK_FALSE(b.gauges.ReadStatus().token_left.has_value());
}

TEST_CASE("Status page: the last failure stays when later probes are good") {
  GaugesBench b;
  const core::BootTime began = b.clock.Now().boot;
  b.history.Add({.healthy = false,
                 .reason = core::Reason::kMetadataReadFailed,
                 .error = core::OpenBaoFailure(core::OpenBaoStatus::kSealed),
                 .kind = ports::ProbeKind::kMetadata,
                 .ended = began,
                 .took = 12ms},
                "OpenBao is sealed: unseal it");
  b.clock.Pass(7s);
  ports::StatusReading status = b.gauges.ReadStatus();
  REQUIRE(status.metadata_probe.has_value());
  CHECK_FALSE(status.metadata_probe->ok);
  CHECK(status.metadata_probe->age == 7s);
  CHECK(status.metadata_probe->took == 12ms);
  CHECK(status.metadata_probe->reason == "metadata_read_failed");
  CHECK(status.metadata_probe->error_class == "openbao_sealed");
  b.history.Add({.healthy = true,
                 .reason = std::nullopt,
                 .error = std::nullopt,
                 .kind = ports::ProbeKind::kMetadata,
                 .ended = began + 7s,
                 .took = 3ms},
                "");
  status = b.gauges.ReadStatus();
  CHECK(status.metadata_probe->ok);
  CHECK(status.metadata_probe->age == 0s);
  CHECK(status.metadata_probe->reason.empty());
  CHECK_FALSE(status.deep_probe.has_value());
  REQUIRE(status.last_failure.has_value());
  CHECK(status.last_failure->probe == "metadata");
  CHECK(status.last_failure->age == 7s);
  CHECK(status.last_failure->advice == "OpenBao is sealed: unseal it");
}

TEST_CASE("Gauges: versions that no longer decrypt are told while /ready stays good") {
  GaugesBench b;
  core::KeyView healthy;
  healthy.keys = core::BuildKeySet(core::testing::FirstRegistry(), "v0.1.0");
  healthy.metadata_reason.reset();
  healthy.deep_reason.reset();
  healthy.verified_at = b.clock.Now().boot;
  healthy.max_staleness = 90s;
  b.view.Store(healthy);
  CHECK(b.gauges.ReadGauges().newest_undecryptable == 0);
  CHECK(b.gauges.ReadHealth().reasons.empty());

  healthy.undecryptable = {core::testing::Version(1), core::testing::Version(3)};
  b.view.Store(healthy);
  CHECK(b.gauges.ReadGauges().newest_undecryptable == 3);
  ports::HealthReading health = b.gauges.ReadHealth();
  CHECK(health.ready);
  CHECK(health.healthz == "ok");
  CHECK(health.reasons == std::vector<std::string>{"retired_version_undecryptable"});

  healthy.metadata_reason = core::Reason::kMetadataReadFailed;
  b.view.Store(healthy);
  health = b.gauges.ReadHealth();
  CHECK_FALSE(health.ready);
  CHECK(health.reasons ==
        std::vector<std::string>{"metadata_read_failed", "retired_version_undecryptable"});
}

}  // namespace baokms::app
