#include "adapters/transit_http/transport/tls_probe.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <future>
#include <memory>
#include <string_view>
#include <utility>

#include "adapters/transit_http/transport/ca_bundle.h"
#include "adapters/transit_http/transport/curl_failure.h"
#include "adapters/transit_http/transport/server_address.h"
#include "adapters/transit_http/transport/transfer.h"

namespace baokms::adapters::transit_http {
namespace {

TlsVerdict WhyNotVerified(CURL* easy) {
  long result = X509_V_OK;
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
  switch (result) {
    case X509_V_ERR_UNSPECIFIED:  // what it is until curl, once the name fits, asks for the result
      return TlsVerdict::kWrongName;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsVerdict::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsVerdict::kNotYetValid;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return TlsVerdict::kUnknownAuthority;
    default:
      return TlsVerdict::kRefused;
  }
}

constexpr std::chrono::seconds kLongestLookUp{30};

IpAddresses LookUpWithBound(const NameLookup& lookup, const std::string& host) {
  auto promise = std::make_shared<std::promise<IpAddresses>>();
  std::future<IpAddresses> found = promise->get_future();
  const bool begun = LookUpInBackground(
      lookup, host, [promise](IpAddresses addresses) { promise->set_value(std::move(addresses)); });
  if (!begun || found.wait_for(kLongestLookUp) != std::future_status::ready) return std::nullopt;
  return found.get();
}

TlsVerdict JudgeFailure(CURLcode code, const Transfer& transfer) {
  if (code == CURLE_PEER_FAILED_VERIFICATION) return WhyNotVerified(transfer.handle());
  switch (ClassifyCurlFailure(code)) {
    case core::OpenBaoStatus::kTlsFailed:
      return TlsVerdict::kRefused;
    case core::OpenBaoStatus::kDnsFailed:
      return TlsVerdict::kDnsFailed;
    case core::OpenBaoStatus::kConnectionFailed:
      return TlsVerdict::kConnectionFailed;
    default:
      return TlsVerdict::kAnotherServer;  // a cut, empty or oversize reply
  }
}

}  // namespace

std::expected<std::vector<TlsVerdict>, TransportProblem> ProbeTls(
    const ExpectedPage& page, const TransportOptions& options, std::chrono::nanoseconds timeout,
    const ports::Clock& clock, const ports::FileReader& files, ports::Telemetry& telemetry) {
  const auto ca = CaBundle::Load(options.ca_file, files, telemetry);
  if (!ca) return std::unexpected(TransportProblem::kBadCaFile);
  ports::HttpRequest request;
  request.path = page.path;
  std::vector<TlsVerdict> verdicts;
  for (const std::string& url : options.addresses) {
    const auto address = ServerAddress::Parse(url, options.tls_server_name);
    if (!address) return std::unexpected(TransportProblem::kBadAddress);
    const core::MonotonicTime began = clock.Now().monotonic;
    const IpAddresses ips = LookUpWithBound(options.lookup, address->host);
    const core::MonotonicTime now = clock.Now().monotonic;
    if (!ips) {
      verdicts.push_back(TlsVerdict::kDnsFailed);
      continue;
    }
    const TransferSettings settings{.headers = page.headers};
    Transfer transfer(request, {.address = *address, .ip = ips->front()}, settings,
                      ca->Current(now), timeout);
    curl_easy_setopt(
        transfer.handle(), CURLOPT_TIMEOUT_MS,
        static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count()));
    const CURLcode code = curl_easy_perform(transfer.handle());
    if (code != CURLE_OK) {
      verdicts.push_back(JudgeFailure(code, transfer));
      continue;
    }
    const core::Secret body = transfer.TakeBody();
    const bool slow = now - began > timeout;
    verdicts.push_back(!page.is_it(body.ExposeSecret()) ? TlsVerdict::kAnotherServer
                       : slow                           ? TlsVerdict::kDnsSlow
                                                        : TlsVerdict::kOk);
  }
  return verdicts;
}

}  // namespace baokms::adapters::transit_http
