// `benchmark`: what it prints, how it is bounded, and how it ends (reports-and-labels.md, "Plain
// outputs").
#include <doctest/doctest.h>

#include <csignal>
#include <regex>
#include <thread>

#include "tests/adapters/transit_http/scripted_tls_server.h"
#include "tests/e2e/support/operator_node.h"
#include "tests/e2e/support/report_schema.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/pseudo_terminal.h"

namespace baokms::e2e {
namespace {

// The benchmark of a node as a process that a test may signal, its errors and progress on a
// terminal.
class Running {
 public:
  Running(const ProviderConfig& config, const Names& more) : child(Options(config, more)) {}

  // Waits until an iteration was made.
  bool HasBegun() {
    const std::regex some("Transit: [1-9][0-9]* of [0-9]+");
    return Eventually(Milliseconds(15000),
                      [&] { return std::regex_search(terminal.Written(), some); });
  }

 private:
  testing::ChildProcess::Options Options(const ProviderConfig& config, const Names& more) const {
    testing::ChildProcess::Options options{
        .argv = {testing::ProviderProgram(), "benchmark", "--config", config.config_file(),
                 "--allow-socket-parent", config.socket_directory()},
        .environment = {{"TERM", "xterm"}},
        .stdout_file = directory_.File("out"),
        .stderr_file = terminal.name()};
    options.argv.insert(options.argv.end(), more.begin(), more.end());
    return options;
  }

  testing::TempDirectory directory_;

