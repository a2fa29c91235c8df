#include "adapters/config_yaml/load_configuration.h"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>

#include "tests/adapters/config_yaml/sample_files.h"

namespace {

using namespace baokms::adapters::config_yaml;
using namespace baokms::tests;
using namespace std::chrono_literals;
namespace core = baokms::core;

TEST_CASE("Load: a JWT file of the Go provider loads unchanged") {
  const auto loaded = Load(kJwtFileSample, ValidationOptions{});
  if (!loaded) FAIL(FormatProblems(loaded.error()));
  const core::Configuration& c = *loaded;
  CHECK(c.config_version == "v1alpha1");
  CHECK(c.server.socket_path == "/run/openbao-kms/kms.sock");
  CHECK(c.server.socket_mode == 0660);
  CHECK(c.server.socket_group == "openbao-kms-socket");
  CHECK(c.server.max_concurrent_decrypt == 64);
  CHECK(c.openbao.openbao_namespace == "platform/kms");
  CHECK(c.openbao.timeout == 2s);
  CHECK(c.auth.method == core::AuthMethod::kJwt);
  CHECK(c.auth.jwt.source == core::JwtSource::kFile);
  CHECK(c.auth.jwt.expected_audience == std::vector<std::string>{"openbao"});
  CHECK(c.transit.key_id_scope.key_lineage_id == "3f1c9a7e5b2d4860");
  CHECK(c.status.status_max_staleness == 2min);
  CHECK(c.logging.level == core::LogLevel::kInfo);
}

TEST_CASE("Load: a PKCS11 file of the Go provider loads unchanged") {
  const auto loaded = Load(kPkcs11Sample);
  if (!loaded) FAIL(FormatProblems(loaded.error()));
  const core::Configuration& c = *loaded;
  CHECK(c.auth.method == core::AuthMethod::kCert);
  CHECK(c.auth.cert.source == core::CertSource::kPkcs11);
  CHECK(c.auth.cert.min_remaining_ttl == 48h);
  CHECK(c.auth.cert.pkcs11.token_label == "kms token");
  CHECK(c.auth.cert.pkcs11.max_sessions == 4);
  CHECK(c.server.metrics_address.empty());
  CHECK(c.server.socket_group == "65532");
  CHECK(c.transit.key_name == "_k8s.prod-1");
}

TEST_CASE("Load: the other sources load") {
  for (const auto sample : {kOauth2Sample, kJwtSpiffeSample, kCertSpiffeSample}) {
    const auto loaded = Load(sample);
    if (!loaded) FAIL_CHECK(FormatProblems(loaded.error()));
  }
}

TEST_CASE("Load: absent fields have their defaults") {
  const auto loaded = Load(kJwtSpiffeSample);
  REQUIRE(loaded.has_value());
  const core::Configuration& c = *loaded;
  CHECK(c.server.socket_path == "/run/openbao-kms/kms.sock");
  CHECK(c.server.socket_mode == 0660);
  CHECK(c.server.metrics_address == "127.0.0.1:8081");
  CHECK(c.server.health_address == "127.0.0.1:8082");
  CHECK(c.server.max_concurrent_status == 16);
  CHECK(c.server.max_concurrent_encrypt == 32);
  CHECK(c.server.max_concurrent_decrypt == 64);
  CHECK(c.server.allowed_peers.uids.empty());
  CHECK(c.openbao.timeout == 2s);
  CHECK(c.openbao.failover_addresses.empty());
  CHECK(c.auth.method == core::AuthMethod::kJwt);
  CHECK(c.auth.login_before_token_expiry == 5min);
  CHECK(c.auth.token_renewal_increment == 1h);
  CHECK(c.auth.jwt.min_remaining_ttl == 2min);
  CHECK(c.auth.jwt.clock_skew_leeway == 30s);
  CHECK(c.auth.jwt.oauth2.auth_method == core::ClientAuthMethod::kClientSecretBasic);
  CHECK(c.auth.cert.min_remaining_ttl == 24h);
  CHECK(c.auth.cert.clock_skew_leeway == 30s);
  CHECK(c.transit.coalesce);
  CHECK(c.bootstrap.grace_timeout == 60s);
  CHECK(c.bootstrap.retry_interval == 5s);
  CHECK(c.status.probe_interval == 30s);
  CHECK(c.status.deep_probe_interval == 5min);
  CHECK(c.status.status_max_staleness == 2min);
  CHECK(c.state.path == "/var/lib/openbao-kms/state/key-registry.json");
  CHECK(c.rotation.mode == core::RotationMode::kObserved);
  CHECK(c.rotation.activation_delay == 2min);
  CHECK(c.rotation.require_stable_observation_count == 3);
  CHECK(c.rotation.reject_version_rollback);
  CHECK(c.logging.level == core::LogLevel::kInfo);
  CHECK(c.logging.format == core::LogFormat::kJson);
  CHECK(c.logging.log_openbao_request_ids);
  CHECK_FALSE(c.logging.debug_correlation.enabled);
  CHECK(c.logging.debug_correlation.ttl == 15min);
  CHECK(c.hardening.lock_memory);
  CHECK(c.hardening.seccomp);
  CHECK(c.hardening.landlock);
}

TEST_CASE("Load: the login timeout is the larger of the request timeout and 5s unless set") {
  const auto timeout = [](std::string_view text) { return Load(text)->auth.login_timeout; };
  CHECK(timeout(kOauth2Sample) == 5s);
  CHECK(timeout(Replaced(kOauth2Sample, "  instanceId", "  timeout: 7s\n  instanceId")) == 7s);
  CHECK(timeout(Replaced(kJwtFileSample, "loginTimeout: 5s", "loginTimeout: 1s")) == 1s);
  CHECK(timeout(Replaced(kJwtFileSample, "loginTimeout: 5s", "loginTimeout: 0s")) == 5s);
}

TEST_CASE("Load: a certificate of SPIFFE may be near its end, one of PKCS11 may not") {
  CHECK(Load(kCertSpiffeSample)->auth.cert.min_remaining_ttl == 5min);
  CHECK(Load(Replaced(kCertSpiffeSample, "    source: spiffe\n",
                      "    source: spiffe\n    minRemainingTtl: 24h\n"))
            ->auth.cert.min_remaining_ttl == 24h);
  CHECK(Load(Replaced(kPkcs11Sample, "    minRemainingTtl: 48h\n", ""))
            ->auth.cert.min_remaining_ttl == 24h);
}

TEST_CASE("Load: lists and peers arrive whole") {
  const auto loaded =
      Load(Replaced(kOauth2Sample, "  socketGroup: kms\n",
                    "  socketGroup: kms\n  allowedPeers: {uids: [0, 4294967294], gids: []}\n"));
  REQUIRE(loaded.has_value());
  CHECK(loaded->server.allowed_peers.uids == std::vector<std::uint32_t>{0, 4294967294});
  CHECK(loaded->auth.jwt.oauth2.scopes == std::vector<std::string>{"kms:read", "openid"});
  CHECK(loaded->auth.jwt.oauth2.resources ==
        std::vector<std::string>{"urn:openbao:kms", "https://bao.example/"});
}

TEST_CASE("Load: a proxy is http with its port and is none when absent") {
  CHECK(Load(kOauth2Sample)->auth.jwt.oauth2.proxy_url.empty());
  for (const std::string url :
       {"http://proxy.example:3128", "HTTP://192.0.2.1:80", "'http://[2001:db8::1]:3128'"}) {
    CAPTURE(url);
    CHECK(Load(Replaced(kOauth2Sample, "caCertFile: \"\"", "proxyUrl: " + url)).has_value());
  }
}

TEST_CASE("Load: all faults come in one pass, each on its line") {
  constexpr std::string_view kText = R"(server:
  sockerPath: /run/openbao-kms/kms.sock
  socketMode: 0660
  socketMode: "0660"
  socketGroup: &group kms
  maxConcurrentStatus: 2000
openbao:
  address: http://bao
  timeout: 5
  timeuot: 5s
  caCertFile: !!str /ca
auth:
  jwt:
    <<: {role: r}
    mountPath: jwt
    jwtFile: relative
status:
  probeInterval: 3m
hardening: []
extra: 1
)";
  const auto loaded = Load(kText);
  REQUIRE_FALSE(loaded.has_value());
  std::set<std::pair<std::string, int>> found;
  for (const ConfigProblem& problem : loaded.error()) found.emplace(problem.field, problem.line);
  INFO(FormatProblems(loaded.error()));
  const std::set<std::pair<std::string, int>> expected{
      {"server.sockerPath", 2},
      {"server.socketMode", 3},
      {"server.socketMode", 4},
      {"server.socketGroup", 5},
      {"server.maxConcurrentStatus", 6},
      {"openbao.address", 8},
      {"openbao.timeout", 9},
      {"openbao.timeuot", 10},
      {"openbao.caCertFile", 11},
      {"config", 14},
      {"auth.jwt.mountPath", 15},
      {"auth.jwt.jwtFile", 16},
      {"status.probeInterval", 18},
      {"hardening", 19},
      {"extra", 20},
      {"configVersion", 0},
      {"openbao.tlsServerName", 0},
      {"openbao.instanceId", 0},
      {"auth.jwt.role", 0},
      {"transit.mountPath", 0},
      {"transit.keyName", 0},
      {"transit.keyIdScope.providerName", 0},
      {"transit.keyIdScope.clusterId", 0},
      {"transit.keyIdScope.transitMountId", 0},
      {"transit.keyIdScope.keyLineageId", 0},
  };
  CHECK(found == expected);
  CHECK(loaded.error().size() == expected.size());
}

