#include "app/login/login_parts.h"

#include <utility>

#include "adapters/cert/cert_login_source.h"
#include "adapters/jwt/jwt_file_source.h"
#include "adapters/jwt/jwt_login_source.h"
#include "app/login/oauth2_source.h"

namespace baokms::app {
namespace {

using adapters::config_yaml::SourceState;

template <typename Source>
std::expected<std::unique_ptr<Source>, std::string> Built(std::unique_ptr<Source> source,
                                                          std::string_view field) {
  if (source) return source;
  return std::unexpected(std::string(field) + ": this build does not include this source");
}

}  // namespace

adapters::config_yaml::AvailableSources BuiltSources() {
  const auto built = [](bool with) {
    return with ? SourceState::kAvailable : SourceState::kNotBuilt;
  };
  return {.jwt_spiffe = built(BAOKMS_WITH_SPIFFE),
          .cert_pkcs11 = built(BAOKMS_WITH_PKCS11),
          .cert_spiffe = built(BAOKMS_WITH_SPIFFE)};
}

std::string NameBuiltSources() {
  const auto sources = BuiltSources();
  std::string names = "jwt/file, jwt/oauth2";
  const auto add = [&names](SourceState state, std::string_view name) {
    if (state == SourceState::kAvailable) names.append(", ").append(name);
  };
  add(sources.jwt_spiffe, "jwt/spiffe");
  add(sources.cert_pkcs11, "cert/pkcs11");
  add(sources.cert_spiffe, "cert/spiffe");
  return names;
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

std::expected<std::unique_ptr<ports::JwtSource>, std::string> MakeJwtSource(
    const SourceContext& context) {
  const core::JwtConfiguration& jwt = context.configuration.auth.jwt;
  std::unique_ptr<ports::JwtSource> source;
  switch (jwt.source) {
    case core::JwtSource::kFile:
      source = std::make_unique<adapters::jwt::JwtFileSource>(jwt.jwt_file, context.files);
      break;
    case core::JwtSource::kOauth2:
      return MakeOauth2Source(context);
    case core::JwtSource::kSpiffe:
      source = MakeJwtSvidSource(context);
      break;
  }
  return Built(std::move(source), "auth.jwt.source");
}

std::expected<std::unique_ptr<ports::CertificateSource>, std::string> MakeCertificateSource(
    const SourceContext& context) {
  std::unique_ptr<ports::CertificateSource> source;
  switch (context.configuration.auth.cert.source) {
    case core::CertSource::kNone:
      break;
    case core::CertSource::kPkcs11:
      source = MakePkcs11Source(context);
      break;
    case core::CertSource::kSpiffe:
      source = MakeX509SvidSource(context);
      break;
  }
  return Built(std::move(source), "auth.cert.source");
}

std::expected<LoginParts, std::string> MakeLogin(const SourceContext& context,
                                                 ports::OpenBaoAuth& auth) {
  const core::AuthConfiguration& configured = context.configuration.auth;
  LoginParts parts;
  if (configured.method == core::AuthMethod::kJwt) {
    auto source = MakeJwtSource(context);
    if (!source) return std::unexpected(source.error());
    parts.jwt = *std::move(source);
    parts.login = std::make_unique<adapters::jwt::JwtLoginSource>(JwtLoginOptionsOf(configured.jwt),
                                                                  *parts.jwt, auth, context.clock);
  } else {
    auto source = MakeCertificateSource(context);
    if (!source) return std::unexpected(source.error());
    parts.certificate = *std::move(source);
    parts.login = std::make_unique<adapters::cert::CertLoginSource>(
        CertLoginOptionsOf(configured.cert), *parts.certificate, auth, context.clock);
  }
  return parts;
}

}  // namespace baokms::app
