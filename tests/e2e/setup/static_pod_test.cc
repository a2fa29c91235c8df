// The static pod's manifest as the kubelet takes it (security-and-deployment.md, "Static pod").
#include <doctest/doctest.h>

#include <map>

#include "tests/e2e/support/bench.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

bool Skipped() {
  constexpr std::string_view kMissing = BAOKMS_PODCHECK_MISSING;
  return !kMissing.empty() && testing::SaySkipped(kMissing);
}

class StaticPod {
 public:
  StaticPod() : values_(Bench().Config().tree) {
    values_.erase("server");
    values_.erase("state");
    values_["openbao"].erase("caCertFile");
    values_["auth"]["jwt"].erase("jwtFile");
  }

  Json& values() { return values_; }

  std::string Manifest(std::vector<std::string> flags = {}) const {
    const testing::TempDirectory directory;
    std::vector<std::string> arguments = {"init",
                                          "--values",
                                          directory.Write("values.yaml", values_.dump(2)),
                                          "--out",
                                          directory.File("bundle"),
                                          "--model",
                                          "static-pod",
                                          "--image",
                                          Image(),
                                          "--socket-gid",
                                          "4711",
                                          "--policy-name",
                                          "kms"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const CommandResult made = RunCommand(arguments);
    INFO(made.err);
    REQUIRE(made.code == 0);
    return testing::ReadWholeFile(directory.File("bundle/bao-kms-provider.yaml"));
  }
  static std::string Image() {
    return "registry.example/bao-kms-provider@sha256:" + std::string(64, 'a');
  }

 private:
  Json values_;
};

CommandResult Podcheck(const std::string& manifest) {
  const testing::TempDirectory directory;
  testing::ChildProcess child(
      {.argv = {BAOKMS_PODCHECK_PATH, directory.Write("bao-kms-provider.yaml", manifest)},
       .stdout_file = directory.File("out"),
       .stderr_file = directory.File("err")});
  const auto ended = child.Wait(Milliseconds(60000));
  return {.code = ended && ended->code ? *ended->code : -1,
          .out = child.Stdout(),
          .err = child.Stderr()};
}

Json AsKubeletTakesIt(const std::string& manifest) {
  const CommandResult result = Podcheck(manifest);
  INFO(manifest);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out, nullptr, false);
}

// Where each volume is mounted: "path type ro".
std::map<std::string, std::string> Mounts(const Json& pod) {
  std::map<std::string, std::string> mounts;
  for (const Json& mount : pod.at("spec").at("containers").at(0).at("volumeMounts")) {
    mounts[mount.at("name")] = mount.value("readOnly", false) ? "ro" : "rw";
    for (const Json& volume : pod.at("spec").at("volumes")) {
      if (volume.at("name") != mount.at("name")) continue;
      CHECK(volume.at("hostPath").at("path") == mount.at("mountPath"));
      mounts[mount.at("name")] += " " + volume.at("hostPath").at("type").get<std::string>() + " " +
                                  mount.at("mountPath").get<std::string>();
    }
  }
  CHECK(pod.at("spec").at("volumes").size() == mounts.size());
  return mounts;
}

