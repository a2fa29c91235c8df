// Tokens that live a few seconds under load (auth.md, "Refresh ahead"). BAOKMS_TOKENS_SECONDS (15)
// makes the runs longer.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/e2e/support/token_node.h"

namespace baokms::e2e {
namespace {

using std::chrono::seconds;

seconds HowLong() {
  const char* value = std::getenv("BAOKMS_TOKENS_SECONDS");
  return seconds(value == nullptr ? 15 : std::stol(value));
}

// Loads the node for that long; CHECKs that nothing failed and that there always was a token.
void CheckServesAllAlong(TokenNode& node, const std::string& what) {
  node.Start();
  TokenLoad load(node.config, node.earlier);
  const auto end = std::chrono::steady_clock::now() + HowLong();
  double shortest = static_cast<double>(node.times.ttl.count());
  while (std::chrono::steady_clock::now() < end) {
    const auto left = node.TokenTtl();
    shortest = std::min(shortest, left.value_or(shortest));
    CHECK(left <= static_cast<double>(node.times.ttl.count()));
    std::this_thread::sleep_for(Milliseconds(50));
  }
  const TokenLoad::Figures figures = load.Stop();
  CheckNothingFailed(figures);
  CHECK(shortest > 0);
  CheckLogLevels(node);
  Tell(node, figures,
       what + " for " + std::to_string(HowLong().count()) + " s, shortest remaining lifetime " +
           std::to_string(shortest) + " s");
}

TEST_CASE("Tokens: renewable ones of 4 s are renewed ahead and no request fails") {
  TokenNode node({.ttl = seconds(4), .login_before = seconds(2)});
  CheckServesAllAlong(node, "renewable, 4 s");
  const TokenCounts counts = node.Counts();
  CHECK(counts.renewals >= HowLong() / seconds(4));
  CHECK(counts.failed_logins == 0);
  // A login follows a renewal that failed, and nothing else.
  CHECK(counts.logins == 1 + counts.failed_renewals);
}

TEST_CASE("Tokens: ones of 4 s that cannot be renewed are replaced ahead and no request fails") {
  TokenNode node({.ttl = seconds(4), .login_before = seconds(2)});
  node.WriteRole({{"token_type", "batch"}});
  CheckServesAllAlong(node, "not renewable, 4 s");
  const TokenCounts counts = node.Counts();
  CHECK(counts.logins >= 1 + HowLong() / seconds(4));
  CHECK(counts.failed_logins == 0);
  CHECK(counts.renewals == 0);
  CHECK(counts.failed_renewals == 0);  // not even tried
}

// Each life: renewed at 2 s and 4 s, at 6 s for the 2 s or so that are left, and then for the last
// one, which is too short.
TEST_CASE("Tokens: ones whose maximum ends are renewed and then replaced and no request fails") {
  TokenNode node({.ttl = seconds(3), .max_ttl = seconds(8), .login_before = seconds(1)});
  CheckServesAllAlong(node, "3 s, at most 8 s");
  const TokenCounts counts = node.Counts();
  CHECK(counts.renewals >= HowLong() / seconds(8));
  CHECK(counts.logins >= 1 + HowLong() / seconds(8));
  CHECK(counts.failed_logins == 0);
  const long renewed_in_vain = counts.failed_renewals - (counts.logins - 1);
  CHECK(renewed_in_vain >= 0);
  CHECK(renewed_in_vain <= 1);  // its login is under way
  for (const Json& line : node.serving->process.LogLines("auth.renewal")) {
    if (line.at("status") == "ok") continue;
    const std::string why = line.at("error_class");
    // Too short, or "past the max TTL, cannot renew", a 500: OpenBao counts in whole seconds.
    CHECK_MESSAGE((why == "auth_failed" || why == "openbao_unavailable"), why);
  }
}

}  // namespace
}  // namespace baokms::e2e
