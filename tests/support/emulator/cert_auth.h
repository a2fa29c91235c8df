// A cert auth mount: certs/ (the roles) and login with the connection's client certificate.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/emulator/auth_method.h"
#include "tests/support/emulator/clock.h"
#include "tests/support/emulator/openssl_ptr.h"
#include "tests/support/emulator/release.h"

namespace baokms::emulator {

// Thread safe.
class CertAuth : public AuthMethod {
 public:
  CertAuth(const Clock& clock, TokenStore& tokens, const Release& release)
      : clock_(clock), tokens_(tokens), release_(release) {}

  Outcome Handle(const Call& call) override;
  std::variant<LeaseTerms, Outcome> Renew(const Token& token, const Call& call) override;

 private:
  struct Role {
    std::string certificate_pem;
    std::vector<SharedX509> certificates;
    std::string display_name;
    std::map<std::string, std::vector<std::string>> allowed;  // by field name
    RoleTokenSettings token;
  };
  using RoleEntry = std::map<std::string, Role>::const_iterator;

  Outcome HandleRole(const Call& call, const std::string& name);
  Outcome WriteRole(const std::string& name, const Json& data);
  Outcome HandleLogin(const Call& call);
  // The role that accepts the call's certificate; `only` empty: any. Needs the lock.
  std::variant<RoleEntry, Outcome> MatchRole(const Call& call, const std::string& only) const;
  bool ChainsTo(const Role& role, const Call& call) const;
  static bool MeetsConstraints(const Role& role, X509* leaf);

  const Clock& clock_;
  TokenStore& tokens_;
  const Release& release_;
  std::mutex mutex_;
  std::map<std::string, Role> roles_;
};

}  // namespace baokms::emulator
