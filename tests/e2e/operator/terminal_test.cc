// What doctor, verify-key, probe and benchmark show to a person at a terminal
// (configuration-and-cli.md, "Commands").
#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <sstream>

#include "tests/adapters/transit_http/scripted_tls_server.h"
#include "tests/e2e/support/operator_node.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/pseudo_terminal.h"

namespace baokms::e2e {
namespace {

using Environment = std::map<std::string, std::optional<std::string>>;

// A program at a terminal; its standard error goes to a file, so that the screen is its output.
class AtTerminal {
 public:
  AtTerminal(std::size_t columns, Names arguments, Environment environment = {})
      : terminal(columns), child(Options(std::move(arguments), std::move(environment))) {}

  // To its end.
  std::vector<std::string> Screen() {
    REQUIRE(child.Wait(Milliseconds(20000)).has_value());
    return terminal.Screen();
  }

 private:
  testing::ChildProcess::Options Options(Names arguments, Environment environment) {
    environment.insert(
        {{"TERM", "xterm-256color"}, {"NO_COLOR", std::nullopt}, {"LC_ALL", "C.UTF-8"}});
    arguments.insert(arguments.begin(), testing::ProviderProgram());
    return {.argv = std::move(arguments),
            .environment = std::move(environment),
            .stdout_file = terminal.name(),
            .stderr_file = directory_.File("err")};
  }

  testing::TempDirectory directory_;

 public:
  testing::PseudoTerminal terminal;
  testing::ChildProcess child;
};

Names DoctorArguments(const ProviderConfig& config, const std::string& command = "doctor") {
  return {command, "--config", config.config_file(), "--allow-socket-parent",
          config.socket_directory()};
}

// Some messages count seconds, which pass between two runs.
std::string WithoutBlanksAndDigits(const std::string& text) {
  std::string rest;
  std::ranges::copy_if(text, std::back_inserter(rest),
                       [](char c) { return c != ' ' && (c < '0' || c > '9'); });
  return rest;
}

// The screen's words without its line breaks and what stands for columns.
std::string Flat(const std::string& text) {
  std::string rest = WithoutBlanksAndDigits(text);
  std::erase_if(rest, [](char c) { return c == ':' || c == '\n'; });
  return rest;
}

// Every line of the pipe is on the screen, those of skipped checks by their ids. What failed is
// there in full behind the summary, and nothing else is.
void CheckSaysTheSame(const std::vector<std::string>& screen, const std::string& piped) {
  const auto summary = std::ranges::find_if(screen, [](const std::string& line) {
    return Says(line, " passed") || Says(line, " failed");
  });
  REQUIRE(summary != screen.end());
  std::string before;
  std::string after;
  for (auto line = screen.begin(); line != summary; ++line) before += Flat(*line);
  for (auto line = summary + 1; line != screen.end(); ++line) after += Flat(*line);
  std::string failures;
  bool failed = false;
  std::istringstream lines(piped);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    const bool advice = line.starts_with("    ");
    if (!advice) failed = line.starts_with("[fail]");
    const std::string said = (advice ? "->" : "") + Flat(line);
    if (failed) {
      failures += said;
      if (!advice) CHECK(Says(before, Flat(line.substr(0, line.find(" - ")))));
    } else if (line.starts_with("[pass] jwt.local")) {
      // How long the JWT is valid is a second less the second time.
      CHECK(Says(before, Flat(line.substr(0, line.find(" is valid for ")))));
    } else if (line.starts_with("[skip]")) {
      CHECK(Says(before, Flat(line.substr(7, line.find(": ") - 7))));
    } else {
      CHECK(Says(before, said));
    }
  }
  CHECK(after == failures);
}

TEST_CASE("Terminal: doctor shows every check in one line and a summary in color") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  AtTerminal doctor(120, DoctorArguments(config));
  const std::vector<std::string> screen = doctor.Screen();
  REQUIRE(screen.size() > 10);
  CHECK(screen.front() == "doctor");
  CHECK(screen[1] == "[pass] config.load                   Config load");
  CHECK(Says(screen.back(), " passed, "));
  CHECK(Says(screen.back(), " warned, "));
  CHECK(Says(screen.back(), " skipped"));
  CHECK(Says(doctor.terminal.Written(), "[\033[32mpass\033[0m] config.load"));
  CHECK(Says(doctor.terminal.Written(), "[\033[33mwarn\033[0m] registry.state"));
  // Each was named before it ran.
  for (const char* id : {"config.load", "openbao.auth", "transit.probe"}) {
    CHECK(Says(doctor.terminal.Written(), std::string("[ .. ] ") + id));
  }
  for (const std::string& line : screen) CHECK_FALSE(line.starts_with("[ .. ]"));
}

