// What somebody could do who has taken the running provider over, tried from inside of it
// (security-and-deployment.md, "Landlock and seccomp").
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/e2e/support/bench.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::e2e {
namespace {

using Outcomes = std::map<std::string, std::string>;

// A server that no provider has to do with.
class OtherServer {
 public:
  OtherServer() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    // The sockets API's own way of passing an address.
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(fd_, generic, length) == 0);
    REQUIRE(listen(fd_, 8) == 0);
    REQUIRE(getsockname(fd_, generic, &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~OtherServer() { close(fd_); }
  OtherServer(const OtherServer&) = delete;
  OtherServer& operator=(const OtherServer&) = delete;
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

std::string PortOf(const ProviderConfig& config) {
  const auto address = config.tree.at("openbao").at("address").get<std::string>();
  return address.substr(address.rfind(':') + 1);
}

// A provider in which everything is tried once it is ready.
class TakenOver {
 public:
  TakenOver(Bench& bench, bool landlock, bool seccomp)
      : config_(Prepared(bench, landlock, seccomp)),
        other_process_({.argv = {"sleep", "1000"}}),
        provider_(config_, Environment()) {}

  Outcomes Try() {
    const std::string file = config_.directory().File("state") + "/acts";
    REQUIRE(Eventually(Milliseconds(15000),
                       [&] { return testing::ReadWholeFile(file).ends_with("end\n"); }));
    std::istringstream lines(testing::ReadWholeFile(file));
    Outcomes outcomes;
    for (std::string line; std::getline(lines, line);) {
      if (const auto equals = line.find('='); equals != std::string::npos) {
        outcomes[line.substr(0, equals)] = line.substr(equals + 1);
      }
    }
    return outcomes;
  }

  Serving& provider() { return provider_; }

 private:
  static ProviderConfig Prepared(Bench& bench, bool landlock, bool seccomp) {
    ProviderConfig config = bench.Config();
    config.tree["hardening"]["landlock"] = landlock;
    config.tree["hardening"]["seccomp"] = seccomp;
    config.Write();
    return config;
  }

  ProviderProcess::Options Environment() {
    std::ofstream(outside_.File("secret")) << "another's";
    std::ofstream(outside_.File("new2")) << "another's";
    return {.environment = {{"NOTIFY_SOCKET", "/nonexistent"},
                            {"LD_PRELOAD", BAOKMS_ACT_FROM_INSIDE_PATH},
                            {"BAOKMS_TEST_ACTS", config_.directory().File("state") + "/acts"},
                            {"BAOKMS_TEST_OUTSIDE", outside_.path()},
                            {"BAOKMS_TEST_CONFIG", config_.directory().path()},
                            {"BAOKMS_TEST_STATE", config_.directory().File("state")},
                            {"BAOKMS_TEST_ALLOWED_PORT", PortOf(config_)},
                            {"BAOKMS_TEST_OTHER_PORT", std::to_string(other_server_.port())},
                            {"BAOKMS_TEST_OTHER_PROCESS", std::to_string(other_process_.pid())}}};
  }

  testing::TempDirectory outside_;
  OtherServer other_server_;
  ProviderConfig config_;
  testing::ChildProcess other_process_;
  Serving provider_;
};

// What serving itself does.
const Outcomes kNeeded = {{"connect to OpenBao", "done"},
                          {"read configuration", "done"},
                          {"rename in state", "done"},
                          {"write state", "done"}};
const Outcomes kStoppedByLandlock = {{"connect to another port", "EACCES"},
                                     {"create beside configuration", "EACCES"},
                                     {"device in state", "EACCES"},
                                     {"link in state", "EACCES"},
                                     {"list outside", "EACCES"},
                                     {"read outside", "EACCES"},
                                     {"remove outside", "EACCES"},
                                     {"run a program", "EACCES"},
                                     {"write configuration", "EACCES"},
                                     {"write outside", "EACCES"}};
const Outcomes kStoppedBySeccomp = {{"be dumpable again", "ENOSYS"},
                                    {"become another user", "ENOSYS"},
                                    {"device in state", "ENOSYS"},
                                    {"execute", "ENOSYS"},
                                    {"fork", "ENOSYS"},
                                    {"kernel event socket", "ENOSYS"},
                                    {"link in state", "ENOSYS"},
                                    {"new namespace", "ENOSYS"},
                                    {"packet socket", "ENOSYS"},
                                    {"ptrace", "ENOSYS"},
                                    {"raw socket", "ENOSYS"},
                                    {"run a program", "ENOSYS"},
                                    {"run what was written", "ENOSYS"},
                                    {"signal another process", "ENOSYS"},
                                    {"write and run memory", "ENOSYS"}};

void CheckAll(const Outcomes& outcomes, const Outcomes& expected) {
  for (const auto& [act, outcome] : expected) {
    CAPTURE(act);
    REQUIRE(outcomes.contains(act));
    CHECK(outcomes.at(act) == outcome);
  }
}

TEST_CASE("Confinement: a provider that was taken over reaches nothing that it does not need") {
  Bench bench;
  TakenOver taken(bench, /*landlock=*/true, /*seccomp=*/true);
  const Outcomes outcomes = taken.Try();
  CheckAll(outcomes, kNeeded);
  CheckAll(outcomes, kStoppedBySeccomp);
  for (const auto& [act, outcome] : kStoppedByLandlock) {
    CAPTURE(act);
    CHECK(outcomes.at(act) != "done");
  }
  taken.provider().CheckRoundTrip();
  for (const char* line : {"landlock.enforced", "seccomp.enforced"}) {
    CHECK(taken.provider().process.LogLines(line).size() == 1);
  }
}

TEST_CASE("Confinement: Landlock alone stops what concerns files and TCP ports") {
  Bench bench;
  TakenOver taken(bench, /*landlock=*/true, /*seccomp=*/false);
  const Outcomes outcomes = taken.Try();
  CheckAll(outcomes, kNeeded);
  CheckAll(outcomes, kStoppedByLandlock);
  CHECK(outcomes.at("execute") == "done");
  CHECK(taken.provider().process.LogLines("seccomp.off").size() == 1);
}

TEST_CASE("Confinement: seccomp alone stops what serving never asks of the kernel") {
  Bench bench;
  TakenOver taken(bench, /*landlock=*/false, /*seccomp=*/true);
  const Outcomes outcomes = taken.Try();
  CheckAll(outcomes, kNeeded);
  CheckAll(outcomes, kStoppedBySeccomp);
  CHECK(outcomes.at("read outside") == "done");
  CHECK(taken.provider().process.LogLines("landlock.off").size() == 1);
}

// Otherwise the cases above would prove nothing.
TEST_CASE("Confinement: with both off everything is possible that the user may do") {
  Bench bench;
  TakenOver taken(bench, /*landlock=*/false, /*seccomp=*/false);
  for (const auto& [act, outcome] : taken.Try()) {
    CAPTURE(act);
    // A test in a container may lack the right itself.
    if (act == "device in state" || act == "packet socket" || act == "raw socket") continue;
    CHECK(outcome == "done");
  }
}

}  // namespace
}  // namespace baokms::e2e
