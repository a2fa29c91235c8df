// Every exit code that a command's help names, really provoked, and what goes to which stream
// (reports-and-labels.md, "Commands and flags").
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/support/lost_state.h"
#include "tests/e2e/support/operator_node.h"
#include "tests/support/etcd/etcd_under_test.h"

namespace baokms::e2e {
namespace {

std::string Line(const Names& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string HelpOf(const std::string& command) {
  Names words{"help"};
  std::istringstream parts(command);
  for (std::string part; parts >> part;) words.push_back(part);
  const CommandResult result = RunCommand(words);
  CHECK(result.code == 0);
  CHECK(result.out.starts_with("bao-kms-provider" + (command.empty() ? "" : " " + command) + ": "));
  return result.out;
}

// Lines of the help's section, each cut to its first word.
Names SectionOf(const std::string& help, const std::string& title) {
  Names words;
  const std::size_t begin = help.find("\n" + title + ":\n");
  if (begin == std::string::npos) return words;
  std::istringstream lines(help.substr(begin + title.size() + 3));
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    if (line.size() > 2 && line[2] != ' ') words.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return words;
}

// Every command, groups and what stands in them, as `help` takes them.
Names EveryCommand() {
  const std::string root = HelpOf("");
  Names commands;
  // The root's sections of commands come before its flags.
  std::istringstream lines(root.substr(0, root.find("\nFlags:\n")));
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 3 || !line.starts_with("  ") || line[2] == ' ') continue;
    commands.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  for (const std::string& group : Names(commands)) {
    for (const std::string& command : SectionOf(HelpOf(group), "Commands")) {
      commands.push_back(std::string(group).append(" ").append(command));
    }
  }
  return commands;
}

// The longest command that the words begin with.
std::string CommandOf(const Names& words, const Names& commands) {
  std::string found;
  for (const std::string& command : commands) {
    if ((Line(words) + " ").starts_with(command + " ") && command.size() > found.size()) {
      found = command;
    }
  }
  return found;
}

// Runs lines, CHECKs their codes and streams, and remembers what was provoked.
class Ledger {
 public:
  CommandResult Run(const Names& words, int code) {
    const std::string line = Line(words);
    CAPTURE(line);
    const CommandResult result = RunCommand(words);
    INFO(result.out);
    INFO(result.err);
    CHECK(result.code == code);
    CheckStreams(result, code);
    Note(words, code);
    if (code == 0) CheckFullDisk(words);
    return result;
  }
  void Note(const Names& words, int code) { provoked_[CommandOf(words, commands_)].insert(code); }

  // What the commands' help promises and nothing here provoked.
  void CheckComplete() const {
    for (const std::string& command : commands_) {
      for (const std::string& code : SectionOf(HelpOf(command), "Exit codes")) {
        CAPTURE(command);
        CAPTURE(code);
        const auto codes = provoked_.find(command);
        CHECK((codes != provoked_.end() && codes->second.contains(std::stoi(code))));
      }
    }
  }

 private:
  static void CheckStreams(const CommandResult& result, int code) {
    CHECK(result.err.empty() == (code == 0));
    if (code == 0) CHECK(result.out.ends_with('\n'));
    if (code == 2) {
      CHECK(result.out.empty());
      CHECK(result.err.starts_with("usage: "));
      CHECK(std::ranges::count(result.err, '\n') == 2);
      CHECK(result.err.find("\nRun `bao-kms-provider") != std::string::npos);
    }
  }

  // What could not be written is no success.
  void CheckFullDisk(const Names& words) {
    const testing::TempDirectory directory;
    testing::ChildProcess::Options options{.argv = {testing::ProviderProgram()},
                                           .stdout_file = "/dev/full",
                                           .stderr_file = directory.File("err")};
    options.argv.insert(options.argv.end(), words.begin(), words.end());
    testing::ChildProcess child(std::move(options));
    const auto ended = child.Wait(Milliseconds(10000));
    CHECK(ended == testing::ExitStatus{.code = 1, .signal = std::nullopt});
    CHECK(child.Stderr() ==
          "the output could not be written: check whether the disk is full or the reader has "
          "exited\n");
    Note(words, 1);
  }

