#include "adapters/transit_http/transport/tls_probe.h"

#include <curl/curl.h>

#include <memory>
#include <utility>

#include "adapters/transit_http/transport/ca_bundle.h"
#include "adapters/transit_http/transport/name_lookup.h"
#include "adapters/transit_http/transport/server_address.h"
#include "adapters/transit_http/transport/transfer.h"

namespace baokms::adapters::transit_http {
namespace {

TlsFinding JudgeFailure(const core::Error& error) {
  if (const auto why = core::TlsFailureOf(error)) return {TlsVerdict::kTlsFailed, *why};
  return {error.openbao_status() == core::OpenBaoStatus::kConnectionFailed
              ? TlsVerdict::kConnectionFailed
              : TlsVerdict::kAnotherServer};  // a cut, empty or oversize reply
}

TlsFinding Ask(const ExpectedPage& page, const ports::HttpRequest& request,
               const TransferTarget& target, std::shared_ptr<const std::string> ca_pem,
               std::chrono::nanoseconds timeout) {
  const TransferSettings settings{.headers = page.headers};
  Transfer transfer(settings);
  transfer.Begin(request, target, std::move(ca_pem), timeout);
  curl_easy_setopt(
      transfer.handle(), CURLOPT_TIMEOUT_MS,
      static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count()));
  const CURLcode code = curl_easy_perform(transfer.handle());
  if (code != CURLE_OK) return JudgeFailure(transfer.WhyFailed(code));
  const core::Secret body = transfer.TakeBody();
  return {page.is_it(body.ExposeSecret()) ? TlsVerdict::kOk : TlsVerdict::kAnotherServer};
}

}  // namespace

std::expected<std::vector<TlsFinding>, TransportProblem> ProbeTls(
    const ExpectedPage& page, const TransportOptions& options, core::ClientIdentityRef identity,
    std::chrono::nanoseconds timeout, const ports::Clock& clock, const ports::FileReader& files,
    ports::Telemetry& telemetry) {
  const auto ca = CaBundle::Load(options.ca_file, files, telemetry);
  if (!ca) return std::unexpected(TransportProblem::kBadCaFile);
  ports::HttpRequest request;
  request.path = page.path;
  request.identity = std::move(identity);
  std::vector<TlsFinding> findings;
  for (const std::string& url : options.addresses) {
    const auto address = ServerAddress::Parse(url, options.tls_server_name);
    if (!address) return std::unexpected(TransportProblem::kBadAddress);
    const core::MonotonicTime began = clock.Now().monotonic;
    const IpAddresses ips = LookUpWithBound(options.lookup, address->host);
    const core::MonotonicTime now = clock.Now().monotonic;
    if (!ips) {
      findings.push_back({TlsVerdict::kDnsFailed});
      continue;
    }
    TlsFinding finding;
    for (const std::string& ip : *ips) {
      finding = Ask(page, request, {.address = *address, .ip = ip}, ca->Current(now), timeout);
      if (finding.verdict != TlsVerdict::kConnectionFailed) break;  // serve goes on as well
    }
    findings.push_back(finding);
    if (findings.back().verdict == TlsVerdict::kOk && now - began > timeout) {
      findings.back().verdict = TlsVerdict::kDnsSlow;
    }
  }
  return findings;
}

}  // namespace baokms::adapters::transit_http
