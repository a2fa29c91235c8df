// What an auth mount (jwt, cert) offers to the router and to token renewal.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/emulator/logical.h"
#include "tests/support/emulator/tokens.h"

namespace baokms::emulator {

// The token_* fields that every auth role has.
struct RoleTokenSettings {
  std::vector<std::string> policies;
  LeaseTerms lease;
  bool no_default_policy = false;
  bool batch = false;  // token_type
  std::int64_t num_uses = 0;

  // The error is the text of a 400.
  static std::expected<RoleTokenSettings, std::string> Read(const Json& data,
                                                            const RoleTokenSettings& before);
  void Write(Json* data) const;

  // Sorted, with "default" unless refused.
  std::vector<std::string> TokenPolicies() const;
};

class AuthMethod {
 public:
  virtual ~AuthMethod() = default;

  virtual Outcome Handle(const Call& call) = 0;

  // A path that is served without a token.
  virtual bool Unauthenticated(const std::string& path) const { return path == "login"; }

  // The terms of the renewed lease, or the answer that refuses it.
  virtual std::variant<LeaseTerms, Outcome> Renew(const Token& token, const Call& call) = 0;
};

// Makes the token of a successful login and its reply.
Outcome Login(TokenStore& tokens, Token token, const RoleTokenSettings& settings,
              std::int64_t now_millis);

}  // namespace baokms::emulator
