// docs/runbooks/kube-apiserver-says.md: a real kube-apiserver in each state of the page, and in its
// log or answer the words that the page has.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <optional>
#include <set>
#include <thread>

#include "tests/e2e/kubernetes/control_plane.h"
#include "tests/e2e/kubernetes/page_blocks.h"

namespace baokms::e2e {
namespace {

// Those that a case of this file brings about.
const std::set<std::string> kReproduced = {
    "readyz",        "nil-transformer",   "expired",   "no-socket", "no-listener",
    "no-permission", "no-answer",         "unhealthy", "start",     "bad-file",
    "no-prefix",     "no-prefix-in-list", "decrypt"};

// What the page has under this name.
std::string Words(const std::string& name) {
  REQUIRE(kReproduced.contains(name));
  const std::map<std::string, std::string> words = WordsOfKubeApiServer();
  REQUIRE(words.contains(name));
  return words.at(name);
}

// What an answer says, beside what JSON makes of it.
std::string Said(const testing::HttpAnswer& answer) {
  const Json status = Json::parse(answer.body, nullptr, false);
  return status.is_object() ? status.value("message", "") : answer.body;
}

void CheckSays(const std::string& text, const std::string& name) {
  INFO(text);
  CHECK_MESSAGE(HasWords(text, Words(name)), name);
}

void CheckLogs(const ControlPlane& plane, const std::string& name) {
  const std::string words = Words(name);
  CHECK_MESSAGE(Eventually(Milliseconds(90000), [&] { return HasWords(plane.api.log(), words); }),
                name);
}

// Root without the capability that opens every directory: as kube-apiserver of another user.
Names WithoutOverride() {
  if (geteuid() != 0) return {};
  return {"setpriv", "--bounding-set=-dac_override,-dac_read_search"};
}

// Serves what is not encrypted.
void WaitAnswers(const ControlPlane& plane) {
  REQUIRE(Eventually(Milliseconds(60000),
                     [&] { return plane.api.Ask("GET", "/api/v1/namespaces/app").status == 200; }));
}

TEST_CASE("Kube-apiserver says: the words of the page are found by a line's parts in order") {
  const std::string words = "one ... three";
  CHECK(HasWords("zero\nsays: one two three four\n", words));
  CHECK_FALSE(HasWords("one two\nthree\n", words));
  CHECK_FALSE(HasWords("three two one", words));
  std::set<std::string> names;
  for (const auto& [name, text] : WordsOfKubeApiServer()) names.insert(name);
  CHECK(names == kReproduced);
}

TEST_CASE("Kube-apiserver says: what the page has when its provider is away or unhealthy") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  plane.api.Kill();
  plane.provider->process.Kill();
  plane.provider.reset();

  plane.api.Launch(WithoutOverride());
  WaitAnswers(plane);
  CheckSays(plane.api.Ask("GET", "/readyz").body, "readyz");
  CheckSays(plane.api.Ask("GET", "/healthz").body, "start");
  const testing::HttpAnswer read = plane.ReadSecret("object");
  CHECK(read.status == 500);
  CheckSays(Said(read), "nil-transformer");
  CheckSays(Said(plane.WriteSecret("new")), "nil-transformer");
  CheckLogs(plane, "no-listener");
  CheckLogs(plane, "no-answer");
  const std::string directory = plane.node.config.socket_directory();
  REQUIRE(chmod(directory.c_str(), 0) == 0);
  CheckLogs(plane, "no-permission");
  REQUIRE(chmod(directory.c_str(), 0700) == 0);
  REQUIRE(unlink(plane.node.config.socket().c_str()) == 0);
  CheckLogs(plane, "no-socket");

  // A provider that starts while OpenBao is sealed serves and says so. A new kube-apiserver
  // connects at once; the other one has made a pause by now.
  plane.api.Kill();
  SharedOpenBao().Seal();
  plane.node.config.tree["bootstrap"]["graceTimeout"] = "5m";
  plane.node.config.Write();
  ProviderProcess provider(plane.node.config);
  const testing::KmsStub stub(plane.node.config.socket());
  REQUIRE(Eventually(Milliseconds(20000), [&] { return stub.Status().status.ok(); }));
  plane.api.Launch();
  CheckLogs(plane, "unhealthy");
  CHECK_FALSE(plane.api.Ready());
  SharedOpenBao().Unseal();
  REQUIRE(Eventually(Milliseconds(120000), [&] { return plane.api.Ready(); }));
  plane.CheckReadable();
}

TEST_CASE("Kube-apiserver says: what the page has when its file does not fit") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  const Json plaintext = {{"apiVersion", "v1"},
                          {"kind", "Secret"},
                          {"metadata", {{"name", "plain"}, {"namespace", "app"}}}};
  plane.etcd.Put({{EncryptedResources().front().key + "plain", plaintext.dump()}});
  const testing::HttpAnswer read = plane.ReadSecret("plain");
  CHECK(read.status == 500);
  CheckSays(Said(read), "no-prefix");
  plane.CheckReadable();
  // The list that contains it fails as a whole.
  CheckSays(Said(plane.api.Ask("GET", EncryptedResources().front().path)), "no-prefix-in-list");
  plane.etcd.Delete(EncryptedResources().front().key + "plain");

  // A version that this node has given up although an object needs it.
  RotateAndPromote(plane.bench, *plane.provider);
  plane.provider->process.Terminate();
  plane.provider.reset();
  plane.node.Apply({"retire-versions", "--before-version", "2"});
  plane.provider.emplace(plane.node.config);
  plane.api.Kill();
  plane.api.Launch();
  WaitAnswers(plane);
  std::string said;
  CHECK(Eventually(Milliseconds(30000), [&] {
    said = Said(plane.ReadSecret("object"));
    return HasWords(said, Words("decrypt"));
  }));
  CheckSays(said, "decrypt");

  plane.api.Kill();
  plane.Configure(plane.IdentityOnly());
  plane.api.Launch();
  WaitAnswers(plane);
  CheckSays(Said(plane.ReadSecret("object")), "no-prefix");

  plane.api.Kill();
  plane.Configure("kind: EncryptionConfiguration\n");
  plane.api.Launch();
  CHECK(Eventually(Milliseconds(30000), [&] { return !plane.api.Running(); }));
  CheckLogs(plane, "bad-file");
}

TEST_CASE("Kube-apiserver says: what the page has when writes end") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  plane.provider->process.Kill();
  std::string said;
  int number = 0;
  REQUIRE(Eventually(Milliseconds(240000), [&] {
    std::this_thread::sleep_for(Milliseconds(1000));
    const testing::HttpAnswer written = plane.WriteSecret("during-" + std::to_string(++number));
    said = Said(written);
    return written.status != 201;
  }));
  CheckSays(said, "expired");
  plane.CheckReadable();
  CHECK(plane.api.Live());
}

}  // namespace
}  // namespace baokms::e2e
