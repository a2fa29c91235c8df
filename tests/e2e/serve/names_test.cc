// A node whose first name server never answers: every look-up of OpenBao's name takes seconds, or
// fails (request-scheduling.md, "Names").
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "tests/e2e/support/bench.h"
#include "tests/support/harness/name_server.h"
#include "tests/support/harness/own_network.h"
#include "tests/support/harness/stand_in_files.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

using std::chrono::steady_clock;
using testing::NameServer;

Milliseconds Since(steady_clock::time_point began) {
  return std::chrono::duration_cast<Milliseconds>(steady_clock::now() - began);
}

// Its resolver asks the first name server, waits, and asks the second one.
struct SlowNamesNode {
  // `options` of resolv.conf. Without any, glibc waits 5 s.
  explicit SlowNamesNode(const std::string& options = "") {
    const std::string resolv_conf =
        etc.Write("resolv.conf", "nameserver 127.0.0.2\nnameserver 127.0.0.3\n" + options, 0644);
    const std::string nsswitch = etc.Write("nsswitch.conf", "hosts: files dns\n", 0644);
    files.emplace(std::map<std::string, std::string>{{"/etc/resolv.conf", resolv_conf},
                                                     {"/etc/nsswitch.conf", nsswitch}});
    REQUIRE(files->made());
    const std::string address = openbao.address();
    config.tree["openbao"]["address"] =
        std::string("https://") + NameServer::kName + address.substr(address.rfind(':'));
    config.tree["auth"]["loginTimeout"] = "0s";  // the default, 5 s
    config.tree["bootstrap"]["graceTimeout"] = "20s";
    config.Write();
  }

  static bool Skipped() {
    const std::string missing = testing::OwnNetwork::WhatIsMissing();
    return !missing.empty() && testing::SaySkipped(missing);
  }

  testing::OwnNetwork network;
  testing::TempDirectory etc;
  std::optional<testing::StandInFiles> files;
  NameServer first{"127.0.0.2", NameServer::Manner::kSilent};
  NameServer second{"127.0.0.3", NameServer::Manner::kAnswers};
  testing::EmulatorUnderTest openbao;
  testing::OpenBaoSetup setup{openbao};
  ProviderConfig config{openbao, setup};
};

// The longest that a Decrypt took, of many until `over`; CHECKs that each worked and that it came
// to an end within `limit`.
Milliseconds LongestDecrypt(const Serving& provider, const testing::SealedObject& sealed,
                            Milliseconds limit, const std::function<bool()>& over) {
  Milliseconds longest{};
  CHECK(Eventually(limit, [&] {
    const auto began = steady_clock::now();
    const testing::CallStatus status = provider.stub.Decrypt(sealed).status;
    longest = std::max(longest, Since(began));
    CHECK_MESSAGE(status.ok(), status.message);
    return over();
  }));
  return longest;
}

// OpenBao is away for 3 s, which makes the provider look its name up; once it is back, the first
// Decrypt finds it at the address from before.
void BeAwayAndBack(SlowNamesNode& node, const Serving& provider,
                   const testing::SealedObject& sealed) {
  const int asked = node.first.asked();
  const auto began = steady_clock::now();
  node.openbao.Stop();
  CHECK(Eventually(Milliseconds(2000), [&] {
    return !provider.stub.Decrypt(sealed, "uid-1", Milliseconds(300)).status.ok() &&
           node.first.asked() > asked;
  }));
  std::this_thread::sleep_until(began + Milliseconds(3000));
  node.openbao.Start();
  const auto back = steady_clock::now();
  provider.CheckOpens(sealed, "a value");
  CHECK(Since(back) < Milliseconds(1000));
}

struct CheckSaid {
  std::string status;
  std::string message;
};

// What `doctor` says of TLS; CHECKs that it finds nothing that fails.
CheckSaid DoctorOfTls(const ProviderConfig& config) {
  const CommandResult result =
      RunCommand({"doctor", "--output", "json", "--config", config.config_file(),
                  "--allow-socket-parent", config.socket_directory()});
  CHECK_MESSAGE(result.code == 0, result.out);
  const Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  CheckSaid tls;
  for (const Json& check : report.at("checks")) {
    CHECK_MESSAGE(check.at("status") != "fail", check.dump());
    if (check.at("id") == "openbao.tls") tls = {check.at("status"), check.value("message", "")};
  }
  return tls;
}