 public:
  testing::PseudoTerminal terminal{100};
  testing::ChildProcess child;
};

TEST_CASE("Benchmark: without a provider the socket is skipped and Transit is measured") {
  Bench bench;
  const OperatorNode node(bench);
  const CommandResult result = node.Run({"benchmark"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  const std::regex lines(
      "iterations: 5\n"
      "(transit_(encrypt|decrypt)_ms_(min|p50|max): [0-9]+\\.[0-9]{3}\n){6}"
      "concurrency: 1\n"
      "(transit_(encrypt|decrypt)_ms_(p90|p95|p99|mean): [0-9]+\\.[0-9]{3}\n){8}"
      "transit_calls_per_second: [0-9]+\\.[0-9]{3}\n"
      "socket_status: skipped\n"
      "socket_reason: no provider answers [^\n]*\n");
  CHECK_MESSAGE(std::regex_match(result.out, lines), result.out);
}

TEST_CASE("Benchmark: JSON has the old names first and figures that fit each other") {
  Bench bench;
  const OperatorNode node(bench);
  const Serving provider(node.config);
  const CommandResult result = node.Run({"benchmark", "--iterations", "40", "--output", "json"});
  CHECK(result.code == 0);
  Names names = FieldNames(result.out);
  REQUIRE(names.size() > 7);
  names.resize(7);
  CHECK(names == Names{"iterations", "transit_encrypt_ms_min", "transit_encrypt_ms_p50",
                       "transit_encrypt_ms_max", "transit_decrypt_ms_min", "transit_decrypt_ms_p50",
                       "transit_decrypt_ms_max"});
  const Json report = Json::parse(result.out);
  CHECK(report.at("iterations") == 40);
  CHECK(report.at("socket_status") == "measured");
  CHECK(report.at("socket_iterations") == 40);
  for (const std::string call :
       {"transit_encrypt", "transit_decrypt", "socket_encrypt", "socket_decrypt"}) {
    CAPTURE(call);
    double last = 0.001;  // a call is no shorter than that
    for (const char* rank : {"min", "p50", "p90", "p95", "p99", "max"}) {
      CAPTURE(rank);
      const double value = report.at(call + "_ms_" + rank);
      CHECK(value >= last);
      last = value;
    }
    const double mean = report.at(call + "_ms_mean");
    CHECK(mean >= report.at(call + "_ms_min").get<double>());
    CHECK(mean <= last);
  }
  // One at a time, a call after the other: no more of them than the mean leaves room for.
  const double busy = report.at("transit_encrypt_ms_mean").get<double>() +
                      report.at("transit_decrypt_ms_mean").get<double>();
  CHECK(report.at("transit_calls_per_second").get<double>() <= 2000.0 / busy * 1.05);
  provider.CheckRoundTrip();
}

TEST_CASE("Benchmark: many at a time are all made and kube-apiserver keeps half of the socket") {
  Bench bench;
  OperatorNode node(bench);
  node.config.tree["server"]["maxConcurrentEncrypt"] = 6;
  node.config.Write();
  const Serving provider(node.config);
  const Json report = node.Report({"benchmark", "--iterations", "300", "--concurrency", "64"});
  CHECK(report.at("iterations") == 300);
  CHECK(report.at("concurrency") == 64);
  CHECK(report.at("socket_iterations") == 300);
  CHECK(report.at("socket_concurrency") == 3);
}

TEST_CASE("Benchmark: flags out of their bounds exit 2 and name the bounds") {
  for (const Names& bad :
       {Names{"--iterations", "0"}, Names{"--iterations", "10001"}, Names{"--iterations=-1"},
        Names{"--iterations", "5x"}, Names{"--concurrency", "0"}, Names{"--concurrency", "65"},
        Names{"--iterations", "99999999999999999999"}, Names{"stray"}}) {
    CAPTURE(bad.back());
    Names arguments{"benchmark"};
    arguments.insert(arguments.end(), bad.begin(), bad.end());
    const CommandResult result = RunCommand(arguments);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    if (bad.front() == "stray") continue;
    CHECK(Says(result.err, bad.front() == "--concurrency" ? "from 1 to 64" : "from 1 to 10000"));
  }
  const std::string help = RunCommand({"benchmark", "--help"}).out;
  CHECK(Says(help, "at most 10000"));
  CHECK(Says(help, "at most 64"));
}

TEST_CASE("Benchmark: a bad configuration exits 3") {
  CHECK(RunCommand({"benchmark", "--config", "/nonexistent.yaml"}).code == 3);
}

TEST_CASE("Benchmark: a call that OpenBao refuses exits 4 with its class and what to do") {
  Bench bench;
  const OperatorNode node(bench);
  std::string policy = bench.setup.LeastPrivilegePolicy({bench.setup.options().key_name});
  const std::size_t at = policy.find("/decrypt/");
  REQUIRE(at != std::string::npos);
  policy.replace(at, 9, "/nothing/");
  bench.setup.SetPolicy(policy);
  const std::string told = node.Refused({"benchmark"});
  CHECK(Says(told, "benchmark: Transit decrypt: transit_policy_denied: "));
  CHECK(Says(told, "update encrypt and decrypt"));
}

TEST_CASE("Benchmark: a sealed OpenBao exits 4 and says so") {
  Bench bench;
  const OperatorNode node(bench);
  bench.openbao().Seal();
  const CommandResult result = node.Run({"benchmark", "--output", "json"});
  bench.openbao().Unseal();
  CHECK(result.code == 4);
  CHECK(result.out.empty());
  CHECK(result.err == "benchmark: openbao_sealed: OpenBao is sealed: unseal it\n");
}

TEST_CASE("Benchmark: an unhealthy provider is skipped and not an error of the whole") {
  Bench bench;
  OperatorNode node(bench);
  const Serving provider(node.config);
  // What it logs in with is taken away, not what the benchmark needs.
  bench.setup.SetDisableUpsert(false);
  const bool unhealthy = Eventually(Milliseconds(15000), [&] { return !provider.Healthy(); });
  const Json report = node.Report({"benchmark"});
  bench.setup.SetDisableUpsert(true);
  CHECK(unhealthy);
  CHECK(report.at("socket_status") == "skipped");
  CHECK(Says(report.at("socket_reason"), "doctor"));
}

TEST_CASE("Benchmark: an interruption ends it at once with what was measured") {
  Bench bench;
  const OperatorNode node(bench);
  Running running(node.config, {"--iterations", "10000", "--output", "json"});
  REQUIRE(running.HasBegun());
  running.child.Signal(SIGINT);
  const auto ended = running.child.Wait(Milliseconds(3000));
  REQUIRE(ended.has_value());
  CHECK(ended->code == 4);
  const std::string printed = running.child.Stdout();
  CheckFitsItsSchema("benchmark", printed);
  const Json report = Json::parse(printed);
  const int made = report.at("iterations");
  CHECK(made > 0);
  CHECK(made < 10000);
  CHECK(report.at("transit_stopped") == "interrupted");
  CHECK(report.at("socket_status") == "skipped");
  CHECK(running.terminal.Screen() == Names{"benchmark: Transit: interrupted after " +
                                           std::to_string(made) + " of 10000 iterations"});
}

TEST_CASE("Benchmark: an interruption of a login that hangs ends it at once") {
  Bench bench;
  OperatorNode node(bench);
  const tests::SilentListener silent(/*full=*/false);
  node.config.tree["openbao"]["address"] = silent.Url();
  node.config.tree["auth"]["loginTimeout"] = "60s";
  node.config.Write();
  Running running(node.config, {});
  std::this_thread::sleep_for(Milliseconds(700));
  REQUIRE(running.child.Running());
  running.child.Signal(SIGINT);
  const auto ended = running.child.Wait(Milliseconds(2000));
  REQUIRE(ended.has_value());
  CHECK(ended->code == 4);
  CHECK(running.child.Stdout().empty());
  CHECK(running.terminal.Screen() == Names{"benchmark: interrupted before anything was measured"});
}

}  // namespace
}  // namespace baokms::e2e
