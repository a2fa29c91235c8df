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
          "TLS works, but what answers is not OpenBao",
          "openbao.address: name OpenBao itself, not a proxy's or another server's address");
    case TlsVerdict::kUnknownAuthority:
      return Fail("the server's certificate is signed by an authority that is not in the CA file",
                  "openbao.caCertFile: put the certificate of the authority that signed OpenBao's "
                  "server certificate into it");
    case TlsVerdict::kWrongName:
      return Fail("the server's certificate is for another name",
                  "openbao.tlsServerName: set a name that the server's certificate has, or write "
                  "that name into openbao.address");
    case TlsVerdict::kExpired:
      return Fail("the server's certificate, or an authority's, has expired",
                  "renew OpenBao's server certificate, or set this node's clock");
    case TlsVerdict::kNotYetValid:
      return Fail("the server's certificate, or an authority's, is not valid yet",
                  "set this node's clock, or OpenBao's when it made the certificate");
    case TlsVerdict::kRefused:
      return Fail("the TLS handshake failed",
                  "let the server speak TLS 1.2 or 1.3 with a certificate of SHA-256 or better, "
                  "and check that openbao.address names its TLS port");
    case TlsVerdict::kDnsFailed:
      return Fail("the host name could not be resolved",
                  "openbao.address: correct the host name, or this node's name resolution");
    case TlsVerdict::kConnectionFailed:
      return Fail("no connection",
                  "openbao.address: correct host and port, start OpenBao, and let this node reach "
                  "it");
  }
  return Pass();
}

CheckResult CheckTls(const OneShot& one_shot) {
  const auto verdicts = adapters::transit_http::ProbeTls(
      adapters::transit_http::OpenBaoHealthPage(),
      TransportOptionsOf(one_shot.configuration, /*connections=*/1),
      one_shot.configuration.openbao.timeout, one_shot.clock, one_shot.files, one_shot.telemetry);
  if (!verdicts) {
    return Fail("no TLS configuration can be made of the settings",
                std::string(AdviceFor(verdicts.error())));
  }
  const auto works = static_cast<std::size_t>(std::ranges::count(*verdicts, TlsVerdict::kOk));
  if (works == verdicts->size()) return Pass();
  const auto bad =
      std::ranges::find_if(*verdicts, [](TlsVerdict v) { return v != TlsVerdict::kOk; });
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
