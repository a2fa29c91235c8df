// `status`, and what waits: what a running provider says of itself (reports-and-labels.md,
// "status").
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include "core/text/rfc3339.h"
#include "tests/e2e/support/operator_node.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/pseudo_terminal.h"

namespace baokms::e2e {
namespace {

using std::chrono::steady_clock;

Json Parsed(const CommandResult& result) {
  Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  return report;
}

// A command of this node that goes on while the test does.
struct Started {
  Started(const OperatorNode& node, const Names& words, const std::string& out = {})
      : child({.argv = Argv(node, words),
               .environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}},
               .stdout_file = out.empty() ? directory.File("out") : out,
               .stderr_file = directory.File("err")}) {}

  static Names Argv(const OperatorNode& node, Names words) {
    if (words.front() != "probe") {  // needs no configuration
      words.insert(words.end(), {"--config", node.config.config_file(), "--allow-socket-parent",
                                 node.config.socket_directory()});
    }
    words.insert(words.begin(), testing::ProviderProgram());
    return words;
  }
  int Code() {
    const auto ended = child.Wait(Milliseconds(20000));
    return ended && ended->code ? *ended->code : -1;
  }

  testing::TempDirectory directory;
  testing::ChildProcess child;
};

TEST_CASE("Status: a provider that serves is ready and says what it knows") {
  Bench bench;
  const OperatorNode node(bench);
  const Serving provider(node.config);
  REQUIRE(Eventually(Milliseconds(5000),
                     [&] { return node.Report({"status"}).contains("deepProbe"); }));
  const Json report = node.Report({"status"});
  CHECK(report.at("source") == "health");
  CHECK(report.at("live") == true);
  CHECK(report.at("ready") == true);
  CHECK(report.at("reasons").empty());
  CHECK(report.at("rotationState") == "active");
  CHECK(report.at("activeTransitVersion") == 1);
  CHECK(report.at("activeKeyIdHash") == node.Report({"rotation-plan"}).at("activeKeyIdHash"));
  CHECK(report.at("tokenSecondsLeft") > 0);
  CHECK(report.at("credentialSecondsLeft") > 3000);
  CHECK(report.at("credentialSecondsLeft") <= 3600);
  CHECK(report.at("metadataProbe").at("ok") == true);
  CHECK(report.at("metadataProbe").at("secondsAgo") <= 2);
  CHECK(report.at("deepProbe").at("ok") == true);
  CHECK_FALSE(report.contains("limitations"));
  CHECK_FALSE(report.contains("pendingTransitVersion"));

  const CommandResult text = node.Run({"status"});
  CHECK(text.code == 0);
  CHECK(text.out.starts_with("ready: yes\nactive: version 1, hash "));
  CHECK(Says(text.out, "\ntoken: "));
  // The page itself is the same without the source.
  Json page = Json::parse(provider.process.Health("/status").body, nullptr, false);
  CHECK(page.at("activeKeyIdHash") == report.at("activeKeyIdHash"));
  CHECK_FALSE(page.contains("source"));
  CHECK(provider.process.Metric("openbao_kms_ready") == 1);
  CHECK(provider.process.Metric("openbao_kms_credential_ttl_seconds") > 3000);
}

