#include "app/openbao/openbao_clients.h"

#include <string_view>
#include <utility>

#include "adapters/transit_http/openbao/openbao_headers.h"
#include "adapters/transit_http/transport/name_lookup.h"

namespace baokms::app {
namespace {

namespace transit_http = adapters::transit_http;

// Logins take longer than Transit's calls, and each one costs a token or a signature: a second
// attempt in parallel waits longer.
constexpr core::Duration kLeastHedgeDelayOfLogins = std::chrono::seconds(1);

// request-scheduling.md, "Batches".
constexpr std::size_t kMostItemsOfBatch = 64;

}  // namespace

std::string_view AdviceFor(transit_http::TransportProblem problem) {
  switch (problem) {
    case transit_http::TransportProblem::kBadAddress:
    case transit_http::TransportProblem::kBadProxy:  // none is used
      return "openbao.address, openbao.failoverAddresses or openbao.tlsServerName cannot be used: "
             "addresses must be https URLs without user info, query or fragment";
    case transit_http::TransportProblem::kBadHeader:
      return "openbao.namespace cannot be sent as a header: remove its control characters";
    case transit_http::TransportProblem::kBadCaFile:
      return "openbao.caCertFile cannot be used: it must be a regular file, not writable by group "
             "or others, that contains at least one PEM certificate and no damaged one";
    case transit_http::TransportProblem::kNoResources:
      return "the OpenBao transport could not start: out of memory, threads or file descriptors";
  }
  return "";
}

transit_http::TransportOptions TransportOptionsOf(const core::Configuration& configuration) {
  const core::OpenBaoConfiguration& openbao = configuration.openbao;
  transit_http::TransportOptions options{
      .addresses = {openbao.address},
      .tls_server_name = openbao.tls_server_name,
      .ca_file = openbao.ca_cert_file,
      .headers = transit_http::OpenBaoHeaders(openbao.openbao_namespace),
      // A probe keeps its connection warm for the next one.
      .max_idle_connection =
          std::chrono::duration_cast<std::chrono::seconds>(configuration.status.probe_interval) *
              2 +
          std::chrono::minutes(2)};
  options.sending.most_items = configuration.transit.coalesce ? kMostItemsOfBatch : 1;
  options.addresses.insert(options.addresses.end(), openbao.failover_addresses.begin(),
                           openbao.failover_addresses.end());
  return options;
}

std::expected<OpenBaoClients, std::string> OpenBaoClients::Open(
    const core::Configuration& configuration, const ports::Clock& clock,
    const ports::FileReader& files, ports::Telemetry& telemetry) {
  transit_http::TransportOptions options = TransportOptionsOf(configuration);
  auto transit = transit_http::CurlHttpTransport::Start(options, clock, files, telemetry);
  if (!transit) return std::unexpected(std::string(AdviceFor(transit.error())));
  options.sending.least_hedge_delay = kLeastHedgeDelayOfLogins;
  auto auth = transit_http::CurlHttpTransport::Start(options, clock, files, telemetry);
  if (!auth) return std::unexpected(std::string(AdviceFor(auth.error())));

  OpenBaoClients clients;
  clients.transit_transport = *std::move(transit);
  clients.auth_transport = *std::move(auth);
  clients.transit = std::make_unique<transit_http::OpenBaoTransitClient>(
      transit_http::OpenBaoTransitClient::Options{.mount_path = configuration.transit.mount_path,
                                                  .key_name = configuration.transit.key_name},
      transit_http::OpenBaoRequestContext{*clients.transit_transport, telemetry});
  clients.auth = std::make_unique<transit_http::OpenBaoAuthClient>(
      transit_http::OpenBaoRequestContext{*clients.auth_transport, telemetry});
  auto login = MakeLogin({configuration, clock, files, telemetry}, *clients.auth);
  if (!login) return std::unexpected(login.error());
  clients.login = *std::move(login);
  return clients;
}

void OpenBaoClients::AwaitNames() const {
  // Both look up at the same time.
  transit_transport->AwaitNames(transit_http::kLongestLookUp);
  auth_transport->AwaitNames(transit_http::kLongestLookUp);
}

void OpenBaoClients::Close() {
  // A source that completes begins a call over the transports.
  login.jwt.reset();
  login.certificate.reset();
  auth_transport.reset();
  transit_transport.reset();
}

}  // namespace baokms::app
