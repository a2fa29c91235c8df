// A provider whose tokens live as long as the case says, and what it tells of its logins and
// renewals (observability.md).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/token_load.h"

namespace baokms::e2e {

struct TokenTimes {
  std::chrono::seconds ttl{1800};      // of the role
  std::chrono::seconds max_ttl{3600};  // of the role
  // auth.loginBeforeTokenExpiry. auth.tokenRenewalIncrement is `ttl`.
  std::chrono::seconds login_before{30};
  // status.probeInterval and deepProbeInterval.
  Milliseconds probe_interval{500};
};

// auth_login_total and auth_renewal_total: the successful ones, and all others together.
struct TokenCounts {
  long logins = 0, failed_logins = 0, renewals = 0, failed_renewals = 0;
};

struct TokenNode {
  explicit TokenNode(const TokenTimes& times);
  // The role as it was made, with `changes`.
  void WriteRole(const Json& changes = Json::object()) const;
  // REQUIREd to become ready, and to seal `earlier`.
  void Start();

  TokenCounts Counts() const;
  // None when the machine is too busy to answer.
  std::optional<double> TokenTtl() const {
    return serving->process.Metric("openbao_kms_token_ttl_seconds");
  }
  // Waits for this many successful logins in all.
  bool WaitLogins(long logins, Milliseconds timeout = Milliseconds(40000)) const;
  // CHECKs that a Decrypt of `earlier` works within a minute; how many seconds that took.
  double WaitOpens() const;
  // CHECKs that Status becomes healthy within a minute, and that from then on nothing fails under
  // load.
  void CheckRecovered() const;

  TokenTimes times;
  Bench bench;
  ProviderConfig config;
  std::optional<Serving> serving;
  testing::SealedObject earlier;  // of TokenLoad::kEarlier
};

// CHECKs that each login and renewal has its line, of the level that its end asks for.
void CheckLogLevels(TokenNode& node);

// Prints what a case saw: ctest -V.
void Tell(const TokenNode& node, const TokenLoad::Figures& figures, const std::string& what);

}  // namespace baokms::e2e
