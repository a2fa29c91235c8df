#include "app/openbao/openbao_clients.h"

#include <string_view>
#include <utility>

#include "adapters/transit_http/openbao/openbao_headers.h"
#include "adapters/transit_http/openbao/reply_classification.h"

namespace baokms::app {
namespace {

namespace transit_http = adapters::transit_http;

// Few warm connections; measured in docs/adr.
constexpr std::size_t kTransitConnections = 8;
constexpr std::size_t kAuthConnections = 2;

}  // namespace

std::string_view AdviceFor(transit_http::TransportProblem problem) {
  switch (problem) {
    case transit_http::TransportProblem::kBadAddress:
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

transit_http::TransportOptions TransportOptionsOf(const core::Configuration& configuration,
                                                  std::size_t connections) {
  const core::OpenBaoConfiguration& openbao = configuration.openbao;
  transit_http::TransportOptions options{
      .addresses = {openbao.address},
      .tls_server_name = openbao.tls_server_name,
      .ca_file = openbao.ca_cert_file,
      .headers = transit_http::OpenBaoHeaders(openbao.openbao_namespace),
      .max_transfers = connections,
      .another_address_may_answer = transit_http::AnotherNodeMayAnswer,
      // A probe keeps its connection warm for the next one.
      .max_idle_connection =
          std::chrono::duration_cast<std::chrono::seconds>(configuration.status.probe_interval) *
              2 +
          std::chrono::minutes(2)};
  options.addresses.insert(options.addresses.end(), openbao.failover_addresses.begin(),
                           openbao.failover_addresses.end());
  return options;
}

std::expected<OpenBaoClients, std::string> OpenBaoClients::Open(
    const core::Configuration& configuration, const ports::Clock& clock,
    const ports::FileReader& files, ports::Telemetry& telemetry) {
  const auto start = [&](std::size_t connections) {
    return transit_http::CurlHttpTransport::Start(TransportOptionsOf(configuration, connections),
                                                  clock, files, telemetry);
  };
  auto transit = start(kTransitConnections);
  if (!transit) return std::unexpected(std::string(AdviceFor(transit.error())));
  auto auth = start(kAuthConnections);
  if (!auth) return std::unexpected(std::string(AdviceFor(auth.error())));

  OpenBaoClients clients;
  clients.transit_transport = *std::move(transit);
  clients.auth_transport = *std::move(auth);
  clients.transit = std::make_unique<transit_http::OpenBaoTransitClient>(
      transit_http::OpenBaoTransitClient::Options{.mount_path = configuration.transit.mount_path,
                                                  .key_name = configuration.transit.key_name},
      transit_http::OpenBaoRequestContext{*clients.transit_transport, clock, telemetry});
  clients.auth = std::make_unique<transit_http::OpenBaoAuthClient>(
      transit_http::OpenBaoRequestContext{*clients.auth_transport, clock, telemetry});
  auto login = MakeLogin({configuration, clock, files, telemetry}, *clients.auth);
  if (!login) return std::unexpected(login.error());
  clients.login = *std::move(login);
  return clients;
}

void OpenBaoClients::Close() {
  // A source that completes begins a call over the transports.
  login.jwt.reset();
  login.certificate.reset();
  auth_transport.reset();
  transit_transport.reset();
}

}  // namespace baokms::app
