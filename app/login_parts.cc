#include "app/login_parts.h"

#include <utility>

#include "adapters/cert/cert_login_source.h"
#include "adapters/jwt/jwt_file_source.h"
#include "adapters/jwt/jwt_login_source.h"

namespace baokms::app {
namespace {

using adapters::config_yaml::SourceState;

std::unique_ptr<ports::JwtSource> MakeJwtSource(const SourceContext& context) {
  const core::JwtConfiguration& jwt = context.configuration.auth.jwt;
  switch (jwt.source) {
    case core::JwtSource::kFile:
      return std::make_unique<adapters::jwt::JwtFileSource>(jwt.jwt_file, context.files);
    case core::JwtSource::kOauth2:
      return nullptr;
    case core::JwtSource::kSpiffe:
      return MakeJwtSvidSource(context);
  }
  return nullptr;
}

std::unique_ptr<ports::CertificateSource> MakeCertificateSource(const SourceContext& context) {
  switch (context.configuration.auth.cert.source) {
    case core::CertSource::kNone:
      return nullptr;
    case core::CertSource::kPkcs11:
      return MakePkcs11Source(context);
    case core::CertSource::kSpiffe:
      return MakeX509SvidSource(context);
  }
  return nullptr;
}

}  // namespace

adapters::config_yaml::AvailableSources BuiltSources() {
  const auto built = [](bool with) {
    return with ? SourceState::kAvailable : SourceState::kNotBuilt;
  };
  return {.jwt_oauth2 = SourceState::kNotSupported,
          .jwt_spiffe = built(BAOKMS_WITH_SPIFFE),
          .cert_pkcs11 = built(BAOKMS_WITH_PKCS11),
          .cert_spiffe = built(BAOKMS_WITH_SPIFFE)};
}

adapters::jwt::JwtLoginOptions JwtLoginOptionsOf(const core::JwtConfiguration& jwt) {
  return {.source = jwt.source,
          .mount_path = jwt.mount_path,
          .role = jwt.role,
          .expected = {.issuer = jwt.expected_issuer,
                       .audiences = jwt.expected_audience,
                       .subject = jwt.expected_subject,
                       .clock_skew_leeway = jwt.clock_skew_leeway,
                       .min_remaining_ttl = jwt.min_remaining_ttl}};
}

adapters::cert::CertLoginOptions CertLoginOptionsOf(const core::CertConfiguration& cert) {
  return {.source = cert.source,
          .mount_path = cert.mount_path,
          .name = cert.name,
          .expected = {.clock_skew_leeway = cert.clock_skew_leeway,
                       .min_remaining_ttl = cert.min_remaining_ttl}};
}

std::expected<LoginParts, std::string> MakeLogin(const SourceContext& context,
                                                 ports::OpenBaoAuth& auth) {
  const core::AuthConfiguration& configured = context.configuration.auth;
  LoginParts parts;
  if (configured.method == core::AuthMethod::kJwt) {
    parts.jwt = MakeJwtSource(context);
    if (!parts.jwt) return std::unexpected("auth.jwt.source: this build does not have it");
    parts.login = std::make_unique<adapters::jwt::JwtLoginSource>(JwtLoginOptionsOf(configured.jwt),
                                                                  *parts.jwt, auth, context.clock);
  } else {
    parts.certificate = MakeCertificateSource(context);
    if (!parts.certificate) return std::unexpected("auth.cert.source: this build does not have it");
    parts.login = std::make_unique<adapters::cert::CertLoginSource>(
        CertLoginOptionsOf(configured.cert), *parts.certificate, auth, context.clock);
  }
  return parts;
}

}  // namespace baokms::app