std::string ReplacedOnce(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

TEST_CASE("Static pod: the kubelet takes the manifest with every property that is asked for") {
  if (Skipped()) return;
  const Json pod = AsKubeletTakesIt(StaticPod().Manifest());
  CHECK(pod.at("metadata").at("name") == "bao-kms-provider-node");  // the kubelet adds the node's
  CHECK(pod.at("metadata").at("namespace") == "kube-system");
  const Json& spec = pod.at("spec");
  CHECK(spec.at("hostNetwork") == true);
  CHECK(spec.at("dnsPolicy") == "Default");
  CHECK(spec.at("priorityClassName") == "system-node-critical");
  CHECK(spec.at("priority") == 2000001000);
  CHECK(spec.at("automountServiceAccountToken") == false);
  CHECK(spec.at("enableServiceLinks") == false);
  CHECK(spec.at("restartPolicy") == "Always");
  CHECK(spec.at("securityContext") == Json{{"runAsUser", 65532},
                                           {"runAsGroup", 65532},
                                           {"runAsNonRoot", true},
                                           {"supplementalGroups", {4711}},
                                           {"seccompProfile", {{"type", "RuntimeDefault"}}}});
  REQUIRE(spec.at("containers").size() == 1);
  const Json& container = spec.at("containers").at(0);
  CHECK(container.at("image") == StaticPod::Image());
  CHECK(container.at("command") == Json{"/usr/bin/bao-kms-provider"});
  CHECK(container.at("args") == Json{"serve", "--config", "/etc/openbao-kms/config.yaml"});
  CHECK(container.at("securityContext") == Json{{"allowPrivilegeEscalation", false},
                                                {"privileged", false},
                                                {"readOnlyRootFilesystem", true},
                                                {"runAsNonRoot", true},
                                                {"runAsUser", 65532},
                                                {"runAsGroup", 65532},
                                                {"capabilities", {{"drop", {"ALL"}}}},
                                                {"seccompProfile", {{"type", "RuntimeDefault"}}}});
  CHECK(container.at("resources") == Json{{"requests", {{"cpu", "50m"}, {"memory", "64Mi"}}},
                                          {"limits", {{"memory", "256Mi"}}}});
  const Json health = {{"host", "127.0.0.1"}, {"port", 8082}, {"scheme", "HTTP"}};
  const auto asks = [&](const char* probe, const char* path, int delay, int period, int failures) {
    CAPTURE(probe);
    Json request = health;
    request["path"] = path;
    const Json& asked = container.at(probe);
    CHECK(asked.at("httpGet") == request);
    CHECK(asked.value("initialDelaySeconds", 0) == delay);
    CHECK(asked.at("periodSeconds") == period);
    CHECK(asked.at("failureThreshold") == failures);
  };
  asks("startupProbe", "/live", 0, 5, 24);
  asks("livenessProbe", "/live", 5, 10, 3);
  asks("readinessProbe", "/ready", 5, 10, 3);
  CHECK(Mounts(pod) == std::map<std::string, std::string>{
                           {"config", "ro File /etc/openbao-kms/config.yaml"},
                           {"run", "rw Directory /run/openbao-kms"},
                           {"state", "rw Directory /var/lib/openbao-kms/state"},
                           {"tls", "ro Directory /etc/openbao-kms/tls"},
                           {"credentials", "ro Directory /var/lib/openbao-kms/credentials"}});
}

TEST_CASE("Static pod: the probes go to the health listener") {
  if (Skipped()) return;
  StaticPod pod;
  const auto host_and_port = [&](const std::string& address) {
    pod.values()["server"]["healthAddress"] = address;
    const Json taken = AsKubeletTakesIt(pod.Manifest());
    const Json& container = taken.at("spec").at("containers").at(0);
    if (!container.contains("livenessProbe")) {
      CHECK_FALSE(container.contains("startupProbe"));
      CHECK_FALSE(container.contains("readinessProbe"));
      return std::string("none");
    }
    const Json& get = container.at("livenessProbe").at("httpGet");
    return get.at("host").get<std::string>() + " " + std::to_string(get.at("port").get<int>());
  };
  CHECK(host_and_port("10.0.0.7:9000") == "10.0.0.7 9000");
  CHECK(host_and_port("0.0.0.0:9000") == "127.0.0.1 9000");
  CHECK(host_and_port(":9000") == "127.0.0.1 9000");
  CHECK(host_and_port("[::]:9000") == "127.0.0.1 9000");
  CHECK(host_and_port("[::1]:9000") == "::1 9000");
  CHECK(host_and_port("localhost:9000") == "localhost 9000");
  CHECK(host_and_port("") == "none");
  CHECK(host_and_port("127.0.0.1:0") == "none");
}

TEST_CASE("Static pod: a directory is mounted once and writable where something is written") {
  if (Skipped()) return;
  StaticPod pod;
  SUBCASE("the credential beside the CA") {
    pod.values()["auth"]["jwt"]["jwtFile"] = "/etc/openbao-kms/tls/identity.jwt";
    CHECK(Mounts(AsKubeletTakesIt(pod.Manifest())).size() == 4);
  }
  SUBCASE("everything beside the state") {
    pod.values()["auth"]["jwt"]["jwtFile"] = "/var/lib/openbao-kms/state/identity.jwt";
    pod.values()["openbao"]["caCertFile"] = "/var/lib/openbao-kms/state/ca.crt";
    const auto mounts = Mounts(AsKubeletTakesIt(pod.Manifest()));
    CHECK(mounts.size() == 3);
    CHECK(mounts.at("state") == "rw Directory /var/lib/openbao-kms/state");
  }
  SUBCASE("OAuth2 with a CA of its own") {
    Json& jwt = pod.values()["auth"]["jwt"];
    jwt["source"] = "oauth2";
    jwt["oauth2"] = {{"tokenUrl", "https://issuer.test.invalid/token"},
                     {"clientId", "kms"},
                     {"clientSecretFile", "/var/lib/openbao-kms/credentials/secret"},
                     {"authMethod", "client_secret_basic"},
                     {"caCertFile", "/etc/openbao-kms/issuer/ca.crt"}};
    const auto mounts = Mounts(AsKubeletTakesIt(pod.Manifest()));
    CHECK(mounts.at("issuer-tls") == "ro Directory /etc/openbao-kms/issuer");
    CHECK(mounts.at("credentials") == "ro Directory /var/lib/openbao-kms/credentials");
  }
}

TEST_CASE("Static pod: a further socket parent is named to serve") {
  if (Skipped()) return;
  StaticPod pod;
  pod.values()["server"]["socketPath"] = "/run/openbao-kms2/kms.sock";
  const Json taken = AsKubeletTakesIt(pod.Manifest({"--allow-socket-parent", "/run/openbao-kms2"}));
  CHECK(taken.at("spec").at("containers").at(0).at("args") ==
        Json{"serve", "--config", "/etc/openbao-kms/config.yaml", "--allow-socket-parent",
             "/run/openbao-kms2"});
}

TEST_CASE("Static pod: texts that YAML would read stay what they are") {
  if (Skipped()) return;
  StaticPod pod;
  const std::string odd = "a: b # c 'd' \"e\" \\n {f} [g] *h &i !j %k \xE2\x82\xAC ~";
  pod.values()["auth"]["jwt"]["jwtFile"] = "/var/lib/" + odd + "/identity.jwt";
  CHECK(Mounts(AsKubeletTakesIt(pod.Manifest())).at("credentials") ==
        "ro Directory /var/lib/" + odd);
}

TEST_CASE("Static pod: another configuration is another manifest") {
  StaticPod pod;
  const std::string before = pod.Manifest();
  CHECK(pod.Manifest() == before);
  pod.values()["logging"]["level"] = "warn";
  CHECK(pod.Manifest() != before);
}

TEST_CASE("Static pod: the kubelet would refuse a broken manifest") {
  if (Skipped()) return;
  const std::string good = StaticPod().Manifest();
  const auto refused = [&](std::string_view what, std::string_view with, std::string_view why) {
    const CommandResult result = Podcheck(ReplacedOnce(good, what, with));
    INFO(result.err);
    CHECK(result.code == 1);
    CHECK(result.err.find(why) != std::string::npos);
  };
  refused("hostNetwork: true", "hostNetworks: true", "unknown field");
  refused("hostNetwork: true", "hostNetwork: true\n  hostNetwork: true", "already set");
  refused("type: Directory", "type: Folder", "the kubelet takes no pod of it");
  refused("dnsPolicy: Default", "dnsPolicy: Some", "the kubelet takes no pod of it");
}

}  // namespace
}  // namespace baokms::e2e
