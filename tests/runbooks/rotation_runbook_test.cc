// docs/runbooks/rotation.md and docs/automatic-rotation.md.
#include "core/wire/sha256.h"
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

using e2e::Milliseconds;

// The line with the hash, to compare nodes by.
std::string HashIn(const std::string& metrics) {
  const std::size_t at = metrics.find("openbao_kms_status_key_id_hash{");
  REQUIRE(at != std::string::npos);
  return metrics.substr(at, metrics.find('\n', at) - at);
}

std::string InHex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

RUNBOOK_CASE("Runbook", "rotation", "Before you rotate") {
  Cluster cluster({kInterval, kInterval});
  for (const auto& node : cluster.nodes) CHECK(Has(person.Do("ready", *node), "\"status\":\"ok\""));
  const std::string metrics = person.Do("look", cluster[0]);
  CHECK(Has(metrics, "openbao_kms_key_version 1"));
  CHECK(HashIn(metrics) == HashIn(person.Do("look", cluster[1])));
  person.Do("copy-state", cluster[0]);
  const std::string copy = person.copies() + "/key-registry.json";
  CHECK(e2e::StateFiles{.state = testing::ReadWholeFile(copy),
                        .checkpoint = testing::ReadWholeFile(copy + ".checkpoint")} ==
        e2e::ReadStateFiles(cluster[0].config));
  const std::string latest = person.DoWithBao("latest", cluster[0]);
  CHECK((latest.empty() || latest == "1\n" || latest == "1"));
}

RUNBOOK_CASE("Runbook", "rotation", "Rotate and watch") {
  Cluster cluster({kInterval, kInterval});
  person.DoWithBao("rotate", cluster[0], [&] { cluster.bench.setup.RotateKey(); });
  REQUIRE(cluster.Reach(cluster.KeyIdOf(2)));
  // Time to look at the pending one.
  cluster[0].Stop();
  cluster[0].config.tree["rotation"]["activationDelay"] = "4s";
  cluster[0].config.Write();
  cluster[0].Start();
  person.Do("rotate-api", cluster[0]);
  REQUIRE(e2e::Eventually(Milliseconds(5000), [&] {
    return !e2e::VersionsIn(e2e::ReadState(cluster[0].config), "pending").empty();
  }));
  CHECK(Has(person.Do("plan", cluster[0]), "pendingTransitVersion: 3"));
  REQUIRE(cluster.Reach(cluster.KeyIdOf(3)));
  REQUIRE(cluster[0].serving->process.WaitLog("key.promoted", 2));
  const std::string log = person.Do("log", cluster[0]);
  CHECK(Has(log, "rotation.pending"));
  CHECK(Has(log, "key.promoted"));
  const std::string metrics = person.Do("look-after", cluster[0]);
  CHECK(Has(metrics, "openbao_kms_key_version 3"));
  CHECK(Has(metrics, "openbao_kms_rotation_state{state=\"active\"} 1"));
  CHECK(HashIn(metrics) == HashIn(person.Do("look-after", cluster[1])));
  const std::string verified = person.Do("verify", cluster[0]);
  CHECK(Has(verified, "activeTransitVersion: 3"));
  CHECK(Has(verified, "rotationState: active"));
}

RUNBOOK_CASE("Runbook", "rotation", "Rewrite every object") {
  Cluster cluster({kInterval});
  for (const char* object : {"one", "two", "three"}) person.Store(object, "a value", cluster[0]);
  cluster.Rotate();
  const std::string hash = person.Do("hash", cluster[0]);
  CHECK(hash == "sha256:" + InHex(core::Sha256(cluster.KeyIdOf(2))) + "\n");
  CHECK(Has(person.Do("followed", cluster[0]), "key_id_hash="));
  CHECK(Has(person.Do("rewrite", cluster[0]), "secret/two replaced"));
  for (const char* object : {"one", "two", "three"}) {
    CHECK(person.Stored(object).ciphertext.starts_with("vault:v2:"));
    CHECK(person.Read(object, cluster[0]).plaintext == "a value");
  }
  cluster.Rotate();
  CHECK(Has(person.Do("rewrite-large", cluster[0]), "secrets: 3 written"));
  for (const char* object : {"one", "two", "three"}) {
    CHECK(person.Stored(object).ciphertext.starts_with("vault:v3:"));
  }
  CHECK(Has(person.Do("apiserver-metrics", cluster[0]), "from_storage"));
}

RUNBOOK_CASE("Runbook", "rotation", "When it does not go as it should") {
  Cluster cluster({kInterval, kInterval});
  const std::string fingerprint = person.Do("fingerprint", cluster[0]);
  CHECK(Has(fingerprint, "cfg1."));
  CHECK(fingerprint == person.Do("fingerprint", cluster[1]));
}

RUNBOOK_CASE("Runbook", "automatic-rotation", "Turning it off") {
  Cluster cluster({kInterval});
  cluster.bench.setup.ConfigureKey({{"auto_rotate_period", "1h"}});
  const std::string printed = person.DoWithBao(
      "off", cluster[0], [&] { cluster.bench.setup.ConfigureKey({{"auto_rotate_period", "0"}}); });
  CHECK((printed.empty() || printed.ends_with("\n0\n") || printed.ends_with("\n0")));
  CHECK(cluster.bench.setup
            .Admin("GET", cluster.bench.setup.options().transit_mount + "/keys/" +
                              cluster.bench.setup.options().key_name)
            .data()
            .at("auto_rotate_period") == 0);
}

}  // namespace
}  // namespace baokms::runbooks
