// `policy openbao`: what it prints is what OpenBao needs to be told, and no more
// (configuration-and-cli.md, "Commands"; reports-and-labels.md, "init").
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

std::vector<std::string> LinesWith(const std::string& text, std::string_view start) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(start)) lines.push_back(line);
    at = end + 1;
  }
  return lines;
}

std::string Printed(const OperatorNode& node, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"policy", "openbao"});
  const CommandResult result = node.Run(more);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  return result.out;
}

TEST_CASE("Policy: with what is printed the provider serves and doctor finds nothing to mend") {
  Bench bench;
  const OperatorNode node(bench);
  bench.setup.SetPolicy(Printed(node));
  {
    const Serving provider(node.config);
    provider.CheckRoundTrip();
  }
  for (const char* command : {"doctor", "verify-key"}) {
    const CommandResult result = node.Run({command});
    CHECK_MESSAGE(result.code == 0, result.out);
  }
}

TEST_CASE("Policy: six stanzas and each has its comment") {
  Bench bench;
  const OperatorNode node(bench);
  const testing::SetupOptions& names = bench.setup.options();
  const std::string policy = Printed(node);
  CHECK(LinesWith(policy, "path ") ==
        std::vector<std::string>{
            "path \"" + names.transit_mount + "/keys/" + names.key_name + "\" {",
            "path \"" + names.transit_mount + "/encrypt/" + names.key_name + "\" {",
            "path \"" + names.transit_mount + "/decrypt/" + names.key_name + "\" {",
            "path \"" + names.transit_mount + "/config/keys\" {",
            "path \"sys/capabilities-self\" {", "path \"auth/token/renew-self\" {"});
  CHECK(LinesWith(policy, "# ").size() == 6);
  CHECK(Printed(node, {"--include-token-renewal"}) == policy);
  CHECK(Printed(node, {"--include-token-renewal=true"}) == policy);
  const std::string without = Printed(node, {"--include-token-renewal=false"});
  CHECK(LinesWith(without, "path ").size() == 5);
  CHECK(without.find("renew-self") == std::string::npos);
}

TEST_CASE("Policy: a mount path that a policy would read as a pattern is refused") {
  Bench bench;
  OperatorNode node(bench);
  for (const char* mount : {"team/+/transit", "transit*", "tran\"sit", "tran\\sit", "${x}"}) {
    CAPTURE(mount);
    node.config.tree["transit"]["mountPath"] = mount;
    node.config.Write();
    const CommandResult result = node.Run({"policy", "openbao"});
    CHECK(result.code == 3);
    CHECK(result.out.empty());
    CHECK(result.err.find("transit.mountPath: ") != std::string::npos);
  }
}

TEST_CASE("Policy: a group alone prints help and a bad value exits 2") {
  CHECK(RunCommand({"policy"}).code == 0);
  CHECK(RunCommand({"policy", "openbao", "--include-token-renewal=maybe"}).code == 2);
  CHECK(RunCommand({"policy", "openbao", "stray"}).code == 2);
  CHECK(RunCommand({"policy", "vault"}).code == 2);
}

}  // namespace
}  // namespace baokms::e2e
