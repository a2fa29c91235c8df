// What `init` asks of a values file, and what it fills in (reports-and-labels.md, "init").
#include "app/init/config_file.h"
#include "tests/app/init/planned.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::app {
namespace {

bool Says(const Texts& problems, const std::string& begin) {
  for (const std::string& problem : problems) {
    if (problem.starts_with(begin)) return true;
  }
  return false;
}

TEST_CASE("Plan: omitted values are filled in for each model") {
  const core::Configuration systemd = Planned(JwtValues()).configuration;
  CHECK(systemd.openbao.ca_cert_file == "/etc/openbao-kms/tls/ca.crt");
  CHECK(systemd.auth.jwt.jwt_file == "/var/lib/openbao-kms/identity.jwt");
  CHECK(systemd.server.socket_group == "openbao-kms-socket");
  const core::Configuration pod = Planned(JwtValues(), kPod).configuration;
  CHECK(pod.openbao.ca_cert_file == "/etc/openbao-kms/tls/ca.crt");
  CHECK(pod.auth.jwt.jwt_file == "/var/lib/openbao-kms/credentials/identity.jwt");
  CHECK(pod.server.socket_group == "4711");
}

TEST_CASE("Plan: values that are given stay but in a static pod the gid is the socket's group") {
  Json values = JwtValues();
  values["openbao"]["caCertFile"] = "/pki/ca";
  values["auth"]["jwt"]["jwtFile"] = "/pki/jwt";
  values["server"]["socketGroup"] = "kube";
  const core::Configuration systemd = Planned(values).configuration;
  CHECK(systemd.openbao.ca_cert_file == "/pki/ca");
  CHECK(systemd.auth.jwt.jwt_file == "/pki/jwt");
  CHECK(systemd.server.socket_group == "kube");
  CHECK(Planned(values, kPod).configuration.server.socket_group == "4711");
}

TEST_CASE("Plan: an OAuth 2.0 login gets no JWT file") {
  Json values = JwtValues();
  values["auth"]["jwt"]["source"] = "oauth2";
  values["auth"]["jwt"]["oauth2"] = {{"tokenUrl", "https://idp.example/token"},
                                     {"clientId", "node"},
                                     {"clientSecretFile", "/pki/secret"}};
  const Installation installation = Planned(values);
  CHECK(installation.configuration.auth.jwt.jwt_file.empty());
  // The Go provider requires it.
  CHECK(ConfigFile(installation.configuration).contains("authMethod: client_secret_basic"));
}

TEST_CASE("Plan: a new key gets 16 random bytes in hex as its lineage") {
  Json values = JwtValues();
  values["transit"]["keyIdScope"].erase("keyLineageId");
  CHECK(Problems(values) == Texts{"transit.keyIdScope.keyLineageId: is required; for a key that "
                                  "does not exist yet give --new-key"});
  const Installation installation = Planned(values, {.new_key = true});
  CHECK(installation.configuration.transit.key_id_scope.key_lineage_id ==
        "0102030405060708090a0b0c0d0e0f10");
  CHECK(installation.new_key);
  CHECK(Says(Problems(JwtValues(), {.new_key = true}),
             "transit.keyIdScope.keyLineageId: --new-key generates a new keyLineageId"));
}

TEST_CASE("Plan: issuer and audience and subject are required for a JWT login") {
  for (const char* source : {"file", "oauth2", "spiffe"}) {
    CAPTURE(source);
    Json values = JwtValues();
    Json& jwt = values["auth"]["jwt"];
    jwt["source"] = source;
    for (const char* field : {"expectedIssuer", "expectedAudience", "expectedSubject"}) {
      jwt.erase(field);
    }
    const Texts problems = Problems(values);
    for (const char* field : {"expectedIssuer", "expectedAudience", "expectedSubject"}) {
      CAPTURE(field);
      CHECK(Says(problems, std::string("auth.jwt.") + field + ": "));
    }
  }
}

TEST_CASE("Plan: what would not fit the role in OpenBao is refused") {
  for (const auto& [field, value, says] : std::vector<std::tuple<const char*, Json, const char*>>{
           {"auth.loginBeforeTokenExpiry", "30m", "auth.loginBeforeTokenExpiry: must be below 30m"},
           {"auth.jwt.mountPath", "jwt", "auth.jwt.mountPath: must begin with 'auth/'"},
           {"auth.jwt.role", "a/b", "auth.jwt.role: "},
           {"auth.jwt.role", "../config", "auth.jwt.role: "},
           {"transit.mountPath", "tran*sit", "transit.mountPath: a policy cannot name it"},
           {"transit.keyIdScope.clusterId", "our cluster",
            "transit.keyIdScope.clusterId: cannot be used as it is in the policy's name"},
           {"transit.keyIdScope.providerName", "a:b", "transit.keyIdScope.providerName: "},
           {"server.socketPath", "/run/openbao-kms/a b", "server.socketPath: must be letters"}}) {
    CAPTURE(field);
    Json values = JwtValues();
    values[Pointer(field)] = value;
    CHECK(Says(Problems(values), says));
  }
  Json values = JwtValues();
  values["auth"]["loginBeforeTokenExpiry"] = "29m59s";
  values["transit"]["keyIdScope"]["clusterId"] = "our cluster";
  CHECK(Planned(values, {.policy_name = "ours"}).policy_name == "ours");
}

TEST_CASE("Plan: files stand in directories that can be made and mounted") {
  for (const auto& [field, value] : std::vector<std::pair<const char*, const char*>>{
           {"openbao.caCertFile", "/etc/openbao-kms/../ca.crt"},
           {"openbao.caCertFile", "/ca.crt"},
           {"auth.jwt.jwtFile", "/var/lib//identity.jwt"},
           {"auth.jwt.jwtFile", "/identity.jwt"}}) {
    CAPTURE(value);
    Json values = JwtValues();
    values[Pointer(field)] = value;
    CHECK(Says(Problems(values), std::string(field) + ": must not "));
  }
}

TEST_CASE("Plan: a certificate login has a role's name and is not for a static pod") {
  CHECK(Planned(CertValues()).configuration.auth.cert.name == "kms-node");
  CHECK(Problems(CertValues(), kPod) == Texts{"auth.method: must be jwt with --model static-pod"});
  Json values = CertValues();
  values["auth"]["cert"].erase("name");
  CHECK(Says(Problems(values), "auth.cert.name: is required"));
}

TEST_CASE("Plan: every problem is named at once") {
  Json values = JwtValues();
  values["auth"]["jwt"].erase("expectedSubject");
  values["auth"]["loginBeforeTokenExpiry"] = "45m";
  values["openbao"]["address"] = "http://x";
  values["typo"] = 1;
  CHECK(Problems(values).size() == 4);
}

TEST_CASE("Plan: the policy is called after the cluster") {
  CHECK(Planned(JwtValues()).policy_name == "openbao-kms-prod");
}

TEST_CASE("Plan: policy names") {
  for (const char* name : {"a", "_x", "Openbao-kms.1", "9"}) CHECK(CheckPolicyName(name).empty());
  for (const char* name :
       {"", "root", "Root", "DEFAULT", "default", "-a", ".a", "a b", "a/b", "a'"}) {
    CAPTURE(name);
    CHECK_FALSE(CheckPolicyName(name).empty());
  }
}

TEST_CASE("Plan: an image is a repository and a digest without a tag") {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const char* repository :
       {"kms", "team/kms", "registry.example/kms", "r:5000/team/kms-1_2.x", "Localhost:1/a"}) {
    CAPTURE(repository);
    CHECK(CheckImage(repository + digest).empty());
  }
  for (const std::string& image : std::vector<std::string>{
           "kms", "kms:1", "kms:1" + digest, "r/kms:1" + digest, digest, "/kms" + digest,
           "r//kms" + digest, "r/KMS" + digest, "r/kms/" + digest, "kms" + digest + "a",
           "kms@sha256:" + std::string(63, 'a'), "kms@sha256:" + std::string(64, 'A'),
           "kms@sha512:" + std::string(64, 'a'), "a b" + digest, "a'b" + digest, "$(x)" + digest,
           "r:x/kms" + digest, "https://r/kms" + digest}) {
    CAPTURE(image);
    CHECK_FALSE(CheckImage(image).empty());
  }
}

