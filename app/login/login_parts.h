// What logs in, built from auth.* of the configuration: a source of credentials and the login with
// them.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "adapters/cert/cert_login_source.h"
#include "adapters/config_yaml/validate.h"
#include "adapters/jwt/jwt_login_source.h"
#include "core/model/configuration.h"
#include "ports/certificate_source.h"
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/jwt_source.h"
#include "ports/login_source.h"
#include "ports/openbao_auth.h"
#include "ports/telemetry.h"

namespace baokms::app {

// The sources that this build has.
adapters::config_yaml::AvailableSources BuiltSources();
// The same as `version` names them: method/source, separated by a comma and a blank.
std::string NameBuiltSources();

// What a source may need besides the configuration; all outlive it.
struct SourceContext {
  const core::Configuration& configuration;
  const ports::Clock& clock;
  const ports::FileReader& files;
  ports::Telemetry& telemetry;
};

struct LoginParts {
  // One of the two, as auth.method says; login refers to it.
  std::unique_ptr<ports::JwtSource> jwt;
  std::unique_ptr<ports::CertificateSource> certificate;
  std::unique_ptr<ports::LoginSource> login;
};

adapters::jwt::JwtLoginOptions JwtLoginOptionsOf(const core::JwtConfiguration& jwt);
adapters::cert::CertLoginOptions CertLoginOptionsOf(const core::CertConfiguration& cert);

// The source that auth.* names; the error is for a person.
std::expected<std::unique_ptr<ports::JwtSource>, std::string> MakeJwtSource(
    const SourceContext& context);
std::expected<std::unique_ptr<ports::CertificateSource>, std::string> MakeCertificateSource(
    const SourceContext& context);

// `auth` outlives the parts. Of a configuration that BuiltSources() accepts. The error is for a
// person.
std::expected<LoginParts, std::string> MakeLogin(const SourceContext& context,
                                                 ports::OpenBaoAuth& auth);

// By build option: null in a build without the adapter, which validation refuses before.
std::unique_ptr<ports::CertificateSource> MakePkcs11Source(const SourceContext& context);
std::unique_ptr<ports::CertificateSource> MakeX509SvidSource(const SourceContext& context);
std::unique_ptr<ports::JwtSource> MakeJwtSvidSource(const SourceContext& context);

}  // namespace baokms::app
