// The login's role goes away and comes back (auth.md: "a 5xx of renew-self included";
// openbao-observed.md, renew-self after the JWT role was deleted).
#include <doctest/doctest.h>

#include "tests/e2e/support/token_node.h"

namespace baokms::e2e {
namespace {

using std::chrono::seconds;

TEST_CASE("Tokens: without its role requests go on until expiry and with it again they recover") {
  TokenNode node(
      {.ttl = seconds(8), .login_before = seconds(5), .probe_interval = Milliseconds(4000)});
  node.Start();
  TokenLoad load(node.config, node.earlier);
  node.bench.setup.DeleteRole();

  REQUIRE(Eventually(Milliseconds(20000), [&] { return node.Counts().failed_logins >= 1; }));
  CHECK(node.Counts().failed_renewals >= 1);
  const long refused = load.figures().all_refused();
  if (node.TokenTtl() > 0.0) CHECK(refused == 0);  // the token still serves
  REQUIRE(Eventually(Milliseconds(20000), [&] { return node.TokenTtl() == 0.0; }));
  REQUIRE(Eventually(Milliseconds(5000), [&] { return load.figures().all_refused() > 0; }));
  const CommandResult plan = RunCommand({"rotation-plan", "--config", node.config.config_file(),
                                         "--allow-socket-parent", node.config.socket_directory()});
  CHECK(plan.code == 4);
  CHECK(plan.err.contains("auth.jwt.role"));

  node.WriteRole();
  const double recovered = node.WaitOpens();
  node.CheckRecovered();
  const TokenLoad::Figures figures = load.Stop();
  CheckRefusedOnlyWith(figures, {Code::kUnauthenticated, Code::kFailedPrecondition});
  CHECK(figures.refused.contains(Code::kUnauthenticated));

  // renew-self answers 500 and the login 400, and each failed renewal was followed by a login.
  for (const Json& line : node.serving->process.LogLines("auth.renewal")) {
    if (line.at("status") != "ok") CHECK(line.at("error_class") == "openbao_unavailable");
  }
  long refused_logins = 0;
  for (const Json& line : node.serving->process.LogLines("auth.login")) {
    if (line.at("status") == "ok") continue;
    ++refused_logins;
    CHECK(line.at("status") == "auth_failed");
    CHECK(line.at("error_class") == "auth_failed");
  }
  CHECK(refused_logins == node.Counts().failed_logins);
  CHECK(refused_logins <= 12);  // backed off: no login storm
  CHECK(node.Counts().failed_renewals <= refused_logins);
  CheckLogLevels(node);
  Tell(node, figures,
       "role deleted and made again, recovered after " + std::to_string(recovered) + " s");
}

}  // namespace
}  // namespace baokms::e2e
