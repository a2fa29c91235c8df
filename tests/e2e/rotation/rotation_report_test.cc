// `rotation-plan` and `verify-rotation`: the local state beside live metadata, and never a change
// (reports-and-labels.md).
#include <doctest/doctest.h>
#include <time.h>

#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

// Exit 4 with the report printed all the same.
struct Failed {
  Json report;
  std::string err;
};
Failed FailedPlan(const OperatorNode& node) {
  const DirectoryPicture before = node.Picture();
  const CommandResult result = node.Run({"rotation-plan", "--output", "json"});
  INFO(result.err);
  CHECK(result.code == 4);
  CHECK(node.Picture() == before);
  CHECK(result.err.starts_with("rotation-plan: "));
  Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  return {std::move(report), result.err};
}

// The provider's state after one rotation, stopped.
void ServeAndRotate(Bench& bench, const OperatorNode& node) {
  const Serving provider(node.config);
  RotateAndPromote(bench, provider);
}

void CheckShowsState(const Json& report, const ProviderConfig& config) {
  const Json state = ReadState(config);
  CHECK(report.at("stateLoaded") == true);
  CHECK(report.at("stateGeneration") == state.at("generation"));
  CHECK(report.at("stateHash") == state.at("currentHash"));
}

std::string Rfc3339(std::int64_t seconds) {
  const time_t time = seconds;
  tm utc{};
  gmtime_r(&time, &utc);
  std::string text(32, '\0');
  text.resize(strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
  return text;
}

TEST_CASE("Rotation plan: a settled node passes and shows both files and both versions") {
  Bench bench;
  const OperatorNode node(bench);
  ServeAndRotate(bench, node);
  const CommandResult json = node.Run({"rotation-plan", "--output", "json"});
  CHECK(FieldNames(json.out) ==
        Names{"name", "transitMetadataStatus", "stateLoaded", "stateGeneration", "stateHash",
              "stateCheckpointLoaded", "stateCheckpointStatus", "stateCheckpointGeneration",
              "stateCheckpointHash", "activeKeyIdHash", "activeTransitVersion",
              "latestTransitVersion", "rotationState"});
  const Json report = node.Plan({"rotation-plan"});
  CHECK(report.at("name") == "rotation-plan");
  CHECK(report.at("transitMetadataStatus") == "pass");
  CheckShowsState(report, node.config);
  CHECK(report.at("stateCheckpointLoaded") == true);
  CHECK(report.at("stateCheckpointStatus") == "current");
  CHECK(report.at("stateCheckpointHash") == report.at("stateHash"));
  CHECK(report.at("activeTransitVersion") == 2);
  CHECK(report.at("latestTransitVersion") == 2);
  CHECK(report.at("rotationState") == "active");

  std::string expected;
  for (const std::string& name : FieldNames(json.out)) {
    const Json& value = report.at(name);
    expected += name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + '\n';
  }
  CHECK(node.Run({"rotation-plan"}).out == expected);
  CHECK(node.Run({"rotation-plan", "--output", "\tTeXt "}).out == expected);
}

TEST_CASE("Rotation plan: verification adds its confidence and what it cannot know") {
  Bench bench;
  const OperatorNode node(bench);
  ServeAndRotate(bench, node);
  const CommandResult result = node.Run({"verify-rotation", "--output", "json"});
  CHECK(result.code == 0);
  const Names names = FieldNames(result.out);
  REQUIRE(names.size() == 15);
  CHECK(names[13] == "confidence");
  CHECK(names[14] == "limitations");
  const Json report = node.Plan({"verify-rotation"});
  CHECK(report.at("name") == "verify-rotation");
  CHECK(report.at("confidence") == "limited");
  CHECK(report.at("limitations").size() == 5);
  const std::string text = node.Run({"verify-rotation"}).out;
  CHECK(Says(text, "\nconfidence: limited\nlimitations: It sees only this node's state"));
}

TEST_CASE("Rotation plan: a pending version is shown with the time of its promotion") {
  Bench bench;
  OperatorNode node(bench);
  node.config.tree["rotation"]["activationDelay"] = "1h30m";
  node.config.Write();
  const Serving provider(node.config);
  bench.setup.RotateKey();
  Json pending;
  REQUIRE(Eventually(Milliseconds(10000), [&] {
    const Json state = ReadState(node.config);
    if (VersionsIn(state, "pending").empty()) return false;
    pending = state.at("snapshots").at(1);
    // Its save has ended: the provider writes nothing more until the promotion.
    const Json checkpoint = Json::parse(ReadStateFiles(node.config).checkpoint, nullptr, false);
    return pending.contains("stableAtUnix") &&
           checkpoint.value("currentHash", "") == state.value("currentHash", "-");
  }));
  // The provider serves meanwhile: a plan takes no lock.
  const Json report = node.Plan({"rotation-plan"});
  CHECK(report.at("rotationState") == "pending");
  CHECK(report.at("activeTransitVersion") == 1);
  CHECK(report.at("latestTransitVersion") == 2);
  CHECK(report.at("pendingTransitVersion") == 2);
  CHECK(report.at("pendingStableObservationCount") == pending.at("stableObservationCount"));
  CHECK(report.at("pendingPromotesAfter") ==
        Rfc3339(pending.at("stableAtUnix").get<std::int64_t>() + 5400));
  const Names names = FieldNames(node.Run({"rotation-plan", "--output", "json"}).out);
  REQUIRE(names.size() == 17);
  CHECK(Names(names.begin() + 13, names.end()) == Names{"pendingKeyIdHash", "pendingTransitVersion",
                                                        "pendingStableObservationCount",
                                                        "pendingPromotesAfter"});
}

TEST_CASE("Rotation plan: without a state an unrotated key may be bootstrapped and a rotated not") {
  Bench bench;
  const OperatorNode node(bench);
  const Json fresh = node.Plan({"rotation-plan"});
  CHECK(fresh.at("transitMetadataStatus") == "pass");
  CHECK(fresh.at("stateLoaded") == false);
  CHECK(fresh.at("stateCheckpointLoaded") == false);
  CHECK(fresh.at("stateCheckpointStatus") == "absent");
  CHECK(fresh.at("stateBootstrapEligible") == true);
  CHECK(fresh.at("rotationState") == "unknown");
  CHECK(fresh.at("latestTransitVersion") == 1);
  CHECK_FALSE(fresh.contains("activeTransitVersion"));

  bench.setup.RotateKey();
  const Failed rotated = FailedPlan(node);
  CHECK(rotated.report.at("transitMetadataStatus") == "pass");
  CHECK_FALSE(rotated.report.contains("stateBootstrapEligible"));
  CHECK(
      rotated.report.at("stateBootstrapReason").get<std::string>().starts_with("latest_version=2"));
  CHECK(Says(rotated.err, "copy the state file and its checkpoint"));

  bench.setup.SetPolicy("path \"sys/none\" { capabilities = [\"read\"] }\n");
  const Failed denied = FailedPlan(node);
  CHECK(Says(denied.report.at("stateBootstrapReason"), "unknown"));
}

TEST_CASE("Rotation plan: a checkpoint that is behind or missing is told and not mended") {
  Bench bench;
  const OperatorNode node(bench);
  StateFiles first, second;
  {
    Serving provider(node.config);
    first = ReadStateFiles(node.config);
    bench.setup.RotateKey();
    REQUIRE(Eventually(Milliseconds(10000), [&] {
      second = ReadStateFiles(node.config);
      return Json::parse(second.checkpoint, nullptr, false).value("generation", 0) == 2 &&
             Json::parse(second.state, nullptr, false).value("generation", 0) == 2;
    }));
    provider.process.Kill();
  }
  WriteStateFiles(node.config, {second.state, first.checkpoint});
  const Json behind = node.Plan({"rotation-plan"});
  CHECK(behind.at("stateCheckpointStatus") == "behind");
  CHECK(behind.at("stateGeneration") == 2);
  CHECK(behind.at("stateCheckpointGeneration") == 1);

  WriteStateFiles(node.config, {first.state, ""});
  const Json missing = node.Plan({"rotation-plan"});
  CHECK(missing.at("stateCheckpointStatus") == "missing");
  CHECK(missing.at("stateCheckpointLoaded") == false);
  CHECK_FALSE(missing.contains("stateCheckpointGeneration"));
}

TEST_CASE(
    "Rotation plan: a state that is refused is refused before any login and without a report") {
  Bench bench;
  const OperatorNode node(bench);
  ServeAndRotate(bench, node);
  const StateFiles files = ReadStateFiles(node.config);
  node.config.WriteJwt("not.a.jwt");  // a login would be the failure
  const auto refused = [&](const StateFiles& put) {
    WriteStateFiles(node.config, put);
    CHECK(node.Refused({"verify-rotation"}).substr(17) ==
          node.Refused({"rotation-plan"}).substr(15));
    return node.Refused({"rotation-plan", "--output", "json"});
  };
  CHECK(Says(refused({files.state, ""}), "copy both files"));
  CHECK(Says(refused({"", files.checkpoint}), "restore the state file"));
  CHECK(Says(refused({"{}\n", files.checkpoint}), "lacks a required field"));
}

TEST_CASE("Rotation plan: when OpenBao cannot be asked the state is shown with the class of why") {
  Bench bench;
  OperatorNode node(bench);
  ServeAndRotate(bench, node);
  const auto fails = [&](const char* error_class) {
    const Failed failed = FailedPlan(node);
    CHECK(failed.report.at("transitMetadataStatus") == "fail");
    const std::string error = failed.report.at("transitMetadataError");
    CHECK_MESSAGE(error.starts_with(std::string(error_class) + ": "), error);
    CHECK(failed.err == "rotation-plan: " + error + '\n');
    CheckShowsState(failed.report, node.config);
    CHECK(failed.report.at("activeTransitVersion") == 2);
    CHECK(failed.report.at("rotationState") == "active");
    return failed.report;
  };
  bench.setup.SetPolicy("path \"sys/none\" { capabilities = [\"read\"] }\n");
  CHECK_FALSE(fails("transit_policy_denied").contains("latestTransitVersion"));
  bench.setup.SetPolicy();

  const std::string good_jwt = testing::ReadWholeFile(node.config.jwt_file());
  node.config.WriteJwt(bench.setup.MintForeignJwt());
  fails("auth_failed");
  node.config.WriteJwt(bench.setup.MintJwt(Json::object(), std::chrono::seconds(-100)));
  fails("auth_failed");
  node.config.WriteJwt(good_jwt);

  const std::string address = node.config.tree["openbao"]["address"];
  node.config.tree["openbao"]["address"] = "https://127.0.0.1:9";
  node.config.Write();
  fails("openbao_connection_failed");
  node.config.tree["openbao"]["address"] = address;
  node.config.tree["openbao"]["tlsServerName"] = "another.invalid";
  node.config.Write();
  fails("openbao_tls_failed");
  node.config.tree["openbao"]["tlsServerName"] = "localhost";
  node.config.Write();
  node.config.WriteCa("no certificate\n");
  fails("openbao.caCertFile cannot be used");
}

TEST_CASE("Rotation plan: metadata that serve would refuse fail with the reason") {
  Bench bench;
  const OperatorNode node(bench);
  ServeAndRotate(bench, node);
  const auto fails = [&](const char* reason) {
    const Failed failed = FailedPlan(node);
    CHECK(failed.report.at("transitMetadataStatus") == "fail");
    CHECK(failed.report.at("latestTransitVersion") == 2);
    const std::string error = failed.report.at("transitMetadataError");
    CHECK_MESSAGE(error.starts_with(std::string(reason) + ": "), error);
  };
  bench.setup.SetDisableUpsert(false);
  fails("upsert_allowed");
  bench.setup.SetDisableUpsert(true);
  bench.setup.ConfigureKey({{"deletion_allowed", true}});
  fails("profile_invalid: deletion_allowed");
  bench.setup.ConfigureKey({{"deletion_allowed", false}});
}

TEST_CASE("Rotation plan: a minimum degrades above a retired version and fails above the active") {
  Bench bench;
  const OperatorNode node(bench);
  ServeAndRotate(bench, node);
  CHECK_FALSE(node.Plan({"rotation-plan"}).contains("degraded"));
  bench.setup.SetMinDecryptionVersion(2);
  for (const char* command : {"rotation-plan", "verify-rotation"}) {
    const Json degraded = node.Plan({command});
    CHECK(degraded.at("transitMetadataStatus") == "pass");
    CHECK(Says(degraded.at("degraded"), "retire-versions"));
    CHECK(degraded.at("undecryptableVersions") == Json{1});
  }
  bench.setup.RotateKey();
  bench.setup.SetMinDecryptionVersion(3);
  const Failed failed = FailedPlan(node);
  CHECK(failed.report.at("transitMetadataStatus") == "fail");
  CHECK(Says(failed.report.at("transitMetadataError"), "metadata_unverified: "));
  CHECK_FALSE(failed.report.contains("degraded"));
}

TEST_CASE("Rotation plan: a minimum above the active version is encryption_blocked") {
  Bench bench;
  const OperatorNode node(bench);
  {
    const Serving provider(node.config);
  }
  bench.setup.RotateKey();
  const Json rotated = node.Plan({"rotation-plan"});
  CHECK(rotated.at("latestTransitVersion") == 2);
  CHECK(rotated.at("activeTransitVersion") == 1);
  CHECK(rotated.at("rotationState") == "active");
  bench.setup.SetMinEncryptionVersion(2);
  CHECK(Says(FailedPlan(node).err, "encryption_blocked: "));
}

TEST_CASE("Rotation plan: wrong usage exits 2 and a wrong configuration 3") {
  for (const char* command : {"rotation-plan", "verify-rotation"}) {
    for (const Names& more : {Names{"--output", "xml"}, {"--output", ""}, {"--apply"}, {"stray"}}) {
      Names arguments{command};
      arguments.insert(arguments.end(), more.begin(), more.end());
      const CommandResult result = RunCommand(arguments);
      CHECK(result.code == 2);
      CHECK(result.out.empty());
      CHECK(result.err.starts_with("usage: "));
    }
    const CommandResult unconfigured = RunCommand({command});
    CHECK(unconfigured.code == 3);
    CHECK(unconfigured.out.empty());
    CHECK(unconfigured.err.starts_with("config invalid\n"));
  }
}

}  // namespace
}  // namespace baokms::e2e