  const Names commands_ = EveryCommand();
  std::map<std::string, std::set<int>> provoked_;
};

// `words` with this node's configuration.
Names On(const ProviderConfig& config, Names words) {
  words.insert(words.end(), {"--config", config.config_file(), "--allow-socket-parent",
                             config.socket_directory()});
  return words;
}

// Where no etcd listens.
const Names kCensus{"key-usage", "--etcd-endpoints", "http://127.0.0.1:1"};

const Names kWithConfiguration[] = {
    kCensus,
    {"benchmark"},
    {"doctor"},
    {"verify-key"},
    {"status"},
    {"check-expiration"},
    {"rotation-plan"},
    {"verify-rotation"},
    {"retire-versions", "--before-version", "2"},
    {"restore-versions", "--versions", "1"},
    {"recover-state"},
    {"migrate-state"},
    {"policy", "openbao"},
};

void Succeed(Ledger& ledger, Bench& bench, const ProviderConfig& config) {
  {
    ProviderProcess provider(config);
    REQUIRE(provider.WaitReady());
    ledger.Run({"probe", "--socket", config.socket()}, 0);
    ledger.Run({"probe", "--socket", config.socket(), "--wait", "1s"}, 0);
    ledger.Run(On(config, {"status"}), 0);
    const CommandResult status = ledger.Run(On(config, {"status", "--output", "json"}), 0);
    const testing::TempDirectory outputs;
    outputs.Write("a.json", status.out, 0644);
    outputs.Write("b.json", status.out, 0644);
    ledger.Run({"nodes", "compare", outputs.File("a.json"), outputs.File("b.json")}, 0);
    Json other = Json::parse(status.out);
    other["activeTransitVersion"] = 7;
    outputs.Write("b.json", other.dump(), 0644);
    ledger.Run({"nodes", "compare", outputs.File("a.json"), outputs.File("b.json")}, 4);
    ledger.Run(On(config, {"check-expiration", "--within", "1h"}), 0);
    CHECK(provider.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
    ledger.Note({"serve"}, 0);
  }
  {
    const Serving provider(config);
    RotateAndPromote(bench, provider);
  }
  for (const char* command : {"doctor", "verify-key", "rotation-plan", "verify-rotation"}) {
    ledger.Run(On(config, {command}), 0);
    ledger.Run(On(config, {command, "--output", " JSON "}), 0);
  }
  ledger.Run(On(config, {"benchmark"}), 0);
  const testing::EtcdUnderTest etcd;
  ledger.Run(On(config, {"key-usage", "--etcd-endpoints", etcd.url()}), 0);
  const Names retire = On(config, {"retire-versions", "--before-version", "2"});
  const CommandResult plan = ledger.Run(retire, 0);
  const std::string hash = ReadState(config).at("currentHash");
  Names apply = retire;
  apply.insert(apply.end(), {"--without-evidence", "--apply", "--expected-state-hash", hash});
  CHECK(RunCommand(apply).code == 0);
  ledger.Run(On(config, {"restore-versions", "--versions", "1"}), 0);
  ledger.Run(On(config, {"migrate-state"}), 0);
  const StateFiles files = ReadStateFiles(config);
  LoseFiles(config);
  LetPeersSee(Milliseconds(200));
  ledger.Run(On(config, {"recover-state"}), 0);
  WriteStateFiles(config, files);
  ledger.Run(On(config, {"policy", "openbao"}), 0);
  ledger.Run({"config", "--config", config.config_file()}, 0);
  ledger.Run({"config", "fingerprint", "--config", config.config_file()}, 0);
}

void RefuseUsage(Ledger& ledger) {
  for (const std::string& command : EveryCommand()) {
    Names words;
    std::istringstream parts(command);
    for (std::string part; parts >> part;) words.push_back(part);
    words.push_back("--no-such-flag");
    ledger.Run(words, 2);
    words.back() = "stray-word";
    ledger.Run(words, 2);
  }
  const std::string hash = "krs1.9pGhQA0O3mYBAejk-yGcv0cIxq-so-GJrY2IH4bZV7Q";
  for (const Names& words : {
           Names{"nosuch"},
           {"--no-such-flag"},
           {"help", "nosuch"},
           {"help", "config", "nosuch"},
           {"doctor", "--output", "jsn"},
           {"doctor", "--output", ""},
           {"doctor", "--config"},
           {"doctor", "--config", "a", "--config", "b"},
           {"probe", "--timeout", "0"},
           {"probe", "--timeout", "0s"},
           {"probe", "--timeout", "24h1ns"},
           {"probe", "--timeout", "-1s"},
           {"probe", "--timeout", "10"},
           {"probe", "--socket", "run/kms.sock"},
           {"probe", "--expected-key-id", "obk2.short"},
           {"probe", "--wait", "0s"},
           {"probe", "--uid", "1", "--gid", "1"},
           {"nodes", "compare"},
           {"nodes", "compare", "a.json", "a.json"},
           {"status", "--wait", "25h"},
           {"status", "--watch", "--wait", "1s"},
           {"status", "--watch", "--output", "json"},
           {"check-expiration", "--within", "30d"},
           {"check-expiration", "--within", "0s"},
           {"verify-rotation", "--wait", "soon"},
           {"retire-versions"},
           {"retire-versions", "--before-version", "1"},
           {"retire-versions", "--before-version", "two"},
           {"retire-versions", "--before-version", "2", "--apply"},
           {"retire-versions", "--before-version", "2", "--apply", "--expected-state-hash",
            "krs1.x"},
           {"retire-versions", "--before-version", "2", "--apply=yes", "--expected-state-hash",
            hash},
           {"retire-versions", "--before-version", "2", "--apply", "--expected-state-hash", hash},
           {"retire-versions", "--before-version", "2", "--evidence", "report.json"},
           {"retire-versions", "--before-version", "2", "--evidence", "/report.json",
            "--without-evidence"},
           {"retire-versions", "--before-version", "2", "--max-evidence-age", "0s"},
           {"restore-versions"},
           {"restore-versions", "--versions", "1,1"},
           {"restore-versions", "--versions", "1", "--versions", "1"},
           {"restore-versions", "--versions", "0"},
           {"restore-versions", "--versions", "1,"},
           {"migrate-state", "--apply"},
           {"recover-state", "--apply", "--expected-state-hash", hash},
           {"recover-state", "--adopt", "--peer-state", "/a"},
           {"policy", "openbao", "--include-token-renewal=perhaps"},
           {"completion", "tcsh"},
       }) {
    ledger.Run(words, 2);
  }
}

void RefuseConfiguration(Ledger& ledger, const ProviderConfig& config) {
  const auto refuse = [&ledger](const Names& words) {
    const CommandResult result = ledger.Run(words, 3);
    // The checks of doctor and verify-key are a report, the others print nothing.
    const bool reports = words.front() == "doctor" || words.front() == "verify-key";
    CHECK(result.out.empty() == !reports);
  };
  Names all_absent{"--config", config.directory().File("absent.yaml")};
  for (Names words : kWithConfiguration) {
    words.insert(words.end(), all_absent.begin(), all_absent.end());
    refuse(words);
  }
  for (Names words : {Names{"serve"}, {"config"}, {"config", "fingerprint"}}) {
    words.insert(words.end(), all_absent.begin(), all_absent.end());
    refuse(words);
  }
  // No configuration at all; a path that depends on where the command is run; a setting by flag.
  for (const Names& words : kWithConfiguration) refuse(words);
  refuse({"config", "fingerprint"});
  refuse({"serve"});
  for (const char* command : {"serve", "doctor"}) refuse({command, "--config", "config.yaml"});
  refuse({"nodes", "compare", "/nonexistent/a.json", "/nonexistent/b.json"});
  for (const char* command : {"serve", "doctor", "verify-key", "rotation-plan"}) {
    refuse(On(config, {command, "--log-level", "loud"}));
    refuse(On(config, {command, "--metrics-address", "nowhere"}));
  }
}

void FailChecks(Ledger& ledger, Bench& bench, ProviderConfig config) {
  bench.setup.SetDisableUpsert(false);
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.Write();
  ProviderProcess provider(config);
  CheckExits(provider, 5);
  ledger.Note({"serve"}, 5);
  for (const char* command : {"doctor", "verify-key", "rotation-plan", "verify-rotation"}) {
    const CommandResult result = ledger.Run(On(config, {command}), 4);
    CHECK_FALSE(result.out.empty());
  }
  for (const Names& words : {Names{"retire-versions", "--before-version", "99"},
                             {"restore-versions", "--versions", "99"},
                             {"recover-state"},
                             {"migrate-state"}}) {
    const CommandResult result = ledger.Run(On(config, words), 4);
    CHECK(result.out.empty());
  }
  ledger.Run({"probe", "--socket", config.directory().File("no.sock")}, 4);
  ledger.Run(On(config, kCensus), 4);
  config.tree["openbao"]["address"] = "https://127.0.0.1:1";
  config.Write();
  ledger.Run(On(config, {"benchmark"}), 4);
  ledger.Run(On(config, {"check-expiration"}), 4);
  ledger.Run(On(config, {"status"}), 4);
}

// A bundle is written once, so that its success cannot be tried again on a full disk.
void Bundle(Ledger& ledger) {
  const testing::TempDirectory directory;
  const std::string values = directory.File("values.yaml");
  const auto init = [&](const std::string& out) {
    return Names{"init", "--new-key", "--values", values, "--out", directory.File(out)};
  };
  ledger.Run(init("bundle"), 3);
  testing::WriteWholeFile(values, R"({
    "configVersion": "v1alpha1",
    "openbao": {"address": "https://openbao.example:8200", "tlsServerName": "openbao.example",
                "instanceId": "openbao-prod"},
    "auth": {"jwt": {"source": "file", "mountPath": "auth/jwt", "role": "kms-node",
                     "expectedIssuer": "https://issuer.example", "expectedAudience": ["openbao"],
                     "expectedSubject": "kms-node"}},
    "transit": {"mountPath": "transit", "keyName": "k8s-prod-etcd",
                "keyIdScope": {"providerName": "openbao", "clusterId": "prod",
                               "transitMountId": "transit-prod"}}
  })",
                          0640);
  CHECK(RunCommand(init("bundle")).code == 0);
  ledger.Note({"init"}, 0);
  ledger.Run(init("bundle"), 1);
}

TEST_CASE("Exit codes: every one that help names is provoked, and no stream has what is not its") {
  if (testing::SkippedWithoutEtcd()) return;
  Bench bench;
  const ProviderConfig config = bench.Config();
  Ledger ledger;
  Succeed(ledger, bench, config);
  for (const Names& words : {Names{},
                             {"--help"},
                             {"-h"},
                             {"--version"},
                             {"help"},
                             {"help", "config", "schema"},
                             {"nodes"},
                             {"policy"},
                             {"completion"},
                             {"completion", "bash"},
                             {"completion", "zsh"},
                             {"completion", "fish"},
                             {"config", "schema"},
                             {"version"},
                             {"serve", "--help"}}) {
    ledger.Run(words, 0);
  }
  RefuseUsage(ledger);
  RefuseConfiguration(ledger, config);
  FailChecks(ledger, bench, bench.Config());
  Bundle(ledger);
  ledger.CheckComplete();
}

// As `bao-kms-provider <words> <redirections>` in a shell.
testing::ChildProcess::Options Redirected(const Names& words, const std::string& redirections) {
  testing::ChildProcess::Options options{
      .argv = {"sh", "-c", "exec \"$0\" \"$@\" " + redirections, testing::ProviderProgram()}};
  options.argv.insert(options.argv.end(), words.begin(), words.end());
  return options;
}

TEST_CASE("Exit codes: a report for a closed standard output is an error") {
  Bench bench;
  const OperatorNode node(bench);
  {
    const Serving provider(node.config);
  }
  const DirectoryPicture before = node.Picture();
  const testing::TempDirectory directory;
  for (const Names& words : {Names{"version"}, On(node.config, {"rotation-plan"})}) {
    testing::ChildProcess::Options options = Redirected(words, ">&-");
    options.stderr_file = directory.File(words.front());
    testing::ChildProcess child(std::move(options));
    CHECK(child.Wait(Milliseconds(10000)) ==
          testing::ExitStatus{.code = 1, .signal = std::nullopt});
    CHECK(child.Stderr().find("could not be written") != std::string::npos);
  }
  CHECK(node.Picture() == before);
}

TEST_CASE("Exit codes: no file takes the place of a closed stream") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  testing::ChildProcess provider(Redirected(On(config, {"serve"}), ">&- 2>&-"));
  const testing::KmsStub stub(config.socket());
  REQUIRE(Eventually(Milliseconds(15000), [&] { return stub.Status().healthz == "ok"; }));
  for (const char* stream : {"1", "2"}) {
    const std::string link = "/proc/" + std::to_string(provider.pid()) + "/fd/" + stream;
    CHECK(std::filesystem::read_symlink(link) == "/dev/null");
  }
}

}  // namespace
}  // namespace baokms::e2e
