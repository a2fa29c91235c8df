// The runbooks of the alerts: unhealthy, openbao-errors, login-fails, refused-objects and
// process-restarts; and of what kube-apiserver says.
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

using e2e::Milliseconds;

// A node of the case's own, whose credential or OpenBao the case takes away for a while.
struct OneNode {
  OneNode() : cluster({kInterval}) {}
  Node& node() { return cluster[0]; }
  testing::ProviderProcess& process() { return node().serving->process; }

  Cluster cluster;
};

RUNBOOK_CASE("Runbook", "unhealthy", "How to look") {
  OneNode one;
  one.cluster.bench.setup.SetDisableUpsert(false);
  REQUIRE(e2e::Eventually(Milliseconds(10000), [&] { return !one.node().serving->Healthy(); }));
  const std::string ready = person.Do("ready", one.node());
  CHECK(Has(ready, "\"status\":\"unavailable\""));
  CHECK(Has(ready, "upsert_allowed"));
  CHECK(Has(person.Do("log", one.node()), "\"reason\":\"upsert_allowed\""));
  CHECK(Has(person.Do("doctor", one.node(), 4), "[fail] transit.disable_upsert"));
  one.cluster.bench.setup.SetDisableUpsert(true);
  CHECK(one.process().WaitLog("status.recovered"));
}

RUNBOOK_CASE("Runbook", "kube-apiserver-says", "How to look") {
  OneNode one;
  const e2e::ProviderConfig& config = one.node().config;
  person.Substitute("/run/openbao-kms/kms.sock", config.socket());
  person.Substitute("/run/openbao-kms ", config.socket_directory() + " ");
  const std::string file = config.directory().File("encryption-config.yaml");
  person.Substitute("/etc/kubernetes/encryption/encryption-config.yaml", file);
  testing::WriteWholeFile(file,
                          "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
                          "resources:\n  - resources: [secrets]\n    providers: [identity: {}]\n",
                          0600);
  CHECK(Has(person.Do("readyz", one.node()), "kms-providers"));
  CHECK(Has(person.Do("ready", one.node()), "\"status\":\"ok\""));
  CHECK(Has(person.Do("socket", one.node()), config.socket() + "\n"));
  // Nothing there is encrypted.
  CHECK(Has(person.Do("doctor", one.node(), 4), "[fail] kubernetes.encryption_config"));
}

RUNBOOK_CASE("Runbook", "openbao-errors", "How to look") {
  e2e::UseRaftStorage();
  OneNode one;
  CHECK(Has(person.Do("benchmark", one.node()), "transit_decrypt_ms_p50"));
  e2e::SharedOpenBao().Stop();
  CHECK(e2e::Eventually(Milliseconds(10000), [&] {
    return Has(one.process().Metrics(), "status=\"connection_failed\"");
  }));
  CHECK(Has(person.Do("metrics", one.node()), "status=\"connection_failed\""));
  CHECK(Has(person.Do("log", one.node()), "\"status\":\"connection_failed\""));
  e2e::SharedOpenBao().Start();
}

RUNBOOK_CASE("Runbook", "login-fails", "How to look") {
  OneNode one;
  one.cluster.bench.setup.DeleteRole();
  one.cluster.bench.setup.RevokeAllTokens();
  CHECK(e2e::Eventually(Milliseconds(20000),
                        [&] { return e2e::Logins(one.process(), "auth_failed") > 0; }));
  const std::string metrics = person.Do("metrics", one.node());
  CHECK(Has(metrics, "openbao_kms_token_ttl_seconds"));
  CHECK(Has(metrics, "openbao_kms_auth_login_total{status=\"auth_failed\"}"));
  CHECK(Has(person.Do("log", one.node()), "\"status\":\"auth_failed\""));
  CHECK(Has(person.Do("doctor", one.node(), 4), "[fail] openbao.auth"));
}

RUNBOOK_CASE("Runbook", "refused-objects", "How to look") {
  OneNode one;
  testing::SealedObject sealed = one.node().serving->Seal("a value");
  sealed.annotations.begin()->second = "tampered";
  CHECK_FALSE(one.node().serving->stub.Decrypt(sealed).status.ok());
  sealed.key_id = "no-such-key";
  CHECK_FALSE(one.node().serving->stub.Decrypt(sealed).status.ok());
  const std::string metrics = person.Do("metrics", one.node());
  CHECK(Has(metrics, "openbao_kms_aad_validation_errors_total{reason="));
  CHECK(Has(metrics, "openbao_kms_decrypt_key_id_errors_total{reason="));
  CHECK(Has(person.Do("log", one.node()), "\"error_class\":\"key_id_malformed\""));
  CHECK(Has(person.Do("plan", one.node()), "activeTransitVersion: 1"));
}

RUNBOOK_CASE("Runbook", "process-restarts", "How to look") {
  OneNode one;
  one.process().Kill();
  one.node().serving.reset();
  one.node().Start();
  CHECK(Has(person.Do("log", one.node()), "serve.ready"));
  const std::string metrics = person.Do("metrics", one.node());
  CHECK(Has(metrics, "\"status\":\"ok\""));
  CHECK(Has(metrics, "process_start_time_seconds"));
  CHECK(Has(metrics, "openbao_kms_socket_restarts_total 1"));
}

}  // namespace
}  // namespace baokms::runbooks
