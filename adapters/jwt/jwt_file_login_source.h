// Logs in with a JWT from a file that is read anew each time (auth.md, "source file").
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "adapters/jwt/verified_claims.h"
#include "core/model/login.h"
#include "core/model/secret.h"
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/login_source.h"
#include "ports/openbao_auth.h"

namespace baokms::adapters::jwt {

struct JwtFileOptions {
  std::string jwt_file;
  std::string mount_path;  // with its auth/
  std::string role;
  JwtExpectations expected;
};

// The file's one token, checked; also what `doctor` asks without logging in.
std::expected<core::Secret, core::LoginFailure> ReadCheckedJwt(const JwtFileOptions& options,
                                                               const ports::FileReader& files,
                                                               core::UnixSeconds now);

class JwtFileLoginSource final : public ports::LoginSource {
 public:
  // The references must outlive the source and its logins.
  JwtFileLoginSource(JwtFileOptions options, const ports::FileReader& files,
                     ports::OpenBaoAuth& auth, const ports::Clock& clock);

  // Blocks for one local read. A local failure completes before this returns.
  void Login(core::MonotonicTime deadline,
             std::move_only_function<void(core::LoginResult)> done) override;

 private:
  const JwtFileOptions options_;
  const ports::FileReader& files_;
  ports::OpenBaoAuth& auth_;
  const ports::Clock& clock_;
};

}  // namespace baokms::adapters::jwt
