#include "app/expiration/node_expirations.h"

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/cert/certificate_check.h"
#include "adapters/jwt/verified_claims.h"
#include "adapters/transit_http/transport/server_certificates.h"
#include "app/login/login_parts.h"
#include "app/openbao/await.h"
#include "app/openbao/openbao_clients.h"
#include "app/reports/failure_advice.h"
#include "app/status/running_provider.h"

namespace baokms::app {
namespace {

namespace transit_http = adapters::transit_http;

std::chrono::seconds Ceil(core::Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration);
}

std::string AddressField(std::size_t at) {
  return at == 0 ? "openbao.address" : "openbao.failoverAddresses[" + std::to_string(at - 1) + "]";
}

std::string Words(transit_http::NoCertificates why) {
  switch (why) {
    case transit_http::NoCertificates::kDnsFailed:
      return "its host name could not be resolved";
    case transit_http::NoCertificates::kConnectionFailed:
      return "could not connect";
    case transit_http::NoCertificates::kNoTls:
      return "the server showed no certificate: run doctor on this node";
  }
  return {};
}

void AddServers(const OneShot& one_shot, std::chrono::seconds within,
                std::vector<Expiration>& out) {
  Expiration authority{.id = "openbao.ca",
                       .title = "OpenBao's certificate authority",
                       .field = "openbao.caCertFile",
                       .threshold = within,
                       .message = "not known: no address shows a certificate that it vouches for"};
  const auto servers = transit_http::ReadServerCertificates(
      TransportOptionsOf(one_shot.configuration), one_shot.configuration.openbao.timeout,
      one_shot.files, one_shot.telemetry);
  if (!servers) {
    authority.message = std::string(AdviceFor(servers.error()));
    out.push_back(std::move(authority));
    return;
  }
  for (std::size_t at = 0; at < servers->size(); ++at) {
    Expiration server{.id = "openbao.certificate",
                      .title = "OpenBao's certificate",
                      .field = AddressField(at),
                      .threshold = within};
    if (const auto& seen = servers->at(at); !seen) {
      server.message = Words(seen.error());
    } else {
      server.expires_at = seen->leaf_expires_at;
      if (!seen->authority_expires_at) {
        server.message = "openbao.caCertFile does not vouch for it: run doctor on this node";
      } else if (!authority.expires_at || *seen->authority_expires_at < *authority.expires_at) {
        authority.expires_at = *seen->authority_expires_at;
        authority.message.clear();
      }
    }
    out.push_back(std::move(server));
  }
  out.push_back(std::move(authority));
}

core::MonotonicTime LoginDeadline(const OneShot& one_shot) {
  return one_shot.clock.Now().monotonic + one_shot.configuration.auth.login_timeout;
}

SourceContext SourceContextOf(const OneShot& one_shot) {
  return {one_shot.configuration, one_shot.clock, one_shot.files, one_shot.telemetry};
}

// How a JWT from each source is called.
Expiration JwtExpiration(core::JwtSource source) {
  switch (source) {
    case core::JwtSource::kFile:
      return {.id = "jwt", .title = "JWT", .field = "auth.jwt.jwtFile"};
    case core::JwtSource::kOauth2:
      return {.id = "oauth2.token", .title = "Access token, as issued now"};
    case core::JwtSource::kSpiffe:
      return {.id = "svid", .title = "JWT-SVID"};
  }
  return {};
}

Expiration OfJwt(const OneShot& one_shot) {
  const core::JwtConfiguration& jwt = one_shot.configuration.auth.jwt;
  Expiration expiration = JwtExpiration(jwt.source);
  expiration.threshold = Ceil(jwt.min_remaining_ttl);
  const auto source = MakeJwtSource(SourceContextOf(one_shot));
  if (!source) {
    expiration.message = source.error();
    return expiration;
  }
  const auto fetched = Await<ports::JwtResult>(
      [&](auto done) { (*source)->Fetch(LoginDeadline(one_shot), std::move(done)); });
  if (!fetched) {
    expiration.message = AdviceFor(fetched.error());
    return expiration;
  }
  expiration.expires_at = adapters::jwt::ExpiryOf(fetched->ExposeSecret());
  if (!expiration.expires_at) expiration.message = "it is no JWT, or does not say when it expires";
  return expiration;
}

Expiration OfCertificate(const OneShot& one_shot, std::chrono::seconds within) {
  const core::CertConfiguration& cert = one_shot.configuration.auth.cert;
  // An agent renews an SVID by itself; a token's certificate is people's to renew.
  const bool svid = cert.source == core::CertSource::kSpiffe;
  Expiration expiration{.id = svid ? "svid" : "client.certificate",
                        .title = svid ? "X.509-SVID" : "Client certificate",
                        .field = svid ? "" : "auth.cert.pkcs11.certificateFile",
                        .threshold = svid ? Ceil(cert.min_remaining_ttl)
                                          : std::max(within, Ceil(cert.min_remaining_ttl))};
  const auto source = MakeCertificateSource(SourceContextOf(one_shot));
  if (!source) {
    expiration.message = source.error();
    return expiration;
  }
  const auto acquired = Await<ports::IdentityResult>(
      [&](auto done) { (*source)->Acquire(LoginDeadline(one_shot), std::move(done)); });
  if (!acquired) {
    expiration.message = AdviceFor(acquired.error());
    return expiration;
  }
  expiration.expires_at = adapters::cert::ExpiryOf(**acquired);
  if (!expiration.expires_at) expiration.message = "the certificate is damaged";
  return expiration;
}

// A provider that can log in gets another one loginBeforeTokenExpiry before its end.
Expiration OfToken(const OneShot& one_shot) {
  Expiration expiration{
      .id = "token",
      .title = "The running provider's token",
      .threshold = Ceil(one_shot.configuration.auth.login_before_token_expiry / 2),
      .asked_in_vain = false};
  const Report status =
      AskRunningProvider(one_shot.configuration.server, one_shot.clock.Now().wall);
  if (status.contains("tokenSecondsLeft")) {
    expiration.expires_at =
        one_shot.clock.Now().wall + status.at("tokenSecondsLeft").get<std::int64_t>();
  } else if (status.at("source") == "health") {
    expiration.message = "the provider holds no token: run doctor on this node";
    expiration.asked_in_vain = true;
  } else {
    expiration.message = "not known: no provider answers at server.healthAddress";
  }
  return expiration;
}

}  // namespace

std::vector<Expiration> CollectExpirations(const OneShot& one_shot, std::chrono::seconds within) {
  std::vector<Expiration> expirations;
  AddServers(one_shot, within, expirations);
  expirations.push_back(one_shot.configuration.auth.method == core::AuthMethod::kJwt
                            ? OfJwt(one_shot)
                            : OfCertificate(one_shot, within));
  expirations.push_back(OfToken(one_shot));
  return expirations;
}

}  // namespace baokms::app
