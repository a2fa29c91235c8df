// Starts of a node that has served before, while OpenBao answers and something keeps Status
// unhealthy: it serves Decrypt, says why, and recovers (request-scheduling.md, "Start").
#include <doctest/doctest.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

// A stopped node with a state, and an object that it sealed.
struct ServedBefore {
  Bench bench;
  ProviderConfig config{bench.Config()};
  std::string key_id;
  testing::SealedObject sealed;

  ServedBefore() {
    config.tree["bootstrap"] = {{"graceTimeout", "1s"}, {"retryInterval", "200ms"}};
    config.Write();
    Serving provider(config);
    key_id = provider.KeyId();
    sealed = provider.Seal("before");
    REQUIRE(provider.process.Terminate().has_value());
  }
  std::string PolicyOnKey(const std::string& operation) const {
    const testing::SetupOptions& names = bench.setup.options();
    return "path \"" + names.transit_mount + "/" + operation + "/" + names.key_name +
           "\" { capabilities = [\"update\"] }\n";
  }

  // Starts it again; `mend` must make it healthy.
  void CheckServes(const std::string& reason, std::string_view words,
                   const std::function<void()>& mend) const {
    ProviderProcess process(config);
    const std::string line = CheckServesUnhealthy(config, process, reason);
    CHECK_MESSAGE(Says(line, words), line);
    const testing::KmsStub stub(config.socket());
    CHECK(stub.Decrypt(sealed).plaintext == "before");
    CHECK_FALSE(Says(line, bench.setup.options().key_name));
    mend();
    CHECK(Eventually(Milliseconds(5000), [&] { return stub.Status().healthz == "ok"; }));
    CHECK(stub.Status().key_id == key_id);
    CHECK(stub.Encrypt("y").status.ok());
    CHECK(process.WaitReady());
  }
};

TEST_CASE("Start unhealthy: a policy that lacks config/keys keeps nobody from reading") {
  const ServedBefore node;
  node.bench.setup.SetPolicy(node.PolicyOnKey("encrypt") + node.PolicyOnKey("decrypt"));
  node.CheckServes("metadata_read_failed", "policy lacks", [&] { node.bench.setup.SetPolicy(); });
}

TEST_CASE("Start unhealthy: a policy that lacks encrypt keeps nobody from reading") {
  const ServedBefore node;
  const testing::SetupOptions& names = node.bench.setup.options();
  node.bench.setup.SetPolicy(node.PolicyOnKey("decrypt") + "path \"" + names.transit_mount +
                             "/keys/" + names.key_name +
                             "\" { capabilities = [\"read\"] }\npath \"" + names.transit_mount +
                             "/config/keys\" { capabilities = [\"read\"] }");
  node.CheckServes("deep_probe_failed", "policy lacks", [&] { node.bench.setup.SetPolicy(); });
}

TEST_CASE("Start unhealthy: a setting of the key that does not fit keeps nobody from reading") {
  const ServedBefore node;
  node.bench.setup.ConfigureKey({{"deletion_allowed", true}});
  node.CheckServes("profile_invalid", "deletion_allowed",
                   [&] { node.bench.setup.ConfigureKey({{"deletion_allowed", false}}); });
}

TEST_CASE("Start unhealthy: a mount that may create keys keeps nobody from reading") {
  const ServedBefore node;
  node.bench.setup.SetDisableUpsert(false);
  node.CheckServes("upsert_allowed", "disable_upsert=true",
                   [&] { node.bench.setup.SetDisableUpsert(true); });
}

TEST_CASE("Start unhealthy: known keys decrypt before the grace time is over") {
  ServedBefore node;
  node.config.tree["bootstrap"]["graceTimeout"] = "60s";
  node.config.Write();
  node.bench.setup.SetDisableUpsert(false);
  ProviderProcess process(node.config);
  REQUIRE(process.WaitServing());
  const testing::KmsStub stub(node.config.socket());
  CHECK(stub.Decrypt(node.sealed).plaintext == "before");
  const testing::StatusAnswer status = stub.Status();
  CHECK(status.healthz == "unhealthy");
  CHECK(status.key_id.empty());
  CHECK(stub.Encrypt("x").status.code == static_cast<int>(Code::kFailedPrecondition));
  CHECK(process.Health("/ready").status == 503);
  // The start is not over: nobody is told that it is.
  CHECK(process.LogLines("serve.unhealthy").empty());
  CHECK(process.LogLines("serve.ready").size() == 1);  // of the run before
  node.bench.setup.SetDisableUpsert(true);
  CHECK(process.WaitLog("serve.ready", 2));
  CHECK(stub.Encrypt("y").status.ok());
}

TEST_CASE("Start unhealthy: a stop before the grace time is over is a clean one") {
  ServedBefore node;
  node.config.tree["bootstrap"]["graceTimeout"] = "60s";
  node.config.Write();
  node.bench.setup.SetDisableUpsert(false);
  ProviderProcess process(node.config);
  REQUIRE(process.WaitServing());
  CHECK(testing::KmsStub(node.config.socket()).Decrypt(node.sealed).status.ok());
  CHECK(process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
  CHECK(access(node.config.socket().c_str(), F_OK) != 0);
}

TEST_CASE("Start unhealthy: without a login there is nothing to serve") {
  const ServedBefore node;
  node.bench.setup.DeleteRole();
  ProviderProcess process(node.config);
  CHECK(Says(CheckExits(process, 5), "auth.jwt.role"));
  CHECK(process.LogLines("serve.unhealthy").empty());
}

}  // namespace
}  // namespace baokms::e2e
