// Which replies of Transit end an outage (request-scheduling.md, "Probes and recovery").
#include "app/serve/watched_transit.h"

#include <doctest/doctest.h>

#include <utility>

#include "tests/support/core/mock_ports.h"
#include "tests/support/ports/fake_clock.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;
using core::OpenBaoStatus;
using trompeloeil::_;

struct WatchBench {
  baokms::testing::FakeClock clock;
  core::testing::MockTransit transit;
  int ends = 0;
  WatchedTransit watched{transit, clock, [this] { ++ends; }};

  static core::Result<core::Secret> Good() { return core::Secret::Copy("p"); }
  static core::Result<core::Secret> Bad(OpenBaoStatus status) {
    return std::unexpected(core::OpenBaoFailure(status));
  }
  void Decrypt(core::Result<core::Secret> reply, core::Lane lane = core::Lane::kDecrypt) {
    ports::Completion<core::Secret> done;
    REQUIRE_CALL(transit, Decrypt(_, _, _, _)).LR_SIDE_EFFECT(done = std::move(_4)).RETURN(nullptr);
    bool ended = false;
    const bool good = reply.has_value();
    watched.Decrypt(nullptr, {.ciphertext = core::Ciphertext("c"), .aad = nullptr, .lane = lane},
                    {}, [&](const core::Result<core::Secret>& got) {
                      ended = true;
                      CHECK(got.has_value() == good);
                    });
    done(std::move(reply));
    CHECK(ended);
  }
  void FailProbe() {
    ports::Completion<bool> done;
    REQUIRE_CALL(transit, ReadDisableUpsert(_, _, _))
        .LR_SIDE_EFFECT(done = std::move(_3))
        .RETURN(nullptr);
    watched.ReadDisableUpsert(nullptr, {}, [](const core::Result<bool>&) {});
    done(std::unexpected(core::OpenBaoFailure(OpenBaoStatus::kUnavailable)));
  }
};

}  // namespace

TEST_CASE("Watched Transit: the first good request after failures ends an outage, once") {
  for (const OpenBaoStatus status :
       {OpenBaoStatus::kConnectionFailed, OpenBaoStatus::kSealed, OpenBaoStatus::kUnavailable,
        OpenBaoStatus::kTimeout, OpenBaoStatus::kPermissionDenied}) {
    WatchBench b;
    b.Decrypt(WatchBench::Good());
    CHECK(b.ends == 0);
    b.Decrypt(WatchBench::Bad(status));
    b.Decrypt(WatchBench::Bad(status));
    CHECK(b.ends == 0);
    b.Decrypt(WatchBench::Good());
    CHECK(b.ends == 1);
    b.Decrypt(WatchBench::Good());
    CHECK(b.ends == 1);
  }
}

TEST_CASE("Watched Transit: what a request is to blame for itself is no outage") {
  for (const OpenBaoStatus status : {OpenBaoStatus::kInvalidRequest, OpenBaoStatus::kNotFound,
                                     OpenBaoStatus::kDecryptFailed, OpenBaoStatus::kCanceled}) {
    WatchBench b;
    b.Decrypt(WatchBench::Bad(status));
    b.Decrypt(WatchBench::Good());
    CHECK(b.ends == 0);
  }
}

TEST_CASE("Watched Transit: an outage that only probes met ends with a request") {
  WatchBench b;
  b.Decrypt(WatchBench::Good());
  b.clock.Pass(2s);
  b.FailProbe();
  b.Decrypt(WatchBench::Good(), core::Lane::kProbe);  // the keeper knows of it
  CHECK(b.ends == 0);
  b.Decrypt(WatchBench::Good());
  CHECK(b.ends == 1);
}

TEST_CASE("Watched Transit: a probe that fails amid good requests is no outage") {
  WatchBench b;
  for (int i = 0; i < 10; ++i) {
    b.Decrypt(WatchBench::Good());
    b.clock.Pass(1s);
    b.FailProbe();
  }
  CHECK(b.ends == 0);
}

}  // namespace baokms::app
