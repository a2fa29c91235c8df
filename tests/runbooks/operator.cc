#include "tests/runbooks/operator.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/real_openbao.h"

namespace baokms::runbooks {
namespace {

namespace fs = std::filesystem;
using e2e::Milliseconds;
using testing::Json;

constexpr Milliseconds kLongest{60000};

std::set<std::string>& Covered() {
  static std::set<std::string> sections;
  return sections;
}

std::string Directory(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The examples of the pages that a node's configuration answers, longest first where one holds
// another.
std::vector<std::pair<std::string, std::string>> ValuesOf(const Place& node) {
  const e2e::ProviderConfig& config = node.config;
  const Json& tree = config.tree;
  const auto text = [](const Json& value) { return value.get<std::string>(); };
  return {
      {"config fingerprint --config /etc/openbao-kms/config.yaml",
       "config fingerprint --config " + config.config_file()},  // validates nothing
      {"--config /etc/openbao-kms/config.yaml",
       "--config " + config.config_file() + " --allow-socket-parent " + config.socket_directory()},
      {"/etc/openbao-kms/tls/ca.crt", config.ca_file()},
      {"/var/lib/openbao-kms/state", Directory(config.state_file())},
      {"127.0.0.1:8081", config.metrics_address()},
      {"127.0.0.1:8082", config.health_address()},
      {"https://openbao.example:8200", text(tree.at("openbao").at("address"))},
      {"MOUNT=transit", "MOUNT=" + text(tree.at("transit").at("mountPath"))},
      {"KEY=k8s-prod-etcd", "KEY=" + text(tree.at("transit").at("keyName"))},
      {"-o openbao-kms -g openbao-kms",
       "-o " + std::to_string(getuid()) + " -g " + std::to_string(getgid())}};
}

void Start(const Place& node) { node.serving.emplace(node.config); }

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

bool Has(const std::string& output, std::string_view words) {
  return output.find(words) != std::string::npos;
}

std::string PlannedHash(const std::string& plan) {
  const std::string field = "stateHash: ";
  const std::size_t at = plan.find(field);
  REQUIRE(at != std::string::npos);
  return plan.substr(at + field.size(), std::string_view(kExampleStateHash).size());
}

void Retire(const Place& node, int before_version) {
  e2e::Stop(node.serving);
  const e2e::CommandResult retired = e2e::RunCommand(
      {"retire-versions", "--config", node.config.config_file(), "--allow-socket-parent",
       node.config.socket_directory(), "--before-version", std::to_string(before_version),
       "--without-evidence", "--apply", "--expected-state-hash",
       e2e::ReadState(node.config).at("currentHash").get<std::string>()});
  INFO(retired.err);
  REQUIRE(retired.code == 0);
  Start(node);
}

bool Covers(const std::string& page, const std::string& section) {
  return Covered().insert(page + ": " + section).second;
}

bool IsCovered(const std::string& page, const std::string& section) {
  return Covered().contains(page + ": " + section);
}

Operator::Operator(const std::string& page, const std::string& section) : section_(section) {
  for (Block& block : ReadPage(page).blocks) {
    if (block.section.empty() && block.name == "names") names_ = block.commands;
    if (block.section == section) blocks_.push_back(std::move(block));
  }
  REQUIRE_FALSE(blocks_.empty());
  const std::string bin = work_.MakeDirectory("bin", 0700);
  const std::string stand_ins = BAOKMS_STAND_INS_DIRECTORY;
  for (const char* program : {"systemctl", "journalctl", "kubectl", "rewrite-objects.sh"}) {
    fs::create_symlink(stand_ins + "/hand-over", bin + "/" + program);
  }
  fs::create_symlink(stand_ins + "/runuser", bin + "/runuser");
  fs::create_symlink(testing::ProviderProgram(), bin + "/bao-kms-provider");
  if (const auto bao = testing::FindRealOpenBao()) fs::create_symlink(*bao, bin + "/bao");
  values_["/usr/share/bao-kms-provider/rewrite-objects.sh"] = "rewrite-objects.sh";
  for (const char* directory : {"kms-state-copy", "kms-state-before", "rewrite-under-version-4"}) {
    values_["/root/" + std::string(directory)] = work_.File(directory);
  }
}

void Operator::UseKubernetes(const std::string& kubectl, const std::string& kubeconfig) {
  const std::map<std::string, std::string> programs = {
      {"kubectl", kubectl}, {"rewrite-objects.sh", BAOKMS_REWRITE_SCRIPT}};
  for (const auto& [name, program] : programs) {
    const std::string link = work_.File("bin/" + name);
    fs::remove(link);
    fs::create_symlink(program, link);
  }
  kubeconfig_ = kubeconfig;
}

void Operator::Substitute(const std::string& example, const std::string& value) {
  values_[example] = value;
}

const Block& Operator::Find(const std::string& name) const {
  const auto found = std::ranges::find(blocks_, name, &Block::name);
  if (found == blocks_.end()) throw testing::HarnessError("no block " + name + " in " + section_);
  return *found;
}

std::string Operator::Do(const std::string& block, const Place& node, int code) {
  return Run(Find(block), node, code);
}

std::string Operator::DoWithBao(const std::string& block, const Place& node,
                                const std::function<void()>& instead, int code) {
  if (testing::FindRealOpenBao()) return Do(block, node, code);
  MESSAGE("not run, no bao program: " << section_ << ": " << block);
  done_.insert(Find(block).name);
  instead();
  return "";
}

std::string Operator::Prepared(const Block& block, const Place& node) const {
  std::string commands = names_ + block.commands;
  for (const auto& [example, value] : values_) ReplaceAll(commands, example, value);
  for (const auto& [example, value] : ValuesOf(node)) ReplaceAll(commands, example, value);
  // These exist where the provider is installed; nothing here may touch them.
  const std::regex installed("(/etc/openbao-kms|/var/lib/openbao-kms|/run/openbao-kms|/root/)");
  if (std::regex_search(commands, installed)) {
    throw testing::HarnessError("a path without a substitute in block " + block.name);
  }
  return commands;
}

std::string Operator::Run(const Block& block, const Place& node, int code) {
  done_.insert(block.name);
  const std::string output = work_.File("output");
  fs::remove(output);
  fs::remove_all(work_.File("calls"));
  work_.MakeDirectory("calls", 0700);
  testing::ChildProcess shell(
      {.argv = {"bash", "-euo", "pipefail", "-c", Prepared(block, node)},
       .environment = {{"PATH", work_.File("bin") + ":/usr/sbin:/usr/bin:/bin"},
                       {"HOME", work_.path()},
                       {"KUBECONFIG", kubeconfig_},
                       {"RUNBOOK_CALLS", work_.File("calls")},
                       {"BAO_TOKEN", e2e::SharedOpenBao().root_token()}},
       .stdout_file = output,
       .stderr_file = output});
  const bool ended = e2e::Eventually(kLongest, [&] {
    AnswerCalls(node);
    return !shell.Running();
  });
  const std::string printed = testing::ReadWholeFile(output);
  INFO(section_ << ": " << block.name << "\n" << printed);
  if (const char* transcript = std::getenv("BAOKMS_TRANSCRIPT")) {
    std::ofstream(transcript, std::ios::app) << "# " << section_ << "\n"
                                             << block.commands << "--\n"
                                             << printed << "\n";
  }
  REQUIRE(ended);
  REQUIRE(shell.Wait(Milliseconds(0)) == testing::ExitStatus{.code = code, .signal = std::nullopt});
  return printed;
}

void Operator::AnswerCalls(const Place& node) {
  for (const auto& entry : fs::directory_iterator(work_.File("calls"))) {
    if (entry.path().extension() != ".call") continue;
    const std::string call = (entry.path().parent_path() / entry.path().stem()).string();
    const Answer answer = Handle(LinesOf(testing::ReadWholeFile(entry.path().string())),
                                 testing::ReadWholeFile(call + ".input"), node);
    fs::remove(entry.path());
    testing::WriteWholeFile(call + ".output", answer.output, 0600);
    testing::WriteWholeFile(call + ".code", std::to_string(answer.code), 0600);
    return;  // the directory has changed
  }
}

Operator::Answer Operator::Handle(const std::vector<std::string>& words, const std::string& input,
                                  const Place& node) {
  if (words.front() == "systemctl") return Systemctl(words, node);
  if (words.front() == "kubectl") return Kubectl(words, input, node);
  if (words.front() == "rewrite-objects.sh") return RewriteObjects(words, node);
  const std::vector<std::string> log = {"journalctl", "-u", "bao-kms-provider", "-o", "cat"};
  if (words.size() == 7 && std::equal(log.begin(), log.end(), words.begin())) {
    const std::string all = testing::ReadWholeFile(node.config.directory().File("stderr"));
    if (words[5] == "--since" && words[6] == "-1h") return {.output = all};
    if (words[5] == "-n") {
      const std::vector<std::string> lines = LinesOf(all);
      const std::size_t count = std::min(lines.size(), std::size_t(std::stoul(words[6])));
      std::string last;
      for (std::size_t i = lines.size() - count; i < lines.size(); ++i) last += lines[i] + "\n";
      return {.output = last};
    }
  }
  return {.code = 125, .output = "not expected: " + words.front() + "\n"};
}

Operator::Answer Operator::Systemctl(const std::vector<std::string>& words,
                                     const Place& node) const {
  if (words == std::vector<std::string>{"systemctl", "stop", "bao-kms-provider"}) {
    if (node.serving) e2e::Stop(node.serving);
    return {};
  }
  if (words == std::vector<std::string>{"systemctl", "start", "bao-kms-provider"} ||
      words == std::vector<std::string>{"systemctl", "enable", "--now", "bao-kms-provider"}) {
    if (!node.serving) Start(node);
    return {};
  }
  return {.code = 125, .output = "not expected: systemctl\n"};
}

// The real script judges its arguments and then misses its kubectl (tests/e2e/kubernetes runs it).
Operator::Answer Operator::RewriteObjects(const std::vector<std::string>& words,
                                          const Place& node) {
  std::vector<std::string> argv = {"/bin/bash", BAOKMS_REWRITE_SCRIPT};
  argv.insert(argv.end(), words.begin() + 1, words.end());
  testing::ChildProcess script({.argv = argv,
                                .environment = {{"PATH", work_.File("nothing")}},
                                .stderr_file = work_.File("rewrite")});
  const bool ended = script.Wait(Milliseconds(10000)).has_value();
  const std::string said = testing::ReadWholeFile(work_.File("rewrite"));
  if (!ended || said != "rewrite-objects: kubectl is needed and not on PATH\n") {
    return {.code = 125, .output = "not expected: " + said};
  }
  for (auto& [object, sealed] : etcd_) Store(object, Read(object, node).plaintext, node);
  return {.output = "secrets: " + std::to_string(etcd_.size()) + " written, ...\n"};
}

Operator::Answer Operator::Kubectl(const std::vector<std::string>& words, const std::string& input,
                                   const Place& node) {
  using Words = std::vector<std::string>;
  if (words == Words{"kubectl", "get", "secrets", "--all-namespaces", "-o", "json"}) {
    Json list = {{"kind", "List"}, {"items", Json::array()}};
    for (const auto& [object, sealed] : etcd_) {
      const testing::DecryptAnswer value = Read(object, node);
      if (!value.status.ok()) return {.code = 1, .output = "Internal error occurred\n"};
      list["items"].push_back({{"metadata", {{"name", object}}}, {"data", value.plaintext}});
    }
    return {.output = list.dump()};
  }
  if (words == Words{"kubectl", "replace", "-f", "-"}) {
    const Json list = Json::parse(input, nullptr, false);
    if (!list.is_object()) return {.code = 1, .output = "error: no objects passed to apply\n"};
    std::string replaced;
    for (const Json& item : list.at("items")) {
      const std::string object = item.at("metadata").at("name");
      Store(object, item.at("data"), node);
      replaced += "secret/" + object + " replaced\n";
    }
    return {.output = replaced};
  }
  if (words == Words{"kubectl", "get", "--raw", "/metrics"} ||
      words == Words{"kubectl", "--server", "https://node-1:6443", "get", "--raw", "/metrics"}) {
    return {.output =
                "apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds{"
                "key_id_hash=\"sha256:00\",transformation_type=\"from_storage\"} 1.7e+09\n"
                "apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds{"
                "key_id_hash=\"sha256:00\"} 1.7e+09\n"};
  }
  if (words ==
      Words{"kubectl", "--server", "https://node-1:6443", "get", "--raw", "/readyz?verbose"}) {
    return {.output = "[+]kms-providers ok\n"};
  }
  return {.code = 125, .output = "not expected: kubectl\n"};
}

void Operator::Store(const std::string& object, const std::string& value, const Place& node) {
  etcd_[object] = node.serving->Seal(value);
}

testing::DecryptAnswer Operator::Read(const std::string& object, const Place& node) const {
  return node.serving->stub.Decrypt(etcd_.at(object));
}

const testing::SealedObject& Operator::Stored(const std::string& object) const {
  return etcd_.at(object);
}

void Operator::CheckAllDone() const {
  for (const Block& block : blocks_) {
    CHECK_MESSAGE(done_.contains(block.name), section_ << ": nobody did " << block.name);
  }
}

}  // namespace baokms::runbooks
