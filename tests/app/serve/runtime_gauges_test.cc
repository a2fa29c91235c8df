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
  RuntimeGauges gauges{clock, view, driver, watch};

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

TEST_CASE("Gauges: a certificate's lifetime runs on the wall clock and a JWT login has none") {
  GaugesBench b;
  b.StartWith("first");
  CHECK(b.CertificateTtl() == 0s);
  b.driver.Reject(1);
  b.Settle();
  const core::UnixSeconds now = b.clock.Now().wall;
  b.login.End(core::LoginSuccess{.grant = testing::Grant("second", 600s, false),
                                 .credential_expires_at = now + 3600});
  b.Settle();
  CHECK(b.CertificateTtl() == 3600s);
  b.clock.SetWall(now + 60);
  CHECK(b.CertificateTtl() == 3540s);
  b.clock.SetWall(now + 4000);
  CHECK(b.CertificateTtl() == 0s);
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