TEST_CASE(
    "Terminal: what the screen says is what the pipe says and the pipe has no control bytes") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.WriteJwt(bench.setup.MintForeignJwt());
  const CommandResult piped = RunCommand(DoctorArguments(config), {{"TERM", "xterm"}});
  CHECK(piped.code == 4);
  CHECK_FALSE(Says(piped.out, "\033"));
  CHECK_FALSE(Says(piped.out, "\r"));
  CHECK_FALSE(Says(piped.out, " passed"));
  AtTerminal doctor(100, DoctorArguments(config));
  CheckSaysTheSame(doctor.Screen(), piped.out);
  CHECK(doctor.child.Wait(Milliseconds(0))->code == 4);
  CHECK(doctor.child.Stderr() == piped.err);
}

TEST_CASE("Terminal: the last lines of doctor are the failure and not what was skipped for it") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["openbao"]["address"] = "https://127.0.0.1:1";
  config.Write();
  AtTerminal doctor(100, DoctorArguments(config));
  const std::vector<std::string> screen = doctor.Screen();
  const auto last =
      std::ranges::find_if(screen.rbegin(), screen.rend(),
                           [](const std::string& line) { return line.starts_with("["); });
  REQUIRE(last != screen.rend());
  CHECK(last->starts_with("[fail] openbao.tls"));
  CHECK(std::ranges::count_if(screen, [](const std::string& line) {
          return line.starts_with("[skip]");
        }) == 4);  // by what they need: openbao.tls and --encryption-config
}

TEST_CASE("Terminal: rotation-plan has a sentence above its fields and none in a pipe") {
  Bench bench;
  const OperatorNode node(bench);
  {
    const Serving provider(node.config);
  }
  AtTerminal plan(100, DoctorArguments(node.config, "rotation-plan"));
  const std::vector<std::string> screen = plan.Screen();
  REQUIRE(screen.size() > 3);
  CHECK(screen[0] == "No rotation is under way: version 1 encrypts, and OpenBao has none newer.");
  CHECK(screen[1].empty());
  CHECK(screen[2] == "name: rotation-plan");
  CHECK(node.Run({"rotation-plan"}).out.starts_with("name: rotation-plan\n"));
}

TEST_CASE("Terminal: NO_COLOR takes the color and leaves the rest") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  AtTerminal colored(100, DoctorArguments(config, "verify-key"));
  AtTerminal plain(100, DoctorArguments(config, "verify-key"), {{"NO_COLOR", "1"}});
  const std::vector<std::string> screen = plain.Screen();
  CHECK(screen == colored.Screen());
  CHECK(Says(colored.terminal.Written(), "\033[32m"));
  std::string written = plain.terminal.Written();
  CHECK(Says(written, "[ .. ] openbao.auth"));
  for (std::size_t at = 0; (at = written.find('\033', at)) != std::string::npos; ++at) {
    CHECK(written.substr(at, 3) == "\033[K");
  }
}

TEST_CASE("Terminal: a dumb terminal and one without a name get the plain lines") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const CommandResult piped = RunCommand(DoctorArguments(config, "verify-key"));
  for (const std::optional<std::string>& term :
       {std::optional<std::string>("dumb"), std::optional<std::string>()}) {
    AtTerminal dumb(100, DoctorArguments(config, "verify-key"), {{"TERM", term}});
    dumb.Screen();
    CHECK(dumb.terminal.Written() == piped.out);
  }
}

TEST_CASE("Terminal: JSON is the same on a terminal") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Names arguments = DoctorArguments(config, "verify-key");
  arguments.insert(arguments.end(), {"--output", "json"});
  const CommandResult piped = RunCommand(arguments);
  AtTerminal json(100, arguments);
  json.Screen();
  CHECK(json.terminal.Written() == piped.out);
}

