// `doctor` and `verify-key`: the key, its mount, the token's policy and this node's state, each at
// its cause and with what to do (reports-and-labels.md).
#include <chrono>
#include <thread>
#include <utility>

#include "tests/e2e/support/doctored.h"

namespace baokms::e2e {
namespace {

// Every setting that makes the key unfit, and the code it is named by.
TEST_CASE("Doctor: each dangerous setting of the key is named by itself") {
  Doctored d;
  SUBCASE("deletion allowed") {
    d.bench.setup.ConfigureKey({{"deletion_allowed", true}});
    CHECK(d.FailsAt("transit.profile").message == "deletion_allowed");
  }
  SUBCASE("exportable") {
    d.bench.setup.ConfigureKey({{"exportable", true}});
    CHECK(d.FailsAt("transit.profile").message == "exportable");
  }
  SUBCASE("plaintext backup") {
    d.bench.setup.ConfigureKey({{"allow_plaintext_backup", true}});
    CHECK(d.FailsAt("transit.profile").message == "plaintext_backup");
  }
  SUBCASE("another type") {
    d.bench.setup.CreateKey("other-type", {{"type", "chacha20-poly1305"}});
    d.bench.setup.SetPolicy(d.bench.setup.LeastPrivilegePolicy({"other-type"}));
    d.node.config.tree["transit"]["keyName"] = "other-type";
    CHECK(Says(d.FailsAt("transit.profile").advice, "aes256-gcm96"));
  }
  SUBCASE("derived") {
    d.bench.setup.CreateKey("derived", {{"derived", true}});
    d.bench.setup.SetPolicy(d.bench.setup.LeastPrivilegePolicy({"derived"}));
    d.node.config.tree["transit"]["keyName"] = "derived";
    CHECK(Says(d.FailsAt("transit.profile").message, "derived"));
  }
  SUBCASE("convergent") {
    d.bench.setup.CreateKey("convergent", {{"derived", true}, {"convergent_encryption", true}});
    d.bench.setup.SetPolicy(d.bench.setup.LeastPrivilegePolicy({"convergent"}));
    d.node.config.tree["transit"]["keyName"] = "convergent";
    CHECK(Says(d.FailsAt("transit.profile").message, "convergent"));
  }
}

TEST_CASE("Doctor: a mount that creates keys on encrypt is named and the rest is checked") {
  Doctored d;
  d.ServeOnce();
  d.bench.setup.SetDisableUpsert(false);
  const auto told = d.FailsOnly({"transit.disable_upsert"});
  CHECK(Says(told.at("transit.disable_upsert").advice, "disable_upsert=true"));
}

TEST_CASE("Doctor: a key that rotates by itself is a warning with the period") {
  Doctored d;
  d.ServeOnce();
  d.bench.setup.ConfigureKey({{"auto_rotate_period", "720h"}});
  for (const char* command : {"doctor", "verify-key"}) {
    for (const auto& [id, told] : d.Look(0, command)) {
      CAPTURE(id);
      CHECK(told.status == (id == "transit.auto_rotate_period" ? "warn" : d.Good(id)));
    }
  }
  const Told told = d.Run(0)["transit.auto_rotate_period"];
  CHECK(told.message == "OpenBao adds a version to the key by itself every 720 h");
  CHECK(Says(told.advice, "auto_rotate_period=0"));
  d.bench.setup.ConfigureKey({{"auto_rotate_period", "0"}});
  CHECK(d.Run(0)["transit.auto_rotate_period"].status == "pass");
}

TEST_CASE("Doctor: a key that is not there fails at the metadata") {
  Doctored d;
  d.bench.setup.DeleteKey();
  auto told = d.Run(4);
  CHECK(told["transit.capabilities"].status == "pass");
  CHECK(told["transit.metadata"].status == "fail");
  CHECK(Says(told["transit.metadata"].advice, "transit.keyName"));
  CHECK(told["transit.profile"].message == "needs transit.metadata");
}

// The standard policy with one path changed; an empty capability leaves it out.
std::string Policy(const Bench& bench, const std::string& path, const std::string& capability) {
  const testing::SetupOptions& names = bench.setup.options();
  std::string hcl;
  const auto add = [&hcl](const std::string& where, const std::string& what) {
    hcl += "path \"" + where + "\" { capabilities = [" + what + "] }\n";
  };
  std::map<std::string, std::string> rules{{"keys/" + names.key_name, "\"read\""},
                                           {"encrypt/" + names.key_name, "\"update\""},
                                           {"decrypt/" + names.key_name, "\"update\""},
                                           {"config/keys", "\"read\""}};
  if (capability.empty()) {
    rules.erase(path);
  } else {
    rules[path] += (rules[path].empty() ? "\"" : ", \"") + capability + "\"";
  }
  for (const auto& [where, what] : rules) add(names.transit_mount + "/" + where, what);
  add("sys/capabilities-self", "\"update\"");
  add("auth/token/renew-self", "\"update\"");
  return hcl;
}

TEST_CASE("Doctor: each capability that is missing is named with its consequence") {
  Doctored d;
  d.ServeOnce();
  const std::string key = d.bench.setup.options().key_name;
  SUBCASE("reading the key") {
    d.bench.setup.SetPolicy(Policy(d.bench, "keys/" + key, ""));
    auto told = d.Run(4);
    CHECK(told["transit.capabilities"].message == "read on keys/<key> is missing");
    CHECK(told["transit.metadata"].status == "fail");
  }
  SUBCASE("encrypting") {
    d.bench.setup.SetPolicy(Policy(d.bench, "encrypt/" + key, ""));
    const auto told = d.FailsOnly({"transit.capabilities", "transit.probe", "kms.status_encrypt"});
    CHECK(told.at("transit.capabilities").message == "update on encrypt/<key> is missing");
  }
  SUBCASE("decrypting") {
    d.bench.setup.SetPolicy(Policy(d.bench, "decrypt/" + key, ""));
    const auto told = d.FailsOnly({"transit.capabilities", "transit.probe", "kms.status_encrypt"});
    CHECK(told.at("transit.capabilities").message == "update on decrypt/<key> is missing");
  }
  SUBCASE("everything") {
    d.bench.setup.SetPolicy(R"(path "nowhere/else" { capabilities = ["read"] })");
    auto told = d.Run(4);
    CHECK(Says(told["transit.capabilities"].message, "update on encrypt/<key> and decrypt/<key>"));
    CHECK(told["transit.metadata"].message == "transit_policy_denied");
    CHECK(told["transit.metadata"].advice == "transit.capabilities: see there");
  }
  SUBCASE("reading the mount's configuration") {
    d.bench.setup.SetPolicy(Policy(d.bench, "config/keys", ""));
    d.FailsOnly({"transit.disable_upsert"});
  }
}

TEST_CASE("Doctor: each capability that is too much is named one by one") {
  Doctored d;
  d.ServeOnce();
  const std::string key = d.bench.setup.options().key_name;
  const std::vector<std::pair<std::string, std::string>> rules{
      {"keys/" + key, "update"},
      {"keys/" + key, "delete"},
      {"keys/" + key + "/config", "update"},
      {"config/keys", "update"},
      {"keys/" + key + "/rotate", "update"},
      {"keys/" + key + "/trim", "update"},
      {"export/encryption-key/" + key, "read"},
      {"backup/" + key, "read"},
      {"restore", "update"},
      {"restore/" + key, "update"},
      {"rewrap/" + key, "update"},
      {"encrypt/" + key, "create"},
      {"decrypt/" + key, "sudo"}};
  for (const auto& [path, capability] : rules) {
    CAPTURE(path);
    d.bench.setup.SetPolicy(Policy(d.bench, path, capability));
    auto told = d.Run(4);
    std::string shown = path;
    if (const auto at = shown.find(key); at != std::string::npos)
      shown.replace(at, key.size(), "<key>");
    CHECK(told["transit.capabilities"].message ==
          capability + " on " + shown + " must not be granted");
    for (const std::string& each : kIds) {
      CAPTURE(each);
      if (each != "transit.capabilities") CHECK(told[each].status == d.Good(each));
    }
  }
}

TEST_CASE("Doctor: a rotated key without a state says where the state is to come from") {
  Doctored d;
  d.bench.setup.RotateKey();
  auto told = d.Run(4);
  CHECK(told["registry.state"].status == "fail");
  CHECK(Says(told["registry.state"].message, "latest_version=2"));
  CHECK(Says(told["registry.state"].advice, "copy the state file and its checkpoint"));
  CHECK(told["kms.status_encrypt"].status == "fail");
}

TEST_CASE("Doctor: a refused state is named before any login") {
  Doctored d;
  d.ServeOnce();
  StateFiles files = ReadStateFiles(d.node.config);
  files.state += " ";
  files.state.replace(files.state.find("generation"), 10, "generatioN");
  WriteStateFiles(d.node.config, files);
  for (const char* command : {"doctor", "verify-key"}) {
    auto told = d.Look(4, command);
    CHECK(told["registry.state"].status == "fail");
    CHECK(Says(told["registry.state"].advice, "state.path: "));
    CHECK(told["openbao.tls"].message == "needs registry.state");
    CHECK(told["openbao.auth"].status == "skip");
  }
}

TEST_CASE("Doctor: a checkpoint that is not there is a warning") {
  Doctored d;
  d.ServeOnce();
  StateFiles files = ReadStateFiles(d.node.config);
  WriteStateFiles(d.node.config, {.state = files.state, .checkpoint = ""});
  CHECK(d.Run(0)["registry.state"].status == "warn");
}

TEST_CASE("Doctor: minima above what this node uses are named with the versions") {
  Doctored d;
  {
    d.node.config.Write();
    const Serving provider(d.node.config);
    RotateAndPromote(d.bench, provider);
  }
  SUBCASE("decryption of a retired version") {
    d.bench.setup.SetMinDecryptionVersion(2);
    auto told = d.Run(0);
    CHECK(told["transit.version_restrictions"].status == "warn");
    CHECK(told["transit.version_restrictions"].message ==
          "retired: version 1 is below min_decryption_version");
    CHECK(Says(told["transit.version_restrictions"].advice, "retire-versions"));
  }
  SUBCASE("decryption of the active version") {
    d.bench.setup.RotateKey();
    d.bench.setup.SetMinDecryptionVersion(3);
    auto told = d.Run(4);
    for (const char* consequence :
         {"transit.probe", "key_id.deterministic", "kms.status_encrypt"}) {
      CHECK(told[consequence].status == "skip");
      CHECK(told[consequence].message == "needs transit.version_restrictions");
    }
    CHECK(told["transit.version_restrictions"].status == "fail");
    CHECK(told["transit.version_restrictions"].message ==
          "version 2 is below min_decryption_version");
  }
  SUBCASE("encryption") {
    d.bench.setup.RotateKey();
    d.bench.setup.SetMinEncryptionVersion(3);
    auto told = d.Run(4);
    CHECK(told["transit.version_restrictions"].message ==
          "the active version is below min_encryption_version");
    for (const char* consequence : {"transit.probe", "kms.status_encrypt"}) {
      CHECK(told[consequence].status == "skip");
      CHECK(told[consequence].message == "needs transit.version_restrictions");
    }
  }
}

TEST_CASE("Doctor: a key that was made anew is named before anything is encrypted under it") {
  Doctored d;
  d.ServeOnce();
  d.bench.setup.DeleteKey();
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // creation times are whole seconds
  d.bench.setup.CreateKey();
  auto told = d.Run(4);
  CHECK(told["key_id.deterministic"].status == "fail");
  CHECK(told["registry.state"].message == "version 1 was recreated");
}

TEST_CASE("Doctor: a key that lacks the active version is named as older than the state") {
  Doctored d;
  {
    d.node.config.Write();
    const Serving provider(d.node.config);
    RotateAndPromote(d.bench, provider);
  }
  d.bench.setup.DeleteKey();
  d.bench.setup.CreateKey();
  auto told = d.Run(4);
  CHECK(told["registry.state"].message ==
        "OpenBao's latest version is older than this node's active version");
  CHECK(told["key_id.deterministic"].message == "needs registry.state");
}

}  // namespace
}  // namespace baokms::e2e