TEST_CASE("Load: an unknown key names the nearest known one") {
  const auto message = [](std::string_view from, std::string_view to) {
    const auto loaded = Load(Replaced(kJwtFileSample, from, to));
    REQUIRE_FALSE(loaded.has_value());
    return loaded.error()[0].message;
  };
  CHECK(message("  socketMode:", "  sockteMode:") == "unknown key; did you mean socketMode?");
  CHECK(message("  socketMode:", "  socketmode:") == "unknown key; did you mean socketMode?");
  CHECK(message("openbao:\n", "opnbao:\n") == "unknown key; did you mean openbao?");
  CHECK(message("  method: jwt\n", "  jwtFile: /a\n") ==
        "unknown key; did you mean auth.jwt.jwtFile?");
  CHECK(message("  method: jwt\n", "  zzzzzz: /a\n") == "unknown key");
  CHECK(message("configVersion: v1alpha1\n", "server.socketPath: /x\n").starts_with("unknown key"));
}

TEST_CASE("Load: a problem never shows a value") {
  const auto loaded =
      Load(Replaced(Replaced(kJwtFileSample, "https://openbao.example.internal:8200",
                             "https://user:canary-1@bao"),
                    "/var/lib/openbao-kms/identity.jwt", "canary-2"));
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().size() == 2);
  CHECK(FormatProblems(loaded.error()).find("canary") == std::string::npos);
}

