#include "app/checks/openbao_checks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/transit_http/openbao/health_page.h"
#include "adapters/transit_http/transport/tls_probe.h"
#include "app/login/login_parts.h"
#include "app/openbao/await.h"
#include "app/openbao/openbao_clients.h"
#include "app/reports/failure_advice.h"
#include "core/model/tls_failure.h"

namespace baokms::app {
namespace {

using adapters::transit_http::TlsFinding;
using adapters::transit_http::TlsVerdict;

CheckResult Judge(const TlsFinding& finding) {
  switch (finding.verdict) {
    case TlsVerdict::kOk:
      return Pass();
    case TlsVerdict::kAnotherServer:
      return Fail(
          "TLS works, but the server is not OpenBao",
          "openbao.address: use the address of OpenBao itself, not of a proxy or another server");
    case TlsVerdict::kTlsFailed:
      return Fail(std::string(core::TlsFailed(finding.why).message()),
                  std::string(AdviceFor(finding.why)));
    case TlsVerdict::kDnsFailed:
      return Fail("the host name could not be resolved",
                  "openbao.address: correct the host name, or this node's name resolution" +
                      ProxyNote(core::OpenBaoFailure(core::OpenBaoStatus::kDnsFailed)));
    case TlsVerdict::kDnsSlow:
      return Warn("looking up the host name took longer than openbao.timeout",
                  "check the name servers of this node: the first one may not answer");
    case TlsVerdict::kConnectionFailed:
      return Fail("could not connect",
                  "openbao.address: correct the host and port, start OpenBao, and make sure that "
                  "this node can reach it" +
                      ProxyNote(core::OpenBaoFailure(core::OpenBaoStatus::kConnectionFailed)));
  }
  return Pass();
}

bool Works(const TlsFinding& finding) {
  return finding.verdict == TlsVerdict::kOk || finding.verdict == TlsVerdict::kDnsSlow;
}

bool WantsCertificate(const TlsFinding& finding) {
  return finding.verdict == TlsVerdict::kTlsFailed &&
         (finding.why == core::TlsFailure::kWantsCertificate ||
          finding.why == core::TlsFailure::kEndedEarly);
}

// With the login's certificate where a server wants one, as the login and Transit present it.
auto Probe(const OneShot& one_shot) {
  const SourceContext context{one_shot.configuration, one_shot.clock, one_shot.files,
                              one_shot.telemetry};
  const auto probe = [&](core::ClientIdentityRef identity) {
    return adapters::transit_http::ProbeTls(
        adapters::transit_http::OpenBaoHealthPage(), TransportOptionsOf(one_shot.configuration),
        std::move(identity), one_shot.configuration.openbao.timeout, one_shot.clock, one_shot.files,
        one_shot.telemetry);
  };
  auto findings = probe(nullptr);
  if (one_shot.configuration.auth.method != core::AuthMethod::kCert || !findings ||
      std::ranges::none_of(*findings, WantsCertificate)) {
    return findings;
  }
  const auto source = MakeCertificateSource(context);
  if (!source) return findings;
  const auto deadline = one_shot.clock.Now().monotonic + one_shot.configuration.auth.login_timeout;
  auto identity = Await<ports::IdentityResult>(
      [&](auto done) { (*source)->Acquire(deadline, std::move(done)); });
  return identity ? probe(*std::move(identity)) : findings;
}

CheckResult CheckTls(const OneShot& one_shot) {
  const auto findings = Probe(one_shot);
  if (!findings) {
    return Fail("the settings do not give a valid TLS configuration",
                std::string(AdviceFor(findings.error())));
  }
  const auto bad = std::ranges::find_if(
      *findings, [](const TlsFinding& finding) { return finding.verdict != TlsVerdict::kOk; });
  if (bad == findings->end()) return Pass();
  CheckResult result = Judge(*bad);
  if (std::ranges::none_of(*findings, Works)) return result;
  // Some address works, so serve would: the bad one is a failover that will not help.
  result.status = CheckStatus::kWarn;
  const auto index = bad - findings->begin();
  result.message = (index == 0 ? std::string("openbao.address: ")
                               : "openbao.failoverAddresses[" + std::to_string(index - 1) + "]: ") +
                   result.message;
  return result;
}

}  // namespace

std::vector<PlannedCheck> OpenBaoChecks(const OneShot& one_shot) {
  return {{"openbao.tls", "OpenBao TLS config", IfFailed::kSkipTheRest,
           [one_shot] { return CheckTls(one_shot); }}};
}

}  // namespace baokms::app
