// The files of a bundle (reports-and-labels.md, "init").
#include <set>

#include "adapters/config_yaml/encryption/encryption_configuration.h"
#include "app/configuration/policy_commands.h"
#include "app/init/config_file.h"
#include "app/init/encryption_configurations.h"
#include "app/init/static_pod_manifest.h"
#include "tests/app/init/planned.h"
#include "tests/support/report_schemas/report_schemas.h"

namespace baokms::app {
namespace {

std::string Names(const std::vector<BundleFile>& files) {
  std::string names;
  for (const BundleFile& file : files) {
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", file.mode);
    names += file.name + " " + mode + "\n";
  }
  return names;
}

TEST_CASE("Bundle: the files of each model and their modes") {
  CHECK(Names(Bundled(Planned(JwtValues()))) ==
        "config.yaml 0640\n"
        "encryption-config.yaml 0644\n"
        "encryption-config-readers.yaml 0644\n"
        "encryption-config-without-identity.yaml 0644\n"
        "openbao-policy.hcl 0644\n"
        "openbao-setup.sh 0750\n"
        "node-setup.sh 0750\n"
        "installation.json 0640\n");
  CHECK(Names(Bundled(Planned(JwtValues(), kPod))).contains("bao-kms-provider.yaml 0644\n"));
}

TEST_CASE("Bundle: config.yaml has what is required and what was given and nothing else") {
  const std::string yaml = FileOf(Bundled(Planned(JwtValues())), "config.yaml").content;
  CHECK(yaml.substr(yaml.find("configVersion")) ==
        R"(configVersion: "v1alpha1"

server:
  socketPath: "/run/openbao-kms/kms.sock"
  socketMode: "0660"
  socketGroup: "openbao-kms-socket"

openbao:
  address: "https://openbao.example:8200"
  caCertFile: "/etc/openbao-kms/tls/ca.crt"
  tlsServerName: "openbao.example"
  instanceId: "openbao-prod"  # identity

auth:
  jwt:
    source: file
    mountPath: "auth/jwt"
    role: "kms-node"
    jwtFile: "/var/lib/openbao-kms/identity.jwt"
    expectedIssuer: "https://issuer.example"
    expectedAudience: ["openbao"]
    expectedSubject: "kms-node"

transit:
  mountPath: "transit"  # identity
  keyName: "k8s-prod-etcd"  # identity
  keyIdScope:
    providerName: "openbao"  # identity
    clusterId: "prod"  # identity
    transitMountId: "transit-prod"  # identity
    keyLineageId: "lineage-1"  # identity

state:
  path: "/var/lib/openbao-kms/state/key-registry.json"
)");
}

TEST_CASE("Bundle: what was given comes back whatever the field") {
  Json values = JwtValues();
  values["server"] = {
      {"metricsAddress", ""}, {"maxConcurrentDecrypt", 100}, {"allowedPeers", {{"uids", {0, 7}}}}};
  values["openbao"]["timeout"] = "7s";  // moves the default of auth.loginTimeout
  values["openbao"]["failoverAddresses"] = {"https://b.example", "https://c.example:8300"};
  values["auth"]["cert"] = {{"name", "not used with jwt, and not lost"}};
  values["transit"]["coalesce"] = false;
  values["status"] = {{"probeInterval", "1m30s"}};
  values["logging"] = {{"level", "warn"}};
  const std::vector<BundleFile> files = Bundled(Planned(values));
  const core::Configuration loaded = LoadBack(files);
  CHECK(loaded.server.metrics_address.empty());
  CHECK(loaded.server.max_concurrent_decrypt == 100);
  CHECK(loaded.server.allowed_peers.uids == std::vector<std::uint32_t>{0, 7});
  CHECK(loaded.openbao.failover_addresses.size() == 2);
  CHECK(loaded.auth.cert.name == "not used with jwt, and not lost");
  CHECK(loaded.auth.login_timeout == std::chrono::seconds(7));
  CHECK_FALSE(loaded.transit.coalesce);
  CHECK(loaded.status.probe_interval == std::chrono::seconds(90));
  CHECK(loaded.logging.level == core::LogLevel::kWarn);
  CHECK_FALSE(FileOf(files, "config.yaml").content.contains("loginTimeout"));
}

TEST_CASE("Bundle: fields that the Go provider lacks are written only where they were given") {
  for (const Json& values : {JwtValues(), CertValues()}) {
    const std::string yaml = FileOf(Bundled(Planned(values)), "config.yaml").content;
    for (const char* ours : {"allowedPeers", "failoverAddresses", "coalesce", "hardening"}) {
      CHECK_FALSE(yaml.contains(ours));
    }
  }
}

TEST_CASE("Bundle: the kubelet asks a wildcard's listener on the loopback address") {
  for (const char* address : {":8082", "0.0.0.0:8082", "[::]:8082", "[0:0:0:0:0:0:0:0]:8082"}) {
    CAPTURE(address);
    Json values = JwtValues();
    values["server"]["healthAddress"] = address;
    CHECK(StaticPodManifest(Planned(values, kPod)).contains("host: \"127.0.0.1\""));
  }
}

TEST_CASE("Bundle: two configurations have one config.yaml only when they are equal") {
  core::Configuration one = Planned(JwtValues()).configuration;
  core::Configuration other = one;
  one.auth.jwt.expected_audience = {"a, b"};
  other.auth.jwt.expected_audience = {"a", "b"};
  CHECK(ConfigFile(one) != ConfigFile(other));
  other = one;
  other.auth.login_timeout += std::chrono::nanoseconds(1);
  CHECK(ConfigFile(one) != ConfigFile(other));
}

TEST_CASE("Bundle: only the readers write plaintext and only the last file refuses it") {
  using adapters::config_yaml::RemarkKind;
  using Remarks = std::vector<RemarkKind>;
  const std::vector<BundleFile> files = Bundled(Planned(JwtValues()));
  for (const auto& [name, remarks] :
       {std::pair{"encryption-config-readers.yaml", Remarks{RemarkKind::kWritesPlaintext}},
        std::pair{"encryption-config.yaml", Remarks{RemarkKind::kListsIdentity}},
        std::pair{"encryption-config-without-identity.yaml", Remarks{}}}) {
    CAPTURE(name);
    const std::string& yaml = FileOf(files, name).content;
    const auto verdict = adapters::config_yaml::JudgeEncryptionConfiguration(
        yaml, "openbao", "/run/openbao-kms/kms.sock");
    CHECK(verdict.problems.empty());
    CHECK(verdict.remarks.size() == remarks.size());
    for (const RemarkKind remark : remarks) CHECK(verdict.Has(remark));
    CHECK(yaml.contains("      - secrets\n"));
    CHECK(yaml.contains("          timeout: 3s\n"));
  }
}

TEST_CASE("Bundle: an EncryptionConfiguration that came out wrong is noticed") {
  const Installation installation = Planned(JwtValues());
  const std::string readers = EncryptionConfiguration(installation, ApiServerPhase::kReaders);
  CHECK(WrongWith(readers, installation, ApiServerPhase::kReaders).empty());
  CHECK_FALSE(WrongWith(readers, installation, ApiServerPhase::kWriters).empty());
  CHECK_FALSE(WrongWith(readers, installation, ApiServerPhase::kWithoutIdentity).empty());
  const std::string last = EncryptionConfiguration(installation, ApiServerPhase::kWithoutIdentity);
  CHECK(WrongWith(last, installation, ApiServerPhase::kWithoutIdentity).empty());
  CHECK_FALSE(WrongWith(last, installation, ApiServerPhase::kWriters).empty());
  CHECK_FALSE(WrongWith(readers + "x: 1\n", installation, ApiServerPhase::kReaders).empty());
  Installation other = installation;
  other.configuration.transit.key_id_scope.provider_name = "other";
  CHECK_FALSE(WrongWith(readers, other, ApiServerPhase::kReaders).empty());
}

TEST_CASE("Bundle: the policy is that of policy openbao with renewal") {
  CHECK(FileOf(Bundled(Planned(JwtValues())), "openbao-policy.hcl").content ==
        *OpenBaoPolicy("transit", "k8s-prod-etcd", TokenRenewal::kIncluded));
}

TEST_CASE("Bundle: installation.json names everything in its order") {
  const Installation pod = Planned(JwtValues(), kPod);
  for (const Installation& installation : {Planned(JwtValues()), pod}) {
    const bool is_pod = installation.model == DeploymentModel::kStaticPod;
    const std::vector<BundleFile> files = Bundled(installation);
    const std::string& text = FileOf(files, "installation.json").content;
    CHECK(text.ends_with("}\n"));
    const auto json = nlohmann::ordered_json::parse(text);
    for (const std::string& problem :
         testing::SchemaProblems(testing::ReadSchema("installation"), json)) {
      FAIL_CHECK(problem);
    }
    Texts names;
    for (const auto& [name, value] : json.items()) names.push_back(name);
    Texts expected{"generator",   "model",           "identityFingerprint", "keyLineageId",
                   "runtimeUser", "socketGroup",     "socketPath",          "statePath",
                   "files",       "remainingActions"};
    if (is_pod) expected.insert(expected.begin() + 2, "image");
    CHECK(names == expected);
    Texts generator;
    for (const auto& [name, value] : json["generator"].items()) generator.push_back(name);
    CHECK(generator == Texts{"Version", "Commit", "BuildDate", "Dirty"});
    CHECK(json["generator"]["Dirty"].is_boolean());
    CHECK(json["model"] == (is_pod ? "static-pod" : "systemd"));
    if (is_pod) CHECK(json["image"] == kImage);
    CHECK(json["identityFingerprint"] == installation.identity_fingerprint);
    CHECK(json["keyLineageId"] == "lineage-1");
    CHECK(json["runtimeUser"] == (is_pod ? "65532:65532" : "openbao-kms"));
    CHECK(json["socketGroup"] == (is_pod ? "4711" : "openbao-kms-socket"));
    CHECK(json["socketPath"] == "/run/openbao-kms/kms.sock");
    CHECK(json["statePath"] == "/var/lib/openbao-kms/state/key-registry.json");
    REQUIRE(json["files"].size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
      CHECK(json["files"][i]["name"] == files[i].name);
      CHECK(json["files"][i]["mode"].get<std::string>().size() == 4);
      CHECK_FALSE(json["files"][i]["purpose"].get<std::string>().empty());
    }
    CHECK(json["remainingActions"].size() >= 5);
  }
}

}  // namespace
}  // namespace baokms::app