TEST_CASE("Status: a pending version counts to its promotion which is not before it was said") {
  Bench bench;
  OperatorNode node(bench);
  node.config.tree["rotation"]["activationDelay"] = "3s";
  node.config.tree["rotation"]["requireStableObservationCount"] = 3;
  node.config.tree["status"]["probeInterval"] = "500ms";
  node.config.Write();
  const Serving provider(node.config);
  const std::string before = provider.KeyId();
  Started waiting(node, {"verify-rotation", "--wait", "18s", "--output", "json"});
  CHECK(waiting.Code() == 0);  // nothing is under way
  bench.setup.RotateKey();
  const CommandResult at_once = node.Run({"verify-rotation", "--wait", "500ms"});
  CHECK(at_once.code == 4);
  CHECK(Says(at_once.err, "the rotation is not over after --wait: "));
  Json pending;
  REQUIRE(Eventually(Milliseconds(5000), [&] {
    pending = node.Report({"status"});
    return pending.contains("pendingTransitVersion");
  }));
  CHECK(pending.at("activeTransitVersion") == 1);
  CHECK(pending.at("pendingTransitVersion") == 2);
  CHECK(pending.at("pendingRequiredObservationCount") == 3);
  CHECK(pending.at("pendingStableObservationCount") >= 1);
  const std::string earliest = pending.at("pendingPromotesAfter");
  CHECK(Says(node.Run({"status"}).out, "\npending: version 2, hash "));
  const CommandResult waited = node.Run({"verify-rotation", "--wait", "15s", "--output", "json"});
  CHECK(waited.code == 0);
  CHECK(Parsed(waited).at("activeTransitVersion") == 2);
  CHECK(provider.KeyId() != before);
  const Json done = node.Report({"status"});
  CHECK(done.at("activeTransitVersion") == 2);
  CHECK_FALSE(done.contains("pendingPromotesAfter"));
  // The state's times are whole seconds, and RFC 3339 in UTC sorts as text.
  std::int64_t promoted = 0;
  const Json state = ReadState(node.config);
  for (const Json& record : state.at("snapshots")) {
    promoted = std::max(promoted, record.value("promotedAtUnix", std::int64_t{0}));
  }
  CHECK(core::Rfc3339(std::chrono::sys_seconds(std::chrono::seconds(promoted + 1))) >= earliest);
}

TEST_CASE("Status: while OpenBao is sealed it says so in words and waits for the end of it") {
  Bench bench;
  const OperatorNode node(bench);
  const Serving provider(node.config);
  bench.openbao().Seal();
  CommandResult result;
  CHECK(Eventually(Milliseconds(10000), [&] {
    result = node.Run({"status", "--output", "json"});
    // The last failure may not yet be what the node is not ready for.
    return result.code == 4 && Says(result.err, "OpenBao is sealed: unseal it");
  }));
  const Json report = Parsed(result);
  CHECK(report.at("ready") == false);
  CHECK_FALSE(report.at("reasons").empty());
  CHECK(report.at("lastFailure").at("errorClass") == "openbao_sealed");
  CHECK(report.at("lastFailure").at("advice") == "OpenBao is sealed: unseal it");
  CHECK(Says(result.err, "status: not ready: "));
  CHECK(provider.process.Metric("openbao_kms_ready") == 0);
  const std::string reason = report.at("reasons").front();
  CHECK(provider.process.Metric("openbao_kms_ready_reason{reason=\"" + reason + "\"}") == 1);
  CHECK(node.Run({"status", "--wait", "600ms"}).code == 4);

  Started status(node, {"status", "--wait", "15s"});
  Started probe(node, {"probe", "--wait", "15s", "--socket", node.config.socket()});
  std::this_thread::sleep_for(Milliseconds(700));
  CHECK(status.child.Running());
  CHECK(probe.child.Running());
  bench.openbao().Unseal();
  CHECK(status.Code() == 0);
  CHECK(status.child.Stdout().starts_with("ready: yes\n"));
  CHECK(Says(status.child.Stdout(), "\nlast failure: "));
  CHECK(probe.Code() == 0);
  CHECK(Says(probe.child.Stdout(), "[pass] kms.decrypt"));
  CHECK_FALSE(Says(probe.child.Stdout(), "[fail]"));
}

TEST_CASE("Status: without a health listener the socket says what it can") {
  Bench bench;
  OperatorNode node(bench);
  node.config.tree["server"]["healthAddress"] = "";
  node.config.Write();
  const Serving provider(node.config);
  const Json report = node.Report({"status"});
  CHECK(report.at("source") == "socket");
  CHECK(report.at("ready") == true);
  CHECK(report.at("activeKeyIdHash") == node.Report({"rotation-plan"}).at("activeKeyIdHash"));
  CHECK_FALSE(report.contains("activeTransitVersion"));
  CHECK(Says(report.at("limitations").at(0).get<std::string>(), "server.healthAddress is off, so"));
  CHECK(Says(node.Run({"status"}).out, "\nnot known: server.healthAddress is off, so"));
}

