#include "app/checks/openbao_checks.h"

#include <algorithm>
#include <string>

#include "adapters/transit_http/openbao/health_page.h"
#include "adapters/transit_http/transport/tls_probe.h"
#include "app/openbao/openbao_clients.h"

namespace baokms::app {
namespace {

using adapters::transit_http::TlsVerdict;

CheckResult FailedTls(TlsVerdict verdict) {
  switch (verdict) {
    case TlsVerdict::kOk:
      return Pass();
    case TlsVerdict::kAnotherServer:
      return Fail(
          "TLS works, but the server is not OpenBao",
          "openbao.address: use the address of OpenBao itself, not of a proxy or another server");
    case TlsVerdict::kUnknownAuthority:
      return Fail("the server's certificate is signed by a CA that is not in the CA file",
                  "openbao.caCertFile: add the certificate of the CA that signed OpenBao's server "
                  "certificate");
    case TlsVerdict::kWrongName:
      return Fail("the server's certificate is for another name",
                  "openbao.tlsServerName: set a name that is in the server's certificate");
    case TlsVerdict::kExpired:
      return Fail("the server's certificate, or a CA certificate, has expired",
                  "renew OpenBao's server certificate, or correct this node's clock");
    case TlsVerdict::kNotYetValid:
      return Fail(
          "the server's certificate, or a CA certificate, is not valid yet",
          "correct this node's clock, or the clock of the machine that issued the certificate");
    case TlsVerdict::kRefused:
      return Fail("the TLS handshake failed",
                  "configure the server for TLS 1.2 or 1.3 with a certificate signed with SHA-256 "
                  "or better, and check that openbao.address has its TLS port");
    case TlsVerdict::kDnsFailed:
      return Fail("the host name could not be resolved",
                  "openbao.address: correct the host name, or this node's name resolution");
    case TlsVerdict::kDnsSlow:
      return Warn("looking up the host name took longer than openbao.timeout",
                  "check the name servers of this node: the first one may not answer");
    case TlsVerdict::kConnectionFailed:
      return Fail("could not connect",
                  "openbao.address: correct the host and port, start OpenBao, and make sure that "
                  "this node can reach it");
  }
  return Pass();
}

CheckResult CheckTls(const OneShot& one_shot) {
  const auto verdicts = adapters::transit_http::ProbeTls(
      adapters::transit_http::OpenBaoHealthPage(), TransportOptionsOf(one_shot.configuration),
      one_shot.configuration.openbao.timeout, one_shot.clock, one_shot.files, one_shot.telemetry);
  if (!verdicts) {
    return Fail("the settings do not give a valid TLS configuration",
                std::string(AdviceFor(verdicts.error())));
  }
  const auto works = std::ranges::count_if(*verdicts, [](TlsVerdict verdict) {
    return verdict == TlsVerdict::kOk || verdict == TlsVerdict::kDnsSlow;
  });
  const auto bad =
      std::ranges::find_if(*verdicts, [](TlsVerdict v) { return v != TlsVerdict::kOk; });
  if (bad == verdicts->end()) return Pass();
  CheckResult result = FailedTls(*bad);
  if (works == 0) return result;
  // Some address works, so serve would: the bad one is a failover that will not help.
  result.status = CheckStatus::kWarn;
  const auto index = bad - verdicts->begin();
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
