#include "app/login/oauth2_source.h"

#include <string_view>
#include <utility>

#include "adapters/jwt/oauth2_source.h"
#include "adapters/jwt/token_endpoint.h"
#include "adapters/jwt/token_request.h"
#include "adapters/transit_http/transport/ca_bundle.h"
#include "adapters/transit_http/transport/curl_http_transport.h"
#include "ports/http_transport.h"

namespace baokms::app {
namespace {

namespace transit_http = adapters::transit_http;

std::string_view AdviceFor(transit_http::TransportProblem problem, bool system_roots) {
  switch (problem) {
    case transit_http::TransportProblem::kBadAddress:
    case transit_http::TransportProblem::kBadHeader:
      return "auth.jwt.oauth2.tokenUrl cannot be used: it must be an https URL without user info "
             "or fragment";
    case transit_http::TransportProblem::kBadProxy:
      return "auth.jwt.oauth2.proxyUrl cannot be used: it must be http://host:port";
    case transit_http::TransportProblem::kBadCaFile:
      return system_roots
                 ? "auth.jwt.oauth2.caCertFile is empty and the system's certificates cannot be "
                   "used: install ca-certificates, or set the field"
                 : "auth.jwt.oauth2.caCertFile cannot be used: it must be a regular file, not "
                   "writable by group or others, that contains at least one PEM certificate and no "
                   "damaged one";
    case transit_http::TransportProblem::kNoResources:
      return "the transport to auth.jwt.oauth2.tokenUrl could not start: out of memory, threads or "
             "file descriptors";
  }
  return "";
}

class Oauth2OverHttps final : public ports::JwtSource {
 public:
  Oauth2OverHttps(std::unique_ptr<ports::HttpTransport> transport, const SourceContext& context)
      : source_({.oauth2 = context.configuration.auth.jwt.oauth2,
                 .min_remaining_ttl = context.configuration.auth.jwt.min_remaining_ttl},
                *transport, context.files, context.clock),
        transport_(std::move(transport)) {}
  void Fetch(core::MonotonicTime deadline,
             std::move_only_function<void(ports::JwtResult)> done) override {
    source_.Fetch(deadline, std::move(done));
  }

 private:
  adapters::jwt::Oauth2Source source_;
  // Last: it completes what is under way while the source is still there.
  std::unique_ptr<ports::HttpTransport> transport_;
};

}  // namespace

std::expected<std::unique_ptr<ports::JwtSource>, std::string> MakeOauth2Source(
    const SourceContext& context) {
  const core::Oauth2Configuration& oauth2 = context.configuration.auth.jwt.oauth2;
  const bool system_roots = oauth2.ca_cert_file.empty();
  auto transport = transit_http::CurlHttpTransport::Start(
      {.addresses = {adapters::jwt::TokenEndpoint::Of(oauth2.token_url).origin},
       .ca_file = system_roots ? transit_http::SystemCaFile() : oauth2.ca_cert_file,
       .proxy = oauth2.proxy_url,
       .headers = adapters::jwt::TokenRequestHeaders()},
      context.clock, context.files, context.telemetry);
  if (!transport) return std::unexpected(std::string(AdviceFor(transport.error(), system_roots)));
  return std::make_unique<Oauth2OverHttps>(*std::move(transport), context);
}

}  // namespace baokms::app