TEST_CASE("Plan: the flags of a static pod go with it alone") {
  CHECK(CheckModelFlags({}).empty());
  CHECK(CheckModelFlags(kPod).empty());
  CHECK(CheckModelFlags({.model = DeploymentModel::kStaticPod, .socket_gid = 1})
            .starts_with("--image is required"));
  CHECK(CheckModelFlags({.model = DeploymentModel::kStaticPod, .image = kImage})
            .starts_with("--socket-gid is required"));
  CHECK(CheckModelFlags({.image = kImage}).starts_with("--image is only for"));
  CHECK(CheckModelFlags({.socket_gid = 1}).starts_with("--socket-gid is only for"));
}

TEST_CASE("Plan: the example values need nothing but the flags that they name") {
  const std::string examples = BAOKMS_EXAMPLES_DIRECTORY;
  InitRequest pod = kPod;
  pod.new_key = true;
  for (const auto& [file, request] :
       {std::pair{"values-systemd.yaml", InitRequest{.new_key = true}},
        std::pair{"values-cert.yaml", InitRequest{.new_key = true}},
        std::pair{"values-static-pod.yaml", pod}}) {
    CAPTURE(file);
    const std::string values = testing::ReadWholeFile(examples + "/" + file);
    REQUIRE_FALSE(values.empty());
    const auto installation = PlanText(values, request);
    REQUIRE(installation.has_value());
    CHECK(Bundled(*installation).size() >= 7);
    CHECK_FALSE(PlanText(values).has_value());
  }
}

}  // namespace
}  // namespace baokms::app
