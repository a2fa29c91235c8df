// The token's policy loses encrypt and decrypt and gets them back (auth.md: "Recovery is throttled,
// because no login changes a policy").
#include <doctest/doctest.h>

#include "tests/e2e/support/token_node.h"

namespace baokms::e2e {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// Without encrypt and decrypt.
std::string NarrowPolicy(const TokenNode& node) {
  const testing::SetupOptions& names = node.bench.setup.options();
  return node.bench.setup.LeastPrivilegePolicy({}) + "path \"" + names.transit_mount + "/keys/" +
         names.key_name + "\" { capabilities = [\"read\"] }\n";
}

// "The first of an incident immediate, then 5 s doubling" for each of the two, and the one at the
// start.
long LoginsAllowed(steady_clock::duration since_first_denial) {
  long allowed = 1;
  seconds wait(5);
  for (seconds at(0); at <= since_first_denial; at += wait, wait *= 2) allowed += 2;
  return allowed;
}

TEST_CASE("Tokens: a narrowed policy denies without a login storm and a widened one recovers") {
  TokenNode node({.probe_interval = Milliseconds(4000)});
  node.Start();
  const auto narrowed = steady_clock::now();
  node.bench.setup.SetPolicy(NarrowPolicy(node));
  // With nobody else about it is the deep probe that is denied, and Status says so.
  CHECK(Eventually(Milliseconds(30000), [&] {
    return node.serving->Ready().value("deep_error_class", "") == "transit_policy_denied";
  }));
  CHECK_FALSE(node.serving->Healthy());
  TokenLoad load(node.config, node.earlier);
  // A token that is no longer fresh costs one more login, whose token is denied too.
  REQUIRE(node.WaitLogins(3));
  REQUIRE(Eventually(Milliseconds(20000),
                     [&] { return load.figures().refused.contains(Code::kPermissionDenied); }));
  CHECK(node.Counts().logins <= LoginsAllowed(steady_clock::now() - narrowed));

  node.bench.setup.SetPolicy();
  const double recovered = node.WaitOpens();
  node.CheckRecovered();
  CHECK(node.Counts().logins <= LoginsAllowed(steady_clock::now() - narrowed));
  CHECK(node.Counts().failed_logins == 0);
  const TokenLoad::Figures figures = load.Stop();
  CheckRefusedOnlyWith(figures, {Code::kPermissionDenied, Code::kFailedPrecondition});
  CheckLogLevels(node);
  Tell(node, figures,
       "policy narrowed and widened, recovered after " + std::to_string(recovered) + " s");
}

}  // namespace
}  // namespace baokms::e2e
