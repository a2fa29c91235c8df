// auth.md, "adapters/spiffe X.509-SVID"; reports-and-labels.md, auth_login_total{status}.
#include "adapters/spiffe/agent_problem.h"

#include <doctest/doctest.h>

#include <string>

namespace baokms::adapters::spiffe {
namespace {

using core::LoginStatus;

constexpr AgentProblem kAway[] = {AgentProblem::kNoSocket,      AgentProblem::kNotAllowed,
                                  AgentProblem::kNobodyListens, AgentProblem::kLost,
                                  AgentProblem::kSilent,        AgentProblem::kFailed};
constexpr AgentProblem kAnswered[] = {AgentProblem::kNoIdentity, AgentProblem::kNoWorkloadApi,
                                      AgentProblem::kUnreadable, AgentProblem::kOtherIdentity,
                                      AgentProblem::kDamaged,    AgentProblem::kWrongName,
                                      AgentProblem::kAuthority,  AgentProblem::kKeyMismatch};

TEST_CASE("Agent problem: an agent that is away says nothing about the credential") {
  for (const AgentProblem problem : kAway) {
    CHECK(FailureOf(SvidKind::kX509, problem).status == LoginStatus::kError);
    CHECK(FailureOf(SvidKind::kJwt, problem).status == LoginStatus::kError);
  }
  for (const AgentProblem problem : kAnswered) {
    CHECK(FailureOf(SvidKind::kX509, problem).status == LoginStatus::kCertInvalid);
    CHECK(FailureOf(SvidKind::kJwt, problem).status == LoginStatus::kJwtInvalid);
  }
}

TEST_CASE("Agent problem: every advice names a field of its own source and what to do") {
  const auto check = [](AgentProblem problem) {
    const std::string x509(FailureOf(SvidKind::kX509, problem).advice);
    const std::string jwt(FailureOf(SvidKind::kJwt, problem).advice);
    CAPTURE(x509);
    CHECK(x509.starts_with("auth.cert.spiffe"));
    CHECK(jwt.starts_with("auth.jwt.spiffe"));
    CHECK(x509.find("; ") != std::string::npos);
    CHECK(x509.find("://") == std::string::npos);
    CHECK(FailureOf(SvidKind::kX509, problem).error == core::CredentialUnusable());
  };
  for (const AgentProblem problem : kAway) check(problem);
  for (const AgentProblem problem : kAnswered) check(problem);
}

}  // namespace
}  // namespace baokms::adapters::spiffe