TEST_CASE("Names: look-ups of 5 s delay a start and neither a Decrypt nor a recovery") {
  if (SlowNamesNode::Skipped()) return;
  SlowNamesNode node;
  const auto began = steady_clock::now();
  const Serving provider(node.config);
  CHECK(Since(began) > Milliseconds(4500));
  const testing::SealedObject sealed = provider.Seal("a value");
  const int answered = node.second.asked();
  BeAwayAndBack(node, provider, sealed);
  // The look-up that began in the absence still waits for the first server.
  CHECK(node.second.asked() == answered);
  CHECK(LongestDecrypt(provider, sealed, Milliseconds(4000),
                       [&] { return node.second.asked() > answered; }) < Milliseconds(500));
  CHECK(Eventually(Milliseconds(2000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
  CHECK(provider.process.LogLines("openbao.name.failed").empty());
}

TEST_CASE("Names: doctor passes where a look-up takes 5 s and warns of it") {
  if (SlowNamesNode::Skipped()) return;
  const SlowNamesNode node;
  const CheckSaid tls = DoctorOfTls(node.config);
  CHECK(tls.status == "warn");
  CHECK(tls.message ==
        "openbao.address: looking up the host name took longer than openbao.timeout");
}

TEST_CASE("Names: while every look-up fails a running serve keeps the last good addresses") {
  if (SlowNamesNode::Skipped()) return;
  SlowNamesNode node("options timeout:1 attempts:1\n");
  const auto began = steady_clock::now();
  Serving provider(node.config);
  CHECK(Since(began) > Milliseconds(900));
  CHECK(Since(began) < Milliseconds(4000));
  const testing::SealedObject sealed = provider.Seal("a value");
  CHECK(DoctorOfTls(node.config).status == "pass");  // 1 s of the 2 s of openbao.timeout
  node.second.FallSilent();
  BeAwayAndBack(node, provider, sealed);
  REQUIRE(provider.process.WaitLog("openbao.name.failed"));
  CHECK(provider.process.LogLines("openbao.name.found").empty());
  // Until it is looked up once more.
  const int asked = node.first.asked();
  CHECK(LongestDecrypt(provider, sealed, Milliseconds(8000),
                       [&] { return node.first.asked() > asked; }) < Milliseconds(500));
  node.second.AnswerAgain();
  CHECK(provider.process.WaitLog("openbao.name.found"));
  CHECK(provider.process.LogLines("openbao.name.failed").size() == 1);
  provider.CheckRoundTrip();
}

// A provider that knows OpenBao by a name alone, on a node with these lines in /etc/hosts and this
// name server.
void CheckServesByName(const std::string& hosts, const std::string& name_server) {
  Bench bench;
  ProviderConfig config = bench.Config();
  const testing::TempDirectory etc;
  const testing::StandInFiles files(
      {{"/etc/hosts", etc.Write("hosts", hosts, 0644)},
       {"/etc/resolv.conf", etc.Write("resolv.conf", "nameserver " + name_server + "\n", 0644)}});
  if (!files.made()) {
    testing::SaySkipped("mounting over /etc/hosts is not permitted here");
    return;
  }
  const std::string address = bench.openbao().address();
  config.tree["openbao"]["address"] =
      std::string("https://") + NameServer::kName + address.substr(address.rfind(':'));
  config.Write();
  Serving provider(config);
  provider.CheckRoundTrip();
  CHECK(provider.process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
}

// On loopback, and of this process alone.
std::string AddressOfOurOwn() {
  return "127.53." + std::to_string(getpid() / 250 % 250 + 1) + '.' +
         std::to_string(getpid() % 250 + 1);
}

TEST_CASE("Names: OpenBao is found by a name that only /etc/hosts has") {
  // Nobody answers there.
  CheckServesByName(std::string("127.0.0.1 ") + NameServer::kName + '\n', AddressOfOurOwn());
}

TEST_CASE("Names: OpenBao is found by a name that only the name server has") {
  if (testing::SkippedWithoutRoot()) return;
  const NameServer server(AddressOfOurOwn(), NameServer::Manner::kAnswers);
  CheckServesByName("127.0.0.1 localhost\n", AddressOfOurOwn());
  CHECK(server.asked() > 0);
}

}  // namespace
}  // namespace baokms::e2e
