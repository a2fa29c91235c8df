// docs/encrypt-a-cluster.md, "From another provider": with the page's own files.
#include <doctest/doctest.h>

#include "tests/e2e/kubernetes/control_plane.h"
#include "tests/e2e/kubernetes/other_plugin.h"
#include "tests/e2e/kubernetes/page_blocks.h"

namespace baokms::e2e {
namespace {

constexpr const char* kPageEntry =
    "      - aescbc:\n"
    "          keys:\n"
    "            - name: key1\n"
    "              secret: BASE64-OF-32-BYTES\n";
constexpr const char* kSecret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

std::string LocalKeys(const std::string& kind) {
  return "      - " + kind +
         ":\n          keys:\n            - name: key1\n              secret: " + kSecret + "\n";
}

// An old provider's entry in the list, and how what it writes begins in etcd.
struct OldProvider {
  std::string entry;
  std::string prefix;
};

class Move {
 public:
  explicit Move(OldProvider old) : plane(2), old_(std::move(old)) {
    const auto blocks = PageBlocks("## From another provider", "yaml");
    REQUIRE(blocks.size() == 2);
    phases_ = {AsHere(blocks[0]), AsHere(blocks[1])};
  }

  // As the cluster has it before.
  std::string Old() const { return Replaced(phases_[0], OurEntry(), ""); }
  std::string Phase(int number) const { return phases_.at(static_cast<std::size_t>(number) - 1); }

  // One API server after the other, which write and read each other's objects at each step.
  void GoOn(const std::string& configuration, const std::string& name) {
    for (const std::size_t node : {1, 0}) {
      plane.Configure(configuration, *plane.nodes[node]);
      plane.nodes[node]->api.Restart();
      WriteOnBoth(name + "-" + std::to_string(node));
    }
  }
  void WriteOnBoth(const std::string& name) {
    for (std::size_t node = 0; node < 2; ++node) {
      plane.Create(name + "-by-" + std::to_string(node), plane.nodes[node]->api);
    }
    plane.CheckReadable();
    plane.CheckHealthy();
  }

  bool IsOld(const std::string& name) const { return StoredWith(name, old_.prefix); }
  bool IsOurs(const std::string& name) const {
    return StoredWith(name, "k8s:enc:kms:v2:" + plane.ProviderName() + ":");
  }
  // Objects of EncryptedResources by who has encrypted them, as `key-usage` counts them.
  void CheckAllOurs() const {
    const Json census = plane.Census();
    INFO(census.dump(1));
    CHECK(Named(census, plane.ProviderName()) > 0);
    CHECK(Named(census, plane.ProviderName()) == ControlPlane::Encrypted(census));
    CHECK(census.at("otherProviders").empty());
    CHECK(ControlPlane::Plaintext(census) == 0);
  }
  void CheckNoneOurs() const {
    const Json census = plane.Census();
    INFO(census.dump(1));
    CHECK(Named(census, plane.ProviderName()) == 0);
    CHECK(ControlPlane::Plaintext(census) == 0);
  }

  // What `doctor` says of the file of a phase; CHECKs that it is no more than a warning.
  std::string Doctor(int phase) const {
    const std::string file = plane.node.config.directory().Write("phase.yaml", Phase(phase));
    const Json report = plane.node.Report({"doctor", "--encryption-config", file});
    for (const Json& check : report.at("checks")) {
      if (check.at("id") != "kubernetes.encryption_config") continue;
      CHECK(check.at("status") == "warn");
      return check.at("message");
    }
    FAIL("no such check");
    return "";
  }

  ControlPlane plane;

 private:
  static int Named(const Json& census, const std::string& provider) {
    int objects = 0;
    for (const Json& entry : census.at("encrypted")) {
      if (entry.at("providerName") == provider) objects += entry.at("objects").get<int>();
    }
    return objects;
  }
  bool StoredWith(const std::string& name, const std::string& prefix) const {
    for (const Resource& resource : EncryptedResources()) {
      const std::string stored = plane.Stored(resource, name);
      if (!stored.starts_with(prefix) || Says(stored, "plain-value-of-")) return false;
    }
    return true;
  }

  // The page's file with the old provider, the provider and the socket of this test.
  std::string AsHere(std::string text) const {
    text = Replaced(text, kPageEntry, old_.entry);
    text = Replaced(text, "name: openbao\n", "name: " + plane.ProviderName() + "\n");
    text = Replaced(text, "/run/openbao-kms/kms.sock", plane.node.config.socket());
    return Replaced(text, "      - secrets\n",
                    "      - secrets\n      - configmaps\n      - widgets.example.org\n");
  }
  std::string OurEntry() const {
    return "      - kms:\n          apiVersion: v2\n          name: " + plane.ProviderName() +
           "\n          endpoint: unix://" + plane.node.config.socket() +
           "\n          timeout: 3s\n";
  }