TEST_CASE("Status: another page at the health address is not believed") {
  Bench bench;
  const OperatorNode node(bench);
  const Serving provider(node.config);
  // Another provider's metrics, which answer 404 there.
  Bench second;
  const OperatorNode other(second);
  const Serving elsewhere(other.config);
  const Json report = node.Report({"status", "--health-address", other.config.metrics_address()});
  CHECK(report.at("source") == "socket");
  CHECK(Says(report.at("limitations").at(0).get<std::string>(), "has no page /status"));
}

TEST_CASE("Status: without a provider it says so at once and after the time to wait") {
  Bench bench;
  const OperatorNode node(bench);
  CommandResult result = node.Run({"status", "--output", "json"});
  CHECK(result.code == 4);
  CHECK(Parsed(result).at("source") == "none");
  CHECK(result.err == "status: no provider answers: start it, and check its log\n");
  const auto began = steady_clock::now();
  result = node.Run({"status", "--wait", "1s"});
  CHECK(result.code == 4);
  CHECK(steady_clock::now() - began >= Milliseconds(1000));
  CHECK(RunCommand({"probe", "--socket", node.config.socket(), "--wait", "600ms"}).code == 4);

  Started waiting(node, {"status", "--wait", "18s", "--output", "json"});
  std::this_thread::sleep_for(Milliseconds(300));
  const Serving provider(node.config);
  CHECK(waiting.Code() == 0);
  CHECK(Json::parse(waiting.child.Stdout(), nullptr, false).at("ready") == true);
}

TEST_CASE("Status: watched in a pipe each change is a line and Ctrl-C ends it with the last word") {
  Bench bench;
  const OperatorNode node(bench);
  Started watching(node, {"status", "--watch"});
  const auto seen = [&](std::string_view words) {
    return Eventually(Milliseconds(15000), [&] { return Says(watching.child.Stdout(), words); });
  };
  REQUIRE(seen("Z not ready: no provider answers\n"));
  {
    const Serving provider(node.config);
    REQUIRE(seen("Z ready, version 1\n"));
    RotateAndPromote(bench, provider);
    REQUIRE(seen("Z ready, version 2\n"));
  }
  std::istringstream lines(watching.child.Stdout());
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.substr(21) != last);
    last = line.substr(21);
  }
  REQUIRE(Eventually(Milliseconds(15000), [&] {
    return watching.child.Stdout().ends_with("Z not ready: no provider answers\n");
  }));
  kill(watching.child.pid(), SIGINT);
  CHECK(watching.Code() == 4);
  CHECK(Says(watching.child.Stderr(), "status: "));
}

TEST_CASE("Status: watched on a terminal it is drawn anew within the width") {
  Bench bench;
  const OperatorNode node(bench);
  const Serving provider(node.config);
  testing::PseudoTerminal terminal(60);
  Started watching(node, {"status", "--watch"}, terminal.name());
  const auto drawn = [&] {
    std::size_t count = 0;
    const std::string& written = terminal.Written();
    for (std::size_t at = 0; (at = written.find("\033[H\033[2J", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  REQUIRE(Eventually(Milliseconds(10000), [&] { return drawn() >= 2; }));
  kill(watching.child.pid(), SIGTERM);
  CHECK(watching.Code() == 0);
  std::string last = terminal.Written();
  last.erase(0, last.rfind("\033[2J") + 4);
  CAPTURE(last);
  CHECK(Says(last, "ready: yes"));
  std::istringstream lines(last);
  for (std::string line; std::getline(lines, line);) {
    std::erase(line, '\r');
    CHECK_MESSAGE(line.size() <= 60, line);
  }
}

}  // namespace
}  // namespace baokms::e2e
