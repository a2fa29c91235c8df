#include "tests/e2e/support/lost_state.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <thread>

#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/etcd/stored_envelope.h"

namespace baokms::e2e {
namespace {

Json ReportOf(const ProviderConfig& config, Names words) {
  words.insert(words.end(), {"--output", "json", "--config", config.config_file(),
                             "--allow-socket-parent", config.socket_directory()});
  const CommandResult result = RunCommand(words);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return Json::parse(result.out);
}

}  // namespace

Names RecoverState(Names flags) {
  flags.insert(flags.begin(), "recover-state");
  return flags;
}

void LoseFiles(const ProviderConfig& config) {
  for (const char* file : {"", ".checkpoint"}) unlink((config.state_file() + file).c_str());
}

void LetPeersSee(Milliseconds interval) {
  // Ages are whole seconds.
  std::this_thread::sleep_for(2 * interval + Milliseconds(2000));
}

Json Recover(const ProviderConfig& config, const Names& evidence) {
  Json plan = ReportOf(config, RecoverState(evidence));
  CHECK(plan.at("applied") == false);
  Names apply = RecoverState(evidence);
  apply.insert(apply.end(), {"--apply", "--expected-state-hash", plan.at("stateHash")});
  if (evidence.empty()) apply.push_back("--without-evidence");
  const Json applied = ReportOf(config, apply);
  plan["applied"] = true;
  CHECK(applied == plan);
  const Json state = ReadState(config);
  CHECK(state.at("currentHash") == applied.at("stateHash"));
  CHECK(state.at("generation") == applied.at("generation"));
  const Json checkpoint = Json::parse(ReadStateFiles(config).checkpoint, nullptr, false);
  CHECK(checkpoint.at("currentHash") == applied.at("stateHash"));
  return applied;
}

Served::Served(int last) : node(bench) {
  const Serving provider(node.config);
  objects.push_back(provider.Seal("object 1"));
  for (int version = 2; version <= last; ++version) {
    RotateAndPromote(bench, provider);
    objects.push_back(provider.Seal("object " + std::to_string(version)));
  }
  key_id = provider.KeyId();
  files = ReadStateFiles(node.config);
  LetPeersSee(Milliseconds(200));
}

void Served::CheckServes() const {
  const Serving provider(node.config);
  CHECK(provider.KeyId() == key_id);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    provider.CheckOpens(objects[i], "object " + std::to_string(i + 1));
  }
}

std::string Served::File(const std::string& name, const std::string& content) const {
  const std::string path = node.config.directory().File(name);
  testing::WriteWholeFile(path, content, 0640);
  return path;
}

std::string Served::ProviderName() const {
  return node.config.tree.at("transit").at("keyIdScope").at("providerName");
}

std::string Served::CensusOf(const std::vector<std::string>& key_ids) const {
  testing::EtcdUnderTest etcd;
  testing::EtcdUnderTest::Objects stored = {{"/registry/pods/a/1", "{}"}};
  for (const std::string& id : key_ids) {
    stored.emplace_back("/registry/secrets/a/" + std::to_string(stored.size()),
                        testing::ValueOf({.provider_name = ProviderName(), .key_id = id}));
  }
  etcd.Put(stored);
  return node.Report({"key-usage", "--etcd-endpoints", etcd.url()}).dump();
}

}  // namespace baokms::e2e
