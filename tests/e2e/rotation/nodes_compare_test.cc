// `nodes compare` on three real nodes before, amid and after a rotation (reports-and-labels.md,
// "nodes compare").
#include <doctest/doctest.h>

#include "tests/e2e/support/cluster.h"

namespace baokms::e2e {
namespace {

// A directory with an output of status for each node.
class Outputs {
 public:
  explicit Outputs(Cluster& cluster) : cluster_(cluster) {}

  Names Take() {
    Names files;
    for (std::size_t i = 0; i < cluster_.nodes.size(); ++i) {
      const ProviderConfig& config = cluster_[i].config;
      const CommandResult status =
          RunCommand({"status", "--output", "json", "--config", config.config_file(),
                      "--allow-socket-parent", config.socket_directory()});
      files.push_back(Keep("node-" + std::to_string(i + 1) + ".json", status.out));
    }
    return files;
  }
  std::string Keep(const std::string& name, const std::string& content) {
    directory_.Write(name, content, 0644);
    return directory_.File(name);
  }

 private:
  Cluster& cluster_;
  testing::TempDirectory directory_;
};

CommandResult Compare(const Names& files, const Names& more = {}) {
  Names words{"nodes", "compare"};
  words.insert(words.end(), files.begin(), files.end());
  words.insert(words.end(), more.begin(), more.end());
  return RunCommand(words);
}

Json Compared(const Names& files, int code) {
  const CommandResult result = Compare(files, {"--output", "json"});
  INFO(result.err);
  CHECK(result.code == code);
  CHECK(result.err.empty() == (code == 0));
  Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report.at("equal") == (code == 0));
  return report;
}

TEST_CASE("Nodes compare: three nodes agree before a rotation and after it and not amid it") {
  // The third one learns of a rotation late.
  Cluster cluster({Milliseconds(300), Milliseconds(300), Milliseconds(3000)});
  Outputs outputs(cluster);
  const Json before = Compared(outputs.Take(), 0);
  REQUIRE(before.at("nodes").size() == 3);
  for (const Json& node : before.at("nodes")) {
    CHECK(node.at("source") == "health");
    CHECK(node.at("ready") == true);
    CHECK(node.at("activeTransitVersion") == 1);
    CHECK(node.at("identityFingerprint") == before.at("nodes")[0].at("identityFingerprint"));
    CHECK(node.at("ageSeconds") <= 30);
  }
  CHECK(before.at("nodes")[2].at("node") == "node-3");

  cluster.bench.setup.RotateKey();
  Json amid;
  REQUIRE(Eventually(Milliseconds(15000), [&] {
    const CommandResult result = Compare(outputs.Take(), {"--output", "json"});
    if (result.code != 4) return false;
    amid = Json::parse(result.out, nullptr, false);
    return amid.at("differences").size() == 1 &&
           amid.at("differences")[0].at("explainedByPending") == true;
  }));
  CHECK(amid.at("differences")[0].at("field") == "activeTransitVersion");
  CHECK(Says(amid.at("differences")[0].at("message").get<std::string>(),
             "the active version is 1 on "));
  CHECK(Says(amid.at("differences")[0].at("advice").get<std::string>(),
             "a rotation is under way, and this is normal until it is over: "));

  REQUIRE(cluster.Reach(cluster.KeyIdOf(2)));
  REQUIRE(Eventually(Milliseconds(5000), [&] { return Compare(outputs.Take()).code == 0; }));
  const Names files = outputs.Take();
  const Json after = Compared(files, 0);
  for (const Json& node : after.at("nodes")) CHECK(node.at("activeTransitVersion") == 2);
  const CommandResult text = Compare(files);
  CHECK(text.code == 0);
  CHECK(Says(text.out, "\nnode-3  yes    2        -        "));
  CHECK(text.out.ends_with("all 3 nodes encrypt under version 2 and the same key_id\n"));
}

TEST_CASE("Nodes compare: a node of another configuration or a stopped one is no agreement") {
  Cluster cluster({Milliseconds(300), Milliseconds(300)});
  Outputs outputs(cluster);
  Names files = outputs.Take();
  // The page itself counts as well as the command's output.
  files[1] = outputs.Keep("page.json", cluster[1].serving->process.Health("/status").body);
  CHECK(Compared(files, 0).at("nodes")[1].at("node") == "page");

  Cluster elsewhere({Milliseconds(300)});
  Outputs foreign(elsewhere);
  const Json other = Compared({files[0], files[1], foreign.Take()[0]}, 4);
  CHECK(other.at("differences")[0].at("field") == "identityFingerprint");

  cluster[1].Stop();
  const CommandResult stopped = Compare(outputs.Take());
  CHECK(stopped.code == 4);
  CHECK(Says(stopped.out, "\nnode-2  no answer  -"));
  CHECK(stopped.err ==
        "nodes compare: it is not known under which key node-2 encrypts: no provider answered "
        "there\n");
}

TEST_CASE("Nodes compare: each file that is no status is named and wrong usage exits 2") {
  Cluster cluster({Milliseconds(300)});
  Outputs outputs(cluster);
  const std::string good = outputs.Take()[0];
  const std::string cut = outputs.Keep("cut.json", "{\"name\": \"sta");
  const std::string plan = outputs.Keep("plan.json", "{\"name\": \"rotation-plan\"}");
  const std::string large = outputs.Keep("large.json", std::string(70'000, ' '));
  const CommandResult refused = Compare({good, cut, plan, "/nonexistent.json", "/tmp", large});
  CHECK(refused.code == 3);
  CHECK(refused.out.empty());
  CHECK(Says(refused.err, "nodes compare: " + cut + " is not JSON, or was cut off: take it with "));
  CHECK(Says(refused.err, plan + " is the report of rotation-plan, not of status: "));
  CHECK(Says(refused.err, "/nonexistent.json cannot be read: "));
  CHECK(Says(refused.err, "/tmp cannot be read: "));
  CHECK(Says(refused.err, large + " is too large"));
  CHECK_FALSE(Says(refused.err, good));
  for (const Names& files : {Names{}, Names{good}, Names{good, good}}) {
    const CommandResult usage = Compare(files);
    CHECK(usage.code == 2);
    CHECK(Says(usage.err, "usage: FILE"));
  }
}

}  // namespace
}  // namespace baokms::e2e
