// Retiring and restoring key versions, as an operator does it on one node
// (registry-and-rotation.md, "Retirement and restoration").
#include <doctest/doctest.h>

#include <set>

#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

using Sealed = testing::SealedObject;

std::vector<int> Versions(const Json& report, const char* list) {
  std::vector<int> versions;
  for (const Json& entry : report.at(list)) versions.push_back(entry.at("transitVersion"));
  return versions;
}

// One provider's life: an object sealed under every version from 1 to `last`, which is active.
std::vector<Sealed> SealThrough(Bench& bench, const Serving& provider, int last) {
  std::vector<Sealed> sealed{provider.Seal("object 1")};
  for (int version = 2; version <= last; ++version) {
    RotateAndPromote(bench, provider);
    sealed.push_back(provider.Seal("object " + std::to_string(version)));
  }
  return sealed;
}

// A stopped node that has rotated up to `versions`.
struct Rotated {
  explicit Rotated(int versions) : node(bench) {
    const Serving provider(node.config);
    sealed = SealThrough(bench, provider, versions);
  }
  Bench bench;
  OperatorNode node;
  std::vector<Sealed> sealed;
};

// The reads of metadata that this provider has made, by its own count.
double MetadataReads(const ProviderProcess& process) {
  return process
      .Metric(
          "openbao_kms_openbao_requests_total{operation=\"transit_metadata_read\",status=\"ok\"}")
      .value_or(0);
}

// Probes so seldom that every metadata read in between is a discovery.
void ProbeSeldom(ProviderConfig& config) {
  config.tree["status"] = {
      {"probeInterval", "20s"}, {"deepProbeInterval", "60s"}, {"statusMaxStaleness", "60s"}};
  config.Write();
}

// Serves and CHECKs which of the objects decrypt; the others are unknown without a discovery.
void CheckDecrypts(const OperatorNode& node, const std::vector<Sealed>& objects,
                   const std::set<int>& versions) {
  const Serving provider(node.config);
  const double reads = MetadataReads(provider.process);
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const int version = static_cast<int>(i) + 1;
    CAPTURE(version);
    const testing::DecryptAnswer answer = provider.stub.Decrypt(objects[i]);
    if (versions.contains(version)) {
      CHECK(answer.plaintext == "object " + std::to_string(version));
    } else {
      CHECK(answer.status.code == static_cast<int>(Code::kNotFound));
      ++unknown;
    }
  }
  CHECK(MetadataReads(provider.process) == reads);
  CHECK(
      provider.process.Metric("openbao_kms_decrypt_key_id_errors_total{reason=\"key_id_unknown\"}")
          .value_or(0) == static_cast<double>(unknown));
  CHECK(provider.Healthy());
}