TEST_CASE("Load: without a file everything but defaults is missing") {
  const auto loaded =
      LoadConfiguration(std::nullopt, Overrides{}, EnvLookup{}, ValidationOptions{});
  REQUIRE_FALSE(loaded.has_value());
  for (const ConfigProblem& problem : loaded.error()) {
    CHECK(problem.line == 0);
    CHECK(problem.field != "configVersion");
  }
}

TEST_CASE("Resolve: values are not validated, but unreadable ones are refused") {
  const auto resolved = ResolveConfiguration("configVersion: v9\n", Overrides{}, EnvLookup{});
  REQUIRE(resolved.has_value());
  CHECK(resolved->config_version == "v9");
  CHECK(ResolveConfiguration(std::nullopt, Overrides{}, EnvLookup{})->config_version == "v1alpha1");
  CHECK_FALSE(ResolveConfiguration("unknown: 1\n", Overrides{}, EnvLookup{}).has_value());
  CHECK_FALSE(ResolveConfiguration("a: [\n", Overrides{}, EnvLookup{}).has_value());
}

TEST_CASE("FormatProblems: the heading, then one line a problem") {
  CHECK(FormatProblems({{"a.b", 3, "is wrong"}, {"c", 0, "is required"}}) ==
        "config invalid\na.b: is wrong (line 3)\nc: is required");
}

}  // namespace
