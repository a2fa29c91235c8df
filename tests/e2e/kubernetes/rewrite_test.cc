// deploy/kubernetes/rewrite-objects.sh, with kubectl, against a real kube-apiserver.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <sstream>
#include <thread>

#include "core/text/base64.h"
#include "tests/e2e/kubernetes/rewriter.h"
#include "tests/support/harness/free_port.h"

namespace baokms::e2e {
namespace {

using testing::ChildProcess;
using testing::HttpAnswer;

constexpr const char* kClusterRoles = "clusterroles.rbac.authorization.k8s.io";
constexpr const char* kClusterRolesPath = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
// What kube-apiserver allows in the name of a role.
constexpr const char* kOddName = R"(odd? name#1 [a]{b} "c" \n:x&=+)";
const Names kAll = {"secrets", "configmaps", "widgets.example.org", kClusterRoles};

// Cluster roles too: they have no namespace.
std::string WithRoles(std::string text) {
  const std::string secrets = "      - secrets\n";
  const std::size_t at = text.find(secrets);
  REQUIRE(at != std::string::npos);
  return text.insert(at, "      - " + std::string(kClusterRoles) + "\n");
}

// A new start with this configuration: sooner than kube-apiserver looks at its file.
void StartWith(ControlPlane& plane, const std::string& encryption_configuration) {
  plane.api.Kill();
  plane.Configure(WithRoles(encryption_configuration));
  plane.api.Start();
}

Json SecretNamed(const std::string& name, const std::string& value) {
  return {{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", {{"name", name}}},
          {"data", {{"value", core::Base64Encode(value)}}}};
}

void Make(const ControlPlane& plane, const std::string& path, const Json& object) {
  HttpAnswer made;
  const bool done = Eventually(Milliseconds(20000), [&] {
    made = plane.api.Ask("POST", path, object);
    return made.status == 201;
  });
  INFO(made.body);
  REQUIRE(done);
}

// Secrets in two namespaces, and of each other resource some.
void Fill(const ControlPlane& plane, int secrets) {
  testing::HttpClient client;
  int refused = 0;
  const auto make = [&](const std::string& path, const Json& object) {
    if (client.Ask(plane.api.Question("POST", path, object)).status != 201) ++refused;
  };
  for (int number = 0; number < secrets; ++number) {
    const std::string space = number % 3 == 0 ? "default" : "app";
    make("/api/v1/namespaces/" + space + "/secrets",
         SecretNamed("secret-" + std::to_string(number), "value " + std::to_string(number)));
  }
  for (int number = 0; number < secrets / 10; ++number) {
    make(EncryptedResources()[1].path,
         {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", "config.map-" + std::to_string(number)}}},
          {"data", {{"odd", "\"quoted\" \\ % {} [] ; \t\n\u00fc\u2603 @file \u0001"}}}});
  }
  REQUIRE(refused == 0);
  for (int number = 0; number < 20; ++number) {
    Make(plane, EncryptedResources()[2].path,
         {{"apiVersion", "example.org/v1"},
          {"kind", "Widget"},
          {"metadata", {{"name", "widget-" + std::to_string(number)}}},
          {"spec", {{"value", "v"}}}});
  }
  Make(plane, EncryptedResources()[0].path, SecretNamed("large", std::string(900'000, 'l')));
  Make(plane, kClusterRolesPath,
       {{"apiVersion", "rbac.authorization.k8s.io/v1"},
        {"kind", "ClusterRole"},
        {"metadata", {{"name", kOddName}}},
        {"rules", Json::array()}});
}

// Every object of kAll as it is, but for what each write changes; by resource, namespace and name.
std::map<std::string, Json> Contents(const ControlPlane& plane) {
  std::map<std::string, Json> contents;
  for (const char* path : {"/api/v1/secrets", "/api/v1/configmaps", "/apis/example.org/v1/widgets",
                           kClusterRolesPath}) {
    const HttpAnswer answer = plane.api.Ask("GET", path);
    REQUIRE(answer.status == 200);
    const Json list = Json::parse(answer.body);
    for (Json object : list.at("items")) {
      Json& about = object.at("metadata");
      about.erase("resourceVersion");
      const std::string name = about.at("name");
      contents[path + ("/" + about.value("namespace", "")) + "/" + name] = std::move(object);
    }
  }
  return contents;
}

void CheckUnchanged(const std::map<std::string, Json>& before,
                    const std::map<std::string, Json>& after) {
  CHECK(before.size() == after.size());
  int changed = 0;
  for (const auto& [name, object] : before) {
    const auto found = after.find(name);
    if (found != after.end() && found->second == object) continue;
    if (++changed > 3) continue;
    FAIL_CHECK("changed: " << name);
  }
  CHECK(changed == 0);
}

// Exit 0: no object that should be encrypted is plaintext.
int CensusOfPlaintext(const ControlPlane& plane) {
  Names command = plane.etcd.KeyUsageCommand();
  command.insert(command.end(), {"--encryption-config", plane.api.encryption_configuration(),
                                 "--fail-on", "plaintext"});
  return plane.node.Run(command).code;
}

// PATCH requests that kube-apiserver has had.
double Patches(const ControlPlane& plane) {
  return plane.api.Metric("apiserver_request_total", {R"(verb="PATCH")"}).value_or(0);
}

int Lines(const std::string& text) { return static_cast<int>(std::ranges::count(text, '\n')); }

// Of the lines "RESOURCE: N written, ...", the last one of each resource.
int Written(const std::string& out) {
  std::map<std::string, int> written;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(": ");
    if (at == std::string::npos || !Says(line, " written,")) continue;
    written[line.substr(0, at)] = std::atoi(line.c_str() + at + 2);
  }
  int sum = 0;
  for (const auto& [resource, count] : written) sum += count;
  return sum;
}

Names With(Names options, const Names& resources) {
  options.insert(options.end(), resources.begin(), resources.end());
  return options;
}

// Somebody who changes Secrets and deletes some, all along.
class Somebody {
 public:
  static constexpr int kSecrets = 40;

  explicit Somebody(const ControlPlane& plane) : plane_(plane) {
    for (int number = 0; number < kSecrets; ++number) {
      Make(plane_, Path(""), SecretNamed(Name(number), "first"));
    }
  }
  void Begin() {
    thread_ = std::thread([this] {
      for (int round = 0; !stop_; ++round) Round(round);
    });
  }
  // What was answered last is what is there.
  void StopAndCheck() {
    stop_ = true;
    thread_.join();
    CHECK(failed_ == 0);
    CHECK(changes_ > kSecrets);
    for (int number = 0; number < kSecrets; ++number) {
      const HttpAnswer answer = plane_.api.Ask("GET", Path("/" + Name(number)));
      CAPTURE(answer.body);
      if (number % 4 == 0) {
        CHECK(answer.status == 404);
      } else {
        CHECK(Says(answer.body, core::Base64Encode(values_[number])));
      }
    }
  }

 private:
  static std::string Name(int number) { return "a-busy-one-" + std::to_string(number); }
  std::string Path(const std::string& name) const { return EncryptedResources()[0].path + name; }
  void Round(int round) {
    for (int number = 0; number < kSecrets && !stop_; ++number) {
      if (number % 4 == 0) {
        if (round == 0) plane_.api.Ask("DELETE", Path("/" + Name(number)));
        continue;
      }
      values_[number] = "value " + std::to_string(round);
      const HttpAnswer answer = plane_.api.Ask("PUT", Path("/" + Name(number)),
                                               SecretNamed(Name(number), values_[number]));
      if (answer.status != 200) ++failed_;
      ++changes_;
    }
  }

  const ControlPlane& plane_;
  std::map<int, std::string> values_;
  std::atomic<bool> stop_ = false;
  int failed_ = 0, changes_ = 0;
  std::thread thread_;
};

bool IsOfSomebody(const std::pair<const std::string, Json>& object) {
  return Says(object.first, "a-busy-one-");
}

TEST_CASE("Rewrite script: it encrypts every object and changes none") {
  if (SkippedWithoutKubectl()) return;
  ControlPlane plane;
  plane.Begin(WithRoles(plane.IdentityOnly()));
  Fill(plane, 300);
  Somebody somebody(plane);
  StartWith(plane, plane.Writers());
  REQUIRE(CensusOfPlaintext(plane) == 4);
  std::map<std::string, Json> before = Contents(plane);
  Rewriter rewriter(plane);
  somebody.Begin();
  const CommandResult result = rewriter.Run(With({"--page", "40"}, kAll));
  somebody.StopAndCheck();
  INFO(result.out);
  INFO(result.err);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(CensusOfPlaintext(plane) == 0);
  std::map<std::string, Json> after = Contents(plane);
  std::erase_if(before, IsOfSomebody);
  std::erase_if(after, IsOfSomebody);
  CheckUnchanged(before, after);
  CHECK(Written(result.out) >= static_cast<int>(before.size()));
  // Several pages of each resource but the widgets.
  CHECK(Lines(result.out) >= 8 + 1 + 2 + 4);
  CHECK(before.contains(std::string(kClusterRolesPath) + "//" + kOddName));
}

// As soon as it has told of `pages` pages. Whether it was still running.
bool SignalAfter(ChildProcess& child, int pages, int signal) {
  const bool reached = Eventually(
      Milliseconds(60000), [&] { return Lines(child.Stdout()) >= pages || !child.Running(); });
  REQUIRE(reached);
  const bool runs = child.Running();
  child.Signal(signal);
  REQUIRE(child.Wait(Milliseconds(60000)).has_value());
  return runs;
}

TEST_CASE("Rewrite script: a killed one goes on where it stopped") {
  if (SkippedWithoutKubectl()) return;
  ControlPlane plane;
  plane.Begin(WithRoles(plane.IdentityOnly()));
  Fill(plane, 300);
  StartWith(plane, plane.Writers());
  const std::map<std::string, Json> before = Contents(plane);
  const int objects = static_cast<int>(before.size());
  Rewriter rewriter(plane);
  const Names arguments =
      With({"--page", "20", "--parallel", "1", "--progress", rewriter.progress()}, kAll);
  int pages = 0;
  for (const int signal : {SIGTERM, SIGKILL}) {
    const double patches = Patches(plane);
    const auto child = rewriter.Start(arguments);
    REQUIRE(SignalAfter(*child, 4, signal));
    rewriter.CheckNothingLeft();
    pages += Lines(child->Stdout());
    // The pages that it told of, and at most the one after them.
    CHECK(Patches(plane) - patches <= 20 * (Lines(child->Stdout()) + 1));
  }
  CHECK(CensusOfPlaintext(plane) == 4);
  const double patches = Patches(plane);
  const CommandResult result = rewriter.Run(arguments);
  INFO(result.out);
  INFO(result.err);
  CHECK(result.code == 0);
  CHECK(Patches(plane) - patches <= objects - 20 * pages);
  CHECK(CensusOfPlaintext(plane) == 0);
  CheckUnchanged(before, Contents(plane));

  // With the file of a rewrite that is over, nothing is taken for done.
  for (const Names& resources : {kAll, Names{"secrets"}, Names{"secrets", "serviceaccounts"}}) {
    CHECK(Says(rewriter.Refused(2, With({"--progress", rewriter.progress()}, resources)),
               "Another rewrite needs another file"));
  }
  // One that was interrupted, under the same address in front of another cluster.
  const std::string file = testing::ReadWholeFile(rewriter.progress());
  const std::size_t uid = file.find(' ', std::string("server ").size()) + 1;
  Rewriter tunnel(plane);
  testing::WriteWholeFile(tunnel.progress(),
                          file.substr(0, uid) + "00000000-0000-0000-0000-000000000000\n", 0600);
  CHECK(Says(tunnel.Refused(2, {"--progress", tunnel.progress(), "secrets"}), "another cluster"));
  Rewriter other(plane);
  other.GoElsewhere("https://127.0.0.1:1");
  CHECK(Says(other.Refused(2, {"--progress", rewriter.progress(), "secrets"}), "another cluster"));
  testing::WriteWholeFile(other.progress(), "something of somebody's\n", 0600);
  CHECK(Says(other.Refused(2, {"--progress", other.progress(), "secrets"}),
             "not written by this script"));
  CHECK(testing::ReadWholeFile(other.progress()) == "something of somebody's\n");
}

TEST_CASE("Rewrite script: what it cannot do is said in words and no success") {
  if (SkippedWithoutKubectl()) return;
  ControlPlane plane;
  plane.Begin(WithRoles(plane.IdentityOnly()));
  Fill(plane, 50);
  StartWith(plane, plane.Writers());
  Rewriter rewriter(plane);

  for (const Names& wrong :
       {Names{}, Names{"--page", "0", "secrets"}, Names{"--page", "many", "secrets"},
        Names{"--pages", "5", "secrets"}, Names{"secrets", "--page"}}) {
    CHECK(Says(rewriter.Refused(2, wrong), "--help"));
  }
  const CommandResult help = rewriter.Run({"--help"});
  CHECK(help.code == 0);
  CHECK(Says(help.out, "usage: rewrite-objects.sh"));
  for (const char* unknown :
       {"secretz", "widgets.example.net", "gadgets.example.org", "*.example.net"}) {
    CHECK(Says(rewriter.Refused(1, {unknown}),
               std::string(unknown) + ": this cluster has no such resource"));
  }

  // Nobody may list, and a reader may not write.
  Rewriter nobody(plane, "nobody");
  std::string said = nobody.Refused(1, {"--progress", nobody.progress(), "secrets"});
  CHECK(Says(said, "the answer was 403: secrets is forbidden: User \"nobody\" cannot list"));
  CHECK(Says(said, "needs the verbs list and patch for secrets in all namespaces"));
  const Json role = {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}};
  Make(plane, kClusterRolesPath,
       {{"apiVersion", "rbac.authorization.k8s.io/v1"},
        {"kind", "ClusterRole"},
        {"metadata", {{"name", "reader"}}},
        {"rules",
         Json::array({{{"apiGroups", {""}}, {"resources", {"secrets"}}, {"verbs", {"list"}}}})}});
  Json binding = {{"apiVersion", "rbac.authorization.k8s.io/v1"},
                  {"kind", "ClusterRoleBinding"},
                  {"metadata", {{"name", "reader"}}},
                  {"roleRef", role},
                  {"subjects", Json::array({{{"kind", "User"}, {"name", "reader"}}})}};
  binding["roleRef"]["name"] = "reader";
  Make(plane, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding);
  Rewriter reader(plane, "reader");
  const Names as_reader = {"--progress", reader.progress(), "--page", "10", "secrets"};
  REQUIRE(Eventually(Milliseconds(20000), [&] {
    said = reader.Run(as_reader).err;
    return Says(said, "cannot patch resource");
  }));
  CHECK(Says(reader.Refused(1, as_reader), "stopped, the answer was 403"));
  CHECK_FALSE(Says(testing::ReadWholeFile(reader.progress()), "secrets"));
  CHECK(CensusOfPlaintext(plane) == 4);

  // Nobody listens.
  Rewriter lost(plane);
  lost.GoElsewhere("https://127.0.0.1:" + std::to_string(testing::FreePort()));
  CHECK(Says(lost.Refused(1, {"--retries", "0", "secrets"}), "connection refused"));

  // Without a provider, plaintext is still listed and nothing can be written.
  plane.provider->process.Kill();
  plane.api.Kill();
  plane.api.Launch();
  REQUIRE(Eventually(Milliseconds(60000), [&] {
    return plane.api.Ask("GET", "/api/v1/secrets?limit=1").status == 200;
  }));
  said = rewriter.Refused(1, {"--retries", "1", "--page", "10", "secrets"});
  CHECK(Says(said, "secrets: stopped, the answer was 500"));
  CHECK(Says(said, "got unexpected nil transformer"));
  CHECK(Says(said, "bao-kms-provider status"));
}

// Nobody may change these two Secrets: the answer is `status`, 403 or 422. The second one may be
// written until that holds.
void Forbid(const ControlPlane& plane, const std::string& name, const std::string& probe,
            int status) {
  const std::string policy = "keep-" + name;
  const std::string group = "/apis/admissionregistration.k8s.io/v1/";
  const Json secrets = {{"apiGroups", {""}},
                        {"apiVersions", {"v1"}},
                        {"operations", {"UPDATE"}},
                        {"resources", {"secrets"}}};
  Make(plane, group + "validatingadmissionpolicies",
       {{"apiVersion", "admissionregistration.k8s.io/v1"},
        {"kind", "ValidatingAdmissionPolicy"},
        {"metadata", {{"name", policy}}},
        {"spec",
         {{"matchConstraints", {{"resourceRules", Json::array({secrets})}}},
          {"validations", Json::array({{{"expression", "!(object.metadata.name in ['" + name +
                                                           "', '" + probe + "'])"},
                                        {"reason", status == 403 ? "Forbidden" : "Invalid"},
                                        {"message", "nobody may touch it"}}})}}}});
  Make(plane, group + "validatingadmissionpolicybindings",
       {{"apiVersion", "admissionregistration.k8s.io/v1"},
        {"kind", "ValidatingAdmissionPolicyBinding"},
        {"metadata", {{"name", policy}}},
        {"spec", {{"policyName", policy}, {"validationActions", {"Deny"}}}}});
  const std::string path = EncryptedResources()[0].path + "/" + probe;
  REQUIRE(Eventually(Milliseconds(60000), [&] {
    const HttpAnswer read = plane.api.Ask("GET", path);
    return plane.api.Ask("PUT", path, Json::parse(read.body)).status == status;
  }));
}

TEST_CASE("Rewrite script: an object that nobody may write does not hold up the others") {
  if (SkippedWithoutKubectl()) return;
  ControlPlane plane;
  plane.Begin(WithRoles(plane.IdentityOnly()));
  Fill(plane, 50);
  StartWith(plane, plane.Writers());
  Forbid(plane, "secret-10", "secret-11", 422);
  Forbid(plane, "secret-20", "secret-22", 403);
  Rewriter rewriter(plane);
  const Names arguments = {"--page",  "10",        "--progress", rewriter.progress(),
                           "secrets", "configmaps"};
  // The second time, too: it is not forgotten.
  for (int time = 0; time < 2; ++time) {
    const std::string said = rewriter.Refused(1, arguments);
    CHECK(Says(said, "/namespaces/app/secrets/secret-10 (422)"));
    CHECK(Says(said, "/namespaces/app/secrets/secret-20 (403)"));
    CHECK(Says(said, "nobody may touch it"));
    CHECK(Says(said, "some objects could not be written, of: secrets"));
  }
  const Json census = plane.Census();
  INFO(census.dump(1));
  int plaintext = 0;
  for (const Json& entry : census.at("plaintext")) {
    if (entry.at("resource") == "secrets") plaintext += entry.at("objects").get<int>();
    CHECK(entry.at("resource") != "configmaps");
  }
  CHECK(plaintext == 2);
}

}  // namespace
}  // namespace baokms::e2e
