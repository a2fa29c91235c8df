// Logs in with a JWT, wherever it comes from (auth.md, "JWT").
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/jwt/verified_claims.h"
#include "core/model/configuration.h"
#include "core/model/login.h"
#include "ports/clock.h"
#include "ports/jwt_source.h"
#include "ports/login_source.h"
#include "ports/openbao_auth.h"

namespace baokms::adapters::jwt {

struct JwtLoginOptions {
  core::JwtSource source = core::JwtSource::kFile;  // whose fields the advice names
  std::string mount_path;                           // with its auth/
  std::string role;
  JwtExpectations expected;
};

// The local checks before any login; also what `doctor` asks without logging in.
std::expected<VerifiedClaims, core::LoginFailure> CheckJwt(const JwtLoginOptions& options,
                                                           std::string_view jwt,
                                                           core::UnixSeconds now);

class JwtLoginSource final : public ports::LoginSource {
 public:
  // The references must outlive the source and its logins.
  JwtLoginSource(JwtLoginOptions options, ports::JwtSource& source, ports::OpenBaoAuth& auth,
                 const ports::Clock& clock);

  // A failure of the source or of the checks completes without a call to OpenBao.
  void Login(core::MonotonicTime deadline,
             std::move_only_function<void(core::LoginResult)> done) override;
  void Renew(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
             core::MonotonicTime deadline,
             std::move_only_function<void(core::RenewalResult)> done) override;

 private:
  const JwtLoginOptions options_;
  ports::JwtSource& source_;
  ports::OpenBaoAuth& auth_;
  const ports::Clock& clock_;
};

}  // namespace baokms::adapters::jwt