  OldProvider old_;
  std::vector<std::string> phases_;
};

void CheckThereAndBackAStepApart(Move& move) {
  ControlPlane& plane = move.plane;
  CHECK(Says(move.Doctor(1), "comes before this provider's entry"));
  CHECK_FALSE(Says(move.Doctor(2), "comes before this provider's entry"));
  plane.Begin(move.Old());
  move.WriteOnBoth("before");
  CHECK(move.IsOld("before-by-0"));

  move.GoOn(move.Phase(1), "phase-1");
  CHECK(move.IsOld("phase-1-0-by-0"));
  CHECK(move.IsOld("phase-1-1-by-1"));
  move.GoOn(move.Phase(2), "phase-2");
  CHECK(move.IsOurs("phase-2-1-by-1"));  // a step ahead of the other
  CHECK(move.IsOld("phase-2-1-by-0"));
  CHECK(move.IsOurs("phase-2-0-by-0"));
  plane.Rewrite();
  CHECK(move.IsOurs("before-by-0"));
  move.CheckAllOurs();
  move.GoOn(plane.WritersOnly(), "only");
  move.CheckAllOurs();

  move.GoOn(move.Phase(2), "back-2");
  move.GoOn(move.Phase(1), "back-1");
  CHECK(move.IsOld("back-1-1-by-1"));
  CHECK(move.IsOurs("back-1-1-by-0"));
  plane.Rewrite();
  CHECK(move.IsOld("before-by-0"));
  move.CheckNoneOurs();
  // Not needed any more.
  move.GoOn(move.Old(), "old");
  for (const auto& each : plane.nodes) each->provider->process.Kill();
  move.WriteOnBoth("without-the-provider");
  CHECK(move.IsOld("without-the-provider-by-1"));
}

TEST_CASE("From another provider: secretbox and back with two API servers a step apart") {
  if (SkippedWithoutControlPlane()) return;
  Move move({.entry = LocalKeys("secretbox"), .prefix = "k8s:enc:secretbox:v1:key1:"});
  CheckThereAndBackAStepApart(move);

  // Why there are two phases: in one, the API server that is not switched yet cannot read.
  ControlPlane& plane = move.plane;
  for (const auto& each : plane.nodes) each->provider.emplace(each->node.config);
  plane.Configure(move.Phase(2), *plane.nodes[1]);
  plane.nodes[1]->api.Restart();
  plane.nodes[1]->api.Ask("PUT", "/api/v1/namespaces/app/secrets/before-by-0",
                          {{"apiVersion", "v1"},
                           {"kind", "Secret"},
                           {"metadata", {{"name", "before-by-0"}}},
                           {"stringData", {{"value", "another"}}}});
  CHECK(plane.ReadSecret("before-by-0").status == 500);
  CHECK(plane.nodes[1]->api.Ask("GET", "/api/v1/namespaces/app/secrets/before-by-0").status == 200);
}

TEST_CASE("From another provider: another KMS plugin and back with two API servers a step apart") {
  if (SkippedWithoutControlPlane() || SkippedWithoutOtherPlugin()) return;
  const OtherPlugin other;
  Move move({.entry = "      - kms:\n          apiVersion: v2\n          name: other\n          "
                      "endpoint: unix://" +
                      other.socket() + "\n          timeout: 3s\n",
             .prefix = "k8s:enc:kms:v2:other:"});
  CheckThereAndBackAStepApart(move);
}

TEST_CASE("From another provider: aescbc and back without a restart of an API server") {
  if (SkippedWithoutControlPlane()) return;
  Move move({.entry = LocalKeys("aescbc"), .prefix = "k8s:enc:aescbc:v1:key1:"});
  ControlPlane& plane = move.plane;
  plane.Begin(move.Old());
  move.WriteOnBoth("before");
  const auto go_on = [&](const std::string& configuration, const std::string& name) {
    MESSAGE(name << " in use after " << plane.Reload(configuration) << " s");
    move.WriteOnBoth(name);
  };
  go_on(move.Phase(1), "phase-1");
  CHECK(move.IsOld("phase-1-by-1"));
  go_on(move.Phase(2), "phase-2");
  CHECK(move.IsOurs("phase-2-by-1"));
  plane.Rewrite();
  move.CheckAllOurs();
  go_on(plane.WritersOnly(), "only");

  go_on(move.Phase(2), "back-2");
  go_on(move.Phase(1), "back-1");
  CHECK(move.IsOld("back-1-by-1"));
  plane.Rewrite();
  move.CheckNoneOurs();
  go_on(move.Old(), "old");
  CHECK(move.IsOld("old-by-1"));
}

}  // namespace
}  // namespace baokms::e2e