TEST_CASE("Terminal: on a narrow one advice is wrapped between words and under its check") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.WriteJwt(bench.setup.MintForeignJwt());
  AtTerminal doctor(44, DoctorArguments(config));
  const std::vector<std::string> screen = doctor.Screen();
  CHECK(screen.size() > 20);
  for (const std::string& line : screen) {
    CHECK_MESSAGE(line.size() <= 44, line);
    if (&line == &screen.front() || Says(line, " passed")) continue;
    CHECK_MESSAGE((line.starts_with("[") || line.starts_with("       ")), line);
  }
  CheckSaysTheSame(screen, RunCommand(DoctorArguments(config)).out);
}

TEST_CASE("Terminal: a check that hangs shows its name while it hangs") {
  Bench bench;
  ProviderConfig config = bench.Config();
  const tests::SilentListener silent(/*full=*/false);
  config.tree["openbao"]["address"] = silent.Url();
  config.tree["openbao"]["timeout"] = "3s";
  config.Write();
  AtTerminal doctor(100, DoctorArguments(config));
  REQUIRE(doctor.terminal.WaitFor("[ .. ] openbao.tls", Milliseconds(10000)));
  CHECK(doctor.child.Running());
  CHECK(doctor.terminal.Screen().back().starts_with("[ .. ] openbao.tls "));
  const std::vector<std::string> screen = doctor.Screen();
  CHECK(std::ranges::any_of(
      screen, [](const std::string& line) { return line.starts_with("[fail] openbao.tls"); }));
  CHECK_FALSE(std::ranges::any_of(
      screen, [](const std::string& line) { return line.starts_with("[ .. ]"); }));
}

TEST_CASE("Terminal: probe leaves no trace of a check that is not listed") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  AtTerminal probe(100, {"probe", "--socket", config.socket()});
  const std::vector<std::string> screen = probe.Screen();
  CHECK(Says(probe.terminal.Written(), "[ .. ] socket.connect"));
  for (const std::string& line : screen) CHECK_FALSE(Says(line, "socket.connect"));
  CHECK(Says(screen[screen.size() - 2], provider.KeyId()));
}

TEST_CASE("Terminal: benchmark draws bars by the locale within the width and none into a pipe") {
  Bench bench;
  const OperatorNode node(bench);
  const CommandResult piped = node.Run({"benchmark"});
  CHECK_FALSE(Says(piped.out, "<="));
  Names arguments = DoctorArguments(node.config, "benchmark");
  arguments.insert(arguments.end(), {"--iterations", "50"});
  AtTerminal blocks(60, arguments);
  blocks.Screen();
  CHECK(blocks.terminal.Written().starts_with("Transit encrypt\n  <= "));
  CHECK(Says(blocks.terminal.Written(), "\n\niterations: 50"));
  // The figures last.
  CHECK(Says(blocks.Screen().back(), "socket_reason: "));
  CHECK(Says(blocks.terminal.Written(), "\nTransit decrypt\n  <= "));
  CHECK(Says(blocks.terminal.Written(), "█"));
  CHECK_FALSE(Says(blocks.terminal.Written(), "socket Encrypt"));
  AtTerminal ascii(60, arguments, {{"LC_ALL", "C"}});
  int bars = 0;
  for (const std::string& line : ascii.Screen()) {
    if (!line.starts_with("  <= ")) continue;
    ++bars;
    CHECK_MESSAGE(line.size() <= 60, line);
  }
  CHECK(bars == 20);
  CHECK_FALSE(Says(ascii.terminal.Written(), "█"));
  CHECK(Says(ascii.terminal.Written(), "#"));
}

TEST_CASE("Terminal: benchmark tells how far it is and leaves no trace of that") {
  Bench bench;
  const OperatorNode node(bench);
  testing::PseudoTerminal terminal(60);
  const testing::TempDirectory directory;
  Names argv = DoctorArguments(node.config, "benchmark");
  argv.insert(argv.begin(), testing::ProviderProgram());
  argv.insert(argv.end(), {"--iterations", "800"});
  testing::ChildProcess child({.argv = argv,
                               .environment = {{"TERM", "xterm"}},
                               .stdout_file = directory.File("out"),
                               .stderr_file = terminal.name()});
  REQUIRE(child.Wait(Milliseconds(20000)).has_value());
  CHECK(Says(terminal.Written(), "Transit: "));
  CHECK(Says(terminal.Written(), " of 800"));
  CHECK(terminal.Screen().empty());
  CHECK(child.Stdout().starts_with("iterations: 800\n"));
}

}  // namespace
}  // namespace baokms::e2e
