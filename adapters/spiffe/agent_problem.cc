#include "adapters/spiffe/agent_problem.h"

#include <string_view>

namespace baokms::adapters::spiffe {
namespace {

struct Advice {
  std::string_view x509;
  std::string_view jwt;
};

// The same advice under both sources' fields.
#define BAOKMS_UNDER_BOTH(text) \
  Advice { "auth.cert.spiffe" text, "auth.jwt.spiffe" text }

Advice AdviceFor(AgentProblem problem) {
  switch (problem) {
    case AgentProblem::kNoSocket:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: the socket does not exist; start the SPIFFE agent, or correct the "
          "path");
    case AgentProblem::kNotAllowed:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: the provider's user may not open the socket; allow it to search the "
          "directory and write to the socket");
    case AgentProblem::kNobodyListens:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: no process accepts connections on the socket; start the SPIFFE "
          "agent");
    case AgentProblem::kLost:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: the SPIFFE agent closed the connection; check the agent");
    case AgentProblem::kSilent:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: the SPIFFE agent does not answer; check the agent and whether it "
          "reaches its server, or raise auth.loginTimeout");
    case AgentProblem::kFailed:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: the SPIFFE agent answered with an error; check the agent");
    case AgentProblem::kNoIdentity:
      return BAOKMS_UNDER_BOTH(
          ".spiffeID: the SPIFFE agent has no identity for this process; create a registration "
          "entry whose selectors match the provider's user, with this node's agent as parent");
    case AgentProblem::kNoWorkloadApi:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: the server on the socket is not a SPIFFE Workload API, or does not "
          "accept this request; correct the path, or check the agent");
    case AgentProblem::kUnreadable:
      return BAOKMS_UNDER_BOTH(
          ".workloadAPISocket: the reply is not a complete Workload API message; check the SPIFFE "
          "agent, and that the path is its socket");
    case AgentProblem::kOtherIdentity:
      return BAOKMS_UNDER_BOTH(
          ".spiffeID: the SPIFFE agent has identities for this process, but not this one; create "
          "its registration entry, or correct the setting");
    case AgentProblem::kDamaged:
      return BAOKMS_UNDER_BOTH(
          ": the X.509-SVID's certificates or key are damaged; check the SPIFFE agent");
    case AgentProblem::kWrongName:
      return BAOKMS_UNDER_BOTH(
          ".spiffeID: the X.509-SVID's URI names are not exactly this SPIFFE ID; check the SPIFFE "
          "agent and what issues its certificates");
    case AgentProblem::kAuthority:
      return BAOKMS_UNDER_BOTH(
          ": the X.509-SVID may sign certificates, which a workload's SVID must not; check what "
          "issues the SPIFFE agent's certificates");
    case AgentProblem::kKeyMismatch:
      return BAOKMS_UNDER_BOTH(
          ": the X.509-SVID's key does not match its certificate; check the SPIFFE agent");
  }
  return BAOKMS_UNDER_BOTH(": the SPIFFE agent provided no identity");
}
#undef BAOKMS_UNDER_BOTH

// Whether the agent is there and has given nothing to log in with. Otherwise it is away or ill,
// which says nothing about the identity.
bool IsAnswer(AgentProblem problem) {
  switch (problem) {
    case AgentProblem::kNoSocket:
    case AgentProblem::kNotAllowed:
    case AgentProblem::kNobodyListens:
    case AgentProblem::kLost:
    case AgentProblem::kSilent:
    case AgentProblem::kFailed:
      return false;
    case AgentProblem::kNoIdentity:
    case AgentProblem::kNoWorkloadApi:
    case AgentProblem::kUnreadable:
    case AgentProblem::kOtherIdentity:
    case AgentProblem::kDamaged:
    case AgentProblem::kWrongName:
    case AgentProblem::kAuthority:
    case AgentProblem::kKeyMismatch:
      return true;
  }
  return false;
}

}  // namespace

core::LoginFailure FailureOf(SvidKind kind, AgentProblem problem) {
  const bool x509 = kind == SvidKind::kX509;
  const Advice advice = AdviceFor(problem);
  const core::LoginStatus invalid =
      x509 ? core::LoginStatus::kCertInvalid : core::LoginStatus::kJwtInvalid;
  return {.error = core::CredentialUnusable(),
          .status = IsAnswer(problem) ? invalid : core::LoginStatus::kError,
          .advice = x509 ? advice.x509 : advice.jwt};
}

}  // namespace baokms::adapters::spiffe