TEST_CASE("Retire: the whole path from three rotations over trimming to what can be restored") {
  Bench bench;
  OperatorNode node(bench);
  std::vector<Sealed> old;
  std::vector<Sealed> rewritten;
  const std::vector<std::string> retire = {"retire-versions", "--before-version", "4"};
  const auto restore = [](const char* versions) {
    return std::vector<std::string>{"restore-versions", "--versions", versions};
  };
  {
    Serving provider(node.config);
    old = SealThrough(bench, provider, 4);
    // Every object is written again, as a storage migration makes the API server do it.
    for (const Sealed& object : old) {
      const testing::DecryptAnswer opened = provider.stub.Decrypt(object);
      REQUIRE(opened.status.ok());
      rewritten.push_back(provider.Seal(opened.plaintext));
      CHECK(rewritten.back().ciphertext.starts_with("vault:v4:"));
    }
    // While it serves a plan is free, and applying it is refused with the holder's name.
    const Json plan = node.Plan(retire);
    CHECK(Versions(plan, "removedVersions") == std::vector<int>{1, 2, 3});
    std::vector<std::string> apply = retire;
    apply.insert(apply.end(),
                 {"--without-evidence", "--apply", "--expected-state-hash", plan.at("stateHash")});
    const std::string locked = node.Refused(apply);
    CHECK(Says(locked, "stop the provider"));
    CHECK(Says(locked, "(process " + std::to_string(provider.process.child().pid()) + ")"));
    for (const Sealed& object : old) CHECK(provider.stub.Decrypt(object).status.ok());
    REQUIRE(provider.process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
  }
  ProbeSeldom(node.config);

  const Json retired = node.Apply(retire);
  CHECK(retired.at("operation") == "retire-versions");
  CHECK(retired.at("beforeVersion") == 4);
  CHECK(VersionsIn(ReadState(node.config), "active") == std::vector<int>{4});
  CHECK(VersionsIn(ReadState(node.config), "removed") == std::vector<int>{1, 2, 3});
  CheckDecrypts(node, old, {4});
  {
    const Serving provider(node.config);
    for (std::size_t i = 0; i < rewritten.size(); ++i) {
      provider.CheckOpens(rewritten[i], "object " + std::to_string(i + 1));
    }
  }

  // Nothing was destroyed yet: all come back, and go again.
  CHECK(Versions(node.Apply(restore("3,1,2")), "restoredVersions") == std::vector<int>{1, 2, 3});
  CheckDecrypts(node, old, {1, 2, 3, 4});
  node.Apply(retire);

  bench.setup.SetMinDecryptionVersion(3);
  const std::string disallowed = node.Refused(restore("2,3"));
  CHECK(Says(disallowed, "version 2 cannot be restored"));
  CHECK(Says(disallowed, "min_decryption_version=3"));
  node.Apply(restore("3"));
  CheckDecrypts(node, old, {3, 4});
  node.Apply(retire);

  bench.setup.SetMinEncryptionVersion(3);
  bench.setup.Trim(3);
  bench.setup.SetMinDecryptionVersion(3);
  const std::string trimmed = node.Refused(restore("2"));
  CHECK(Says(trimmed, "version 2 cannot be restored"));
  CHECK(Says(trimmed, "min_available_version=3"));
  CHECK(Says(trimmed, "backup"));
  node.Refused(restore("3,2"));
  node.Apply(restore("3"));
  CheckDecrypts(node, old, {3, 4});
  CHECK(VersionsIn(ReadState(node.config), "removed") == std::vector<int>{1, 2});
}

TEST_CASE("Retire: the fields of the report and their order are fixed in JSON and in text") {
  Rotated rotated(2);
  const std::vector<std::string> retire = {"retire-versions", "--before-version", "2"};
  std::vector<std::string> as_json = retire;
  as_json.insert(as_json.end(), {"--output", " JSON "});
  const CommandResult json = rotated.node.Run(as_json);
  CHECK(json.code == 0);
  CHECK(json.out.starts_with("{\n  \"operation\": \"retire-versions\",\n  \"applied\": false,\n"));
  CHECK(FieldNames(json.out) ==
        std::vector<std::string>{"operation", "applied", "beforeVersion", "stateHash",
                                 "nextStateHash", "nextGeneration", "activeKeyIdHash",
                                 "removedVersions", "restoredVersions", "limitations"});
  const Json report = Json::parse(json.out);
  CHECK(report.at("stateHash") == rotated.node.StateHash());
  CHECK(report.at("restoredVersions") == Json::array());
  CHECK(report.at("limitations").size() == 3);

  const CommandResult text = rotated.node.Run(retire);
  CHECK(text.code == 0);
  std::string expected = "operation: retire-versions\napplied: false\nbeforeVersion: 2\n";
  for (const char* name : {"stateHash", "nextStateHash", "nextGeneration", "activeKeyIdHash"}) {
    const Json& value = report.at(name);
    expected += std::string(name) + ": " +
                (value.is_string() ? value.get<std::string>() : value.dump()) + '\n';
  }
  for (const Json& limitation : report.at("limitations")) {
    expected += "limitations: " + limitation.get<std::string>() + '\n';
  }
  const Json& removed = report.at("removedVersions").at(0);
  expected +=
      "remove: transitVersion=1 keyIdHash=" + removed.at("keyIdHash").get<std::string>() + '\n';
  CHECK(text.out == expected);

  rotated.node.Apply(retire);
  const CommandResult restore = rotated.node.Run({"restore-versions", "--versions", "1"});
  CHECK(restore.out.ends_with("\nrestore: transitVersion=1 keyIdHash=" +
                              removed.at("keyIdHash").get<std::string>() + '\n'));
  CHECK(Says(restore.out, "\nbeforeVersion: 0\n"));
}

TEST_CASE("Retire: nothing to remove is no error and changes nothing") {
  Rotated rotated(2);
  const std::vector<std::string> retire = {"retire-versions", "--before-version", "2"};
  rotated.node.Apply(retire);
  const std::string hash = rotated.node.StateHash();
  const Json again =
      rotated.node.Plan({"retire-versions", "--before-version", "2", "--without-evidence",
                         "--apply", "--expected-state-hash", hash});
  CHECK(again.at("applied") == false);
  CHECK(again.at("removedVersions") == Json::array());
  CHECK(again.at("nextStateHash") == hash);
  CHECK(again.at("nextGeneration") == ReadState(rotated.node.config).at("generation"));
}

TEST_CASE("Retire: a plan that is not of this state is not applied") {
  Rotated rotated(3);
  const std::string old_hash = rotated.node.StateHash();
  rotated.node.Apply({"retire-versions", "--before-version", "2"});
  const std::string text =
      rotated.node.Refused({"retire-versions", "--before-version", "3", "--without-evidence",
                            "--apply", "--expected-state-hash", old_hash});
  CHECK(Says(text, "print the plan again"));
  rotated.node.Refused(
      {"restore-versions", "--versions", "1", "--apply", "--expected-state-hash", old_hash});
}

TEST_CASE("Retire: a version above the active one is refused also when it exists") {
  Rotated rotated(2);
  const auto refused = [&] {
    return rotated.node.Refused({"retire-versions", "--before-version", "3"});
  };
  CHECK(Says(refused(), "below the active version 2"));
  rotated.bench.setup.RotateKey();
  CHECK(Says(refused(), "below the active version 2"));
}

TEST_CASE("Retire: a version that stays must decrypt and one that goes need not") {
  Rotated rotated(3);
  rotated.bench.setup.SetMinDecryptionVersion(3);
  const std::string text = rotated.node.Refused({"retire-versions", "--before-version", "2"});
  CHECK(Says(text, "version 2 is kept but can no longer decrypt"));
  CHECK(Says(text, "or retire it as well"));
  // The way out of a minimum that was raised too early.
  CHECK(Versions(rotated.node.Apply({"retire-versions", "--before-version", "3"}),
                 "removedVersions") == std::vector<int>{1, 2});
  const Serving provider(rotated.node.config);
  CHECK(provider.Healthy());
}

TEST_CASE("Retire: a key that is unfit is refused with what to change") {
  Rotated rotated(2);
  const std::vector<std::string> retire = {"retire-versions", "--before-version", "2"};
  rotated.bench.setup.ConfigureKey({{"deletion_allowed", true}});
  CHECK(Says(rotated.node.Refused(retire), "deletion_allowed=false"));
  rotated.bench.setup.ConfigureKey({{"deletion_allowed", false}});
  rotated.bench.setup.SetDisableUpsert(false);
  CHECK(Says(rotated.node.Refused(retire), "upsert_allowed: "));
  rotated.bench.setup.SetDisableUpsert(true);
  rotated.node.Plan(retire);
}

TEST_CASE("Retire: a login or a policy that fails is refused with its class and advice") {
  Rotated rotated(2);
  const std::vector<std::string> retire = {"retire-versions", "--before-version", "2"};
  rotated.bench.setup.SetPolicy("path \"sys/none\" { capabilities = [\"read\"] }\n");
  CHECK(Says(rotated.node.Refused(retire), ": transit_policy_denied: "));
  rotated.node.config.WriteJwt(rotated.bench.setup.MintForeignJwt());
  CHECK(Says(rotated.node.Refused(retire), ": auth_failed: "));
  rotated.node.config.WriteCa("no certificate\n");
  CHECK(Says(rotated.node.Refused(retire), ": openbao.caCertFile cannot be used: "));
}

TEST_CASE("Retire: without a state or with one that is refused there is no plan") {
  Rotated rotated(2);
  const StateFiles files = ReadStateFiles(rotated.node.config);
  const auto refused = [&](const StateFiles& put) {
    WriteStateFiles(rotated.node.config, put);
    std::string text = rotated.node.Refused({"retire-versions", "--before-version", "2"});
    CHECK(rotated.node.Refused({"restore-versions", "--versions", "1"}).substr(16) ==
          text.substr(15));
    return text;
  };
  CHECK(Says(refused({"", ""}), "there is no state at state.path"));
  CHECK(Says(refused({files.state, ""}), "state.path: the state file has no checkpoint"));
  CHECK(Says(refused({"", files.checkpoint}), "restore the state file"));
  CHECK(
      Says(refused({files.state.substr(0, 100), files.checkpoint}), "not a single JSON document"));
  std::string other = files.checkpoint;
  other.replace(other.find("krs1.") + 5, 4, "AAAA");
  CHECK(Says(refused({files.state, other}), "ROLLBACK"));
}

TEST_CASE("Retire: a checkpoint that is behind is brought forward before the change") {
  Rotated rotated(2);
  const StateFiles files = ReadStateFiles(rotated.node.config);
  const Json state = Json::parse(files.state);
  Json checkpoint = Json::parse(files.checkpoint);
  std::string behind = files.checkpoint;
  const auto replace = [&](const std::string& from, const std::string& to) {
    REQUIRE(behind.find(from) != std::string::npos);
    behind.replace(behind.find(from), from.size(), to);
  };
  replace(checkpoint.at("currentHash"), state.at("previousHash"));
  const int generation = state.at("generation");
  replace("\"generation\": " + std::to_string(generation),
          "\"generation\": " + std::to_string(generation - 1));
  WriteStateFiles(rotated.node.config, {files.state, behind});
  rotated.node.Apply({"retire-versions", "--before-version", "2"});
  const Serving provider(rotated.node.config);
  CHECK(provider.Healthy());
}

TEST_CASE("Restore: what is not recorded as removed is refused and nothing is restored") {
  Rotated rotated(3);
  rotated.node.Apply({"retire-versions", "--before-version", "2"});
  const auto refused = [&](const char* versions) {
    return rotated.node.Refused({"restore-versions", "--versions", versions});
  };
  CHECK(Says(refused("1,2"), "version 2 cannot be restored: it is not recorded as removed"));
  CHECK(Says(refused("1,3"), "not below the active version 3"));
  CHECK(Says(refused("9"), "not below the active version 3"));
  rotated.node.Apply({"restore-versions", "--versions", "1"});
}

TEST_CASE("Restore: versions may be given in several lists") {
  Rotated rotated(4);
  rotated.node.Apply({"retire-versions", "--before-version", "4"});
  CHECK(Versions(rotated.node.Apply({"restore-versions", "--versions", "3,1", "--versions", "2"}),
                 "restoredVersions") == std::vector<int>{1, 2, 3});
}

TEST_CASE("Retire: wrong usage exits 2 and a wrong configuration 3") {
  const auto usage = [](const std::vector<std::string>& arguments) {
    const CommandResult result = RunCommand(arguments);
    CHECK_MESSAGE(result.code == 2, arguments.back());
    CHECK(result.out.empty());
    CHECK(result.err.starts_with("usage: "));
  };
  const std::string hash = "krs1." + std::string(43, 'A');
  usage({"retire-versions"});
  for (const char* version : {"1", "0", "-2", "2.5", "x", "", " 2", "0x2", "9999999999999999999"}) {
    usage({"retire-versions", "--before-version", version});
  }
  usage({"restore-versions"});
  for (const char* versions : {"", "0", "-1", "1,1", "1,,2", "1,", ",1", "a", "1;2", "+1"}) {
    usage({"restore-versions", "--versions", versions});
  }
  usage({"restore-versions", "--versions", "1", "--versions", "1"});
  for (const char* command : {"retire-versions", "restore-versions", "migrate-state"}) {
    std::vector<std::string> arguments{command};
    if (arguments.front() == "retire-versions") {
      arguments.insert(arguments.end(), {"--before-version", "2"});
    } else if (arguments.front() == "restore-versions") {
      arguments.insert(arguments.end(), {"--versions", "1"});
    }
    const auto with = [&](std::vector<std::string> more) {
      std::vector<std::string> all = arguments;
      all.insert(all.end(), more.begin(), more.end());
      return all;
    };
    usage(with({"--apply"}));
    usage(with({"--apply", "--expected-state-hash", ""}));
    usage(with({"--apply", "--expected-state-hash", "krs1.short"}));
    usage(with({"--output", "yaml"}));
    usage(with({"stray"}));
    usage(with({"--no-such-flag"}));
    Names apply{"--apply", "--expected-state-hash", hash};
    if (arguments.front() == "retire-versions") {
      usage(with(apply));
      apply.emplace_back("--without-evidence");
    }
    const CommandResult unconfigured = RunCommand(with(apply));
    CHECK(unconfigured.code == 3);
    CHECK(unconfigured.err.starts_with("config invalid\n"));
    CHECK(unconfigured.out.empty());
  }
}

TEST_CASE("Faults: a version that was made anew keeps from retiring and restoring") {
  Rotated rotated(3);
  rotated.node.Apply({"retire-versions", "--before-version", "2"});
  const testing::SetupOptions& names = rotated.bench.setup.options();
  const auto remake = [&](int version, std::int64_t seconds) {
    const auto reply = SharedEmulator().emulator().Control("POST", "transit/creation-time",
                                                           {{"mount", names.transit_mount},
                                                            {"key", names.key_name},
                                                            {"version", version},
                                                            {"unix_seconds", seconds}});
    REQUIRE(reply.status < 300);
  };
  const std::int64_t second =
      ReadState(rotated.node.config).at("snapshots").at(1).at("transitVersionCreatedAtUnix");
  remake(1, 1'600'000'000);
  CHECK(Says(rotated.node.Refused({"restore-versions", "--versions", "1"}), "recreated"));
  remake(2, second + 1);
  CHECK(
      Says(rotated.node.Refused({"retire-versions", "--before-version", "2"}),
           "version 2 is kept but can no longer decrypt: Transit lists a different creation time"));
  CHECK(Versions(rotated.node.Apply({"retire-versions", "--before-version", "3"}),
                 "removedVersions") == std::vector<int>{2});
}

TEST_CASE("Faults: an OpenBao of an older backup keeps from retiring") {
  Rotated rotated(3);
  const testing::SetupOptions& names = rotated.bench.setup.options();
  const auto reply = SharedEmulator().emulator().Control(
      "POST", "transit/roll-back",
      {{"mount", names.transit_mount}, {"key", names.key_name}, {"latest_version", 2}});
  REQUIRE(reply.status < 300);
  CHECK(Says(rotated.node.Refused({"retire-versions", "--before-version", "2"}),
             "restored from an older backup"));
}

}  // namespace
}  // namespace baokms::e2e
