// Tokens that OpenBao takes away under load (auth.md, "A 401/403 on a Transit call").
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "tests/e2e/support/token_node.h"

namespace baokms::e2e {
namespace {

using std::chrono::seconds;

// Revokes the provider's token among others of the same mount.
void RevokeAll(const TokenNode& node) {
  const testing::SetupOptions& names = node.bench.setup.options();
  const std::string other = node.bench.setup.Login();
  const std::string path = names.transit_mount + "/keys/" + names.key_name;
  REQUIRE(SharedOpenBao().Call("GET", path, Json(), other).status == 200);
  node.bench.setup.RevokeAllTokens();
  REQUIRE(SharedOpenBao().Call("GET", path, Json(), other).status == 403);
}

TEST_CASE("Tokens: revoked under load one login recovers and no request fails") {
  TokenNode node({});
  node.Start();
  TokenLoad load(node.config, node.earlier);
  std::this_thread::sleep_for(seconds(1));
  RevokeAll(node);
  REQUIRE(node.WaitLogins(2));
  std::this_thread::sleep_for(seconds(2));
  const TokenLoad::Figures figures = load.Stop();
  CheckNothingFailed(figures);
  const TokenCounts counts = node.Counts();
  CHECK(counts.logins == 2);
  CHECK(counts.failed_logins == 0);
  CheckLogLevels(node);
  Tell(node, figures, "revoked once");
}

TEST_CASE("Tokens: revoked again within the throttle some requests are denied until it opens") {
  TokenNode node({.probe_interval = Milliseconds(4000)});
  node.Start();
  TokenLoad load(node.config, node.earlier);
  RevokeAll(node);
  REQUIRE(node.WaitLogins(2));
  CHECK(load.figures().all_refused() == 0);
  RevokeAll(node);
  REQUIRE(node.WaitLogins(3));
  const double recovered = node.WaitOpens();
  node.CheckRecovered();
  const TokenLoad::Figures figures = load.Stop();
  // Whose operation is throttled gets the original denial; nobody is without a token.
  CheckRefusedOnlyWith(figures, {Code::kPermissionDenied, Code::kFailedPrecondition});
  CHECK(node.Counts().logins <= 5);
  CHECK(node.Counts().failed_logins == 0);
  Tell(node, figures,
       "revoked twice, Decrypt worked " + std::to_string(recovered) + " s after the second login");
}

}  // namespace
}  // namespace baokms::e2e
