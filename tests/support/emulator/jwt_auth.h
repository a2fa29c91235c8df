// A jwt auth mount: config, role/ and login.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/emulator/auth_method.h"
#include "tests/support/emulator/clock.h"
#include "tests/support/emulator/jwt.h"

namespace baokms::emulator {

// Thread safe.
class JwtAuth : public AuthMethod {
 public:
  JwtAuth(const Clock& clock, TokenStore& tokens) : clock_(clock), tokens_(tokens) {}

  Outcome Handle(const Call& call) override;
  std::variant<LeaseTerms, Outcome> Renew(const Token& token, const Call& call) override;

 private:
  struct Role {
    std::string user_claim;
    std::string bound_subject;
    std::vector<std::string> bound_audiences;
    Json bound_claims = nullptr;
    std::int64_t clock_skew_leeway = 0;
    std::int64_t expiration_leeway = 0;
    std::int64_t not_before_leeway = 0;
    RoleTokenSettings token;
  };

  Outcome HandleConfig(const Call& call);
  Outcome HandleRole(const Call& call, const std::string& name);
  Outcome WriteRole(const std::string& name, const Json& data);
  Outcome HandleLogin(const Call& call);
  // Empty when the claims are acceptable, else the text behind "error validating token: ".
  std::string RefusalOf(const Json& claims, const Role& role) const;
  std::string TimeRefusal(const Json& claims, const Role& role) const;

  const Clock& clock_;
  TokenStore& tokens_;
  std::mutex mutex_;
  bool configured_ = false;
  std::string bound_issuer_;
  std::string default_role_;
  std::vector<std::string> key_pems_;
  std::vector<SharedPkey> keys_;
  std::map<std::string, Role> roles_;
};

}  // namespace baokms::emulator
