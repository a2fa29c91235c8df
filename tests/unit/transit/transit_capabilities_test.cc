// reports-and-labels.md, transit.capabilities: each rule by a token that breaks it alone.
#include "core/transit/transit_capabilities.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace baokms::core {
namespace {

constexpr const char* kMount = "team/transit";
constexpr const char* kName = "k1";

std::string At(const std::string& path) { return std::string(kMount) + "/" + path; }

// What the least-privilege policy gives.
CapabilitiesByPath LeastPrivilege() {
  CapabilitiesByPath answers;
  for (const std::string& path : CapabilityPaths(kMount, kName)) answers[path] = {"deny"};
  answers[At("keys/k1")] = {"read"};
  answers[At("config/keys")] = {"read"};
  answers[At("encrypt/k1")] = {"update"};
  answers[At("decrypt/k1")] = {"update"};
  return answers;
}

std::vector<CapabilityFinding> Judge(const CapabilitiesByPath& answers) {
  return JudgeCapabilities(answers, kMount, kName);
}

TEST_CASE("Capabilities: twelve paths of the one mount and key are asked about") {
  CHECK(CapabilityPaths(kMount, kName) ==
        std::vector<std::string>{
            At("keys/k1"), At("keys/k1/config"), At("config/keys"), At("keys/k1/rotate"),
            At("keys/k1/trim"), At("export/encryption-key/k1"), At("backup/k1"), At("restore"),
            At("restore/k1"), At("rewrap/k1"), At("encrypt/k1"), At("decrypt/k1")});
}

TEST_CASE("Capabilities: least privilege is right and less is not") {
  CHECK(Judge(LeastPrivilege()).empty());
  const std::vector<std::pair<std::string, CapabilityFinding>> rules{
      {"keys/k1", {CapabilityFinding::Kind::kMissing, "keys/<key>", "read"}},
      {"encrypt/k1", {CapabilityFinding::Kind::kMissing, "encrypt/<key>", "update"}},
      {"decrypt/k1", {CapabilityFinding::Kind::kMissing, "decrypt/<key>", "update"}}};
  for (const auto& [path, finding] : rules) {
    CapabilitiesByPath answers = LeastPrivilege();
    answers[At(path)] = {"deny"};
    CHECK(Judge(answers) == std::vector{finding});
  }
}

TEST_CASE("Capabilities: every further capability is found by itself") {
  const std::vector<std::string> all{"create", "read", "update", "delete", "list", "sudo", "root"};
  int found = 0;
  for (const std::string& path : CapabilityPaths(kMount, kName)) {
    const bool encrypts = path == At("encrypt/k1");
    const bool decrypts = path == At("decrypt/k1");
    const bool reveals = path == At("export/encryption-key/k1") || path == At("backup/k1");
    for (const std::string& capability : all) {
      CAPTURE(path);
      CAPTURE(capability);
      bool refused = capability != "list" && capability != "read";
      if (encrypts)
        refused = capability == "create" || capability == "sudo" || capability == "root";
      if (decrypts) refused = capability == "sudo" || capability == "root";
      if (reveals) refused = capability != "list";
      CapabilitiesByPath answers = LeastPrivilege();
      answers[path].push_back(capability);
      const auto findings = Judge(answers);
      REQUIRE(findings.size() == (refused ? 1 : 0));
      if (!refused) continue;
      ++found;
      CHECK(findings[0].kind == CapabilityFinding::Kind::kTooMuch);
      CHECK(findings[0].capability == capability);
      CHECK_FALSE(findings[0].path.contains("k1"));
    }
  }
  CHECK(found == 8 * 5 + 2 * 6 + 3 + 2);
}

TEST_CASE("Capabilities: a path that is not answered is no permission to go on") {
  for (const std::string& path : CapabilityPaths(kMount, kName)) {
    CapabilitiesByPath answers = LeastPrivilege();
    answers.erase(path);
    const auto findings = Judge(answers);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].kind == CapabilityFinding::Kind::kNotAnswered);
  }
  CHECK(Judge({}).size() == 12);
}

TEST_CASE("Capabilities: a root token is refused on every path") {
  CapabilitiesByPath answers = LeastPrivilege();
  for (auto& [path, capabilities] : answers) capabilities = {"root"};
  const auto findings = Judge(answers);
  CHECK(std::ranges::count(findings, CapabilityFinding::Kind::kTooMuch, &CapabilityFinding::kind) ==
        12);
}

}  // namespace
}  // namespace baokms::core
