// What talks to OpenBao, built from the configuration: Transit, and logging in with what the
// configuration names.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/transit_http/openbao/openbao_auth_client.h"
#include "adapters/transit_http/openbao/openbao_transit_client.h"
#include "adapters/transit_http/transport/curl_http_transport.h"
#include "app/login/login_parts.h"
#include "core/model/configuration.h"
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/telemetry.h"

namespace baokms::app {

// Fixed texts that name the configuration field.
std::string_view AdviceFor(adapters::transit_http::TransportProblem problem);

// One cluster's addresses and TLS settings.
adapters::transit_http::TransportOptions TransportOptionsOf(
    const core::Configuration& configuration);

struct OpenBaoClients {
  // Reads the CA file and starts the transports' threads; talks to nobody yet. The references
  // outlive the clients; curl_global_init has been called. The error is for a person.
  static std::expected<OpenBaoClients, std::string> Open(const core::Configuration& configuration,
                                                         const ports::Clock& clock,
                                                         const ports::FileReader& files,
                                                         ports::Telemetry& telemetry);
  // Blocks until the names of the addresses have been looked up, or for 30 s. While the clients are
  // open.
  void AwaitNames() const;
  // Ends every request under way and the threads; the clients themselves stay.
  void Close();

  // Transit and authentication never share a connection (libraries.md, "libcurl").
  std::unique_ptr<adapters::transit_http::CurlHttpTransport> transit_transport;
  std::unique_ptr<adapters::transit_http::CurlHttpTransport> auth_transport;
  std::unique_ptr<adapters::transit_http::OpenBaoTransitClient> transit;
  std::unique_ptr<adapters::transit_http::OpenBaoAuthClient> auth;
  LoginParts login;
};

}  // namespace baokms::app
