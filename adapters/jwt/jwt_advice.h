// What a person should do about a JWT that cannot be used: names the configuration field, never a
// value (observability.md, "A failed start").
#pragma once

#include <string_view>

#include "adapters/jwt/verified_claims.h"
#include "core/model/configuration.h"
#include "core/model/credential_line.h"
#include "core/model/login.h"
#include "core/model/login_refusal.h"
#include "ports/file_reader.h"

namespace baokms::adapters::jwt {

core::LoginStatus StatusOf(JwtProblem problem);
// For a JWT of that source that fails the local checks.
std::string_view AdviceFor(core::JwtSource source, JwtProblem problem);
// For auth.jwt.jwtFile.
std::string_view JwtFileAdvice(ports::FileProblem problem);
std::string_view JwtContentAdvice(core::LineProblem problem);
// For an OpenBao that refused the login, by what it said.
std::string_view AdviceFor(core::LoginRefusal why);
// For an OpenBao that refused the login, or granted what cannot be used: auth_failed.
std::string_view RefusedAdvice(const core::Error& error);
// For a login that OpenBao answered with 404.
std::string_view NotFoundAdvice();

}  // namespace baokms::adapters::jwt
