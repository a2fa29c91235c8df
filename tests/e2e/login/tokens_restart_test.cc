// OpenBao is restarted, and starts sealed, under load: the token outlives that, or a login replaces
// it.
#include <doctest/doctest.h>

#include <thread>

#include "tests/e2e/support/token_node.h"

namespace baokms::e2e {
namespace {

using std::chrono::seconds;

const std::vector<Code> kOutage = {Code::kUnavailable, Code::kFailedPrecondition,
                                   Code::kDeadlineExceeded};

// Sealed, unsealed, stopped for `away`, and started.
void RestartUnderLoad(TokenNode& node, seconds away, const std::string& what) {
  TokenLoad load(node.config, node.earlier);
  testing::OpenBaoUnderTest& openbao = SharedOpenBao();
  openbao.Seal();
  REQUIRE(Eventually(Milliseconds(20000), [&] { return load.figures().all_refused() > 0; }));
  openbao.Unseal();
  node.WaitOpens();
  openbao.Stop();
  std::this_thread::sleep_for(away);
  openbao.Start();
  const double recovered = node.WaitOpens();
  node.CheckRecovered();
  const TokenLoad::Figures during = load.Stop();
  CheckRefusedOnlyWith(during, kOutage);
  Tell(node, during, what + ", Decrypt worked " + std::to_string(recovered) + " s after the start");

  CheckLogLevels(node);
}

TEST_CASE("Tokens: a restarted and unsealed OpenBao still knows the token") {
  UseRaftStorage();
  TokenNode node({.probe_interval = Milliseconds(4000)});
  node.Start();
  RestartUnderLoad(node, seconds(2), "restarted with a token of 30 min");
  CHECK(node.Counts().logins == 1);
  CHECK(node.Counts().failed_logins == 0);
}

TEST_CASE("Tokens: one that ends while OpenBao is away is replaced by a login afterwards") {
  UseRaftStorage();
  TokenNode node(
      {.ttl = seconds(4), .login_before = seconds(2), .probe_interval = Milliseconds(4000)});
  node.Start();
  RestartUnderLoad(node, seconds(6), "restarted with a token of 4 s");
  CHECK(node.Counts().logins >= 2);
  CHECK(node.Counts().failed_logins >= 1);
  for (const Json& line : node.serving->process.LogLines("auth.login")) {
    if (line.at("status") != "ok") CHECK(line.at("status") == "error");
  }
}

}  // namespace
}  // namespace baokms::e2e
