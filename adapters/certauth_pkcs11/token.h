// The configured token and its key, opened when needed and kept open. One thread: the module's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/certauth_pkcs11/pkcs11_problem.h"
#include "adapters/certauth_pkcs11/signature_request.h"
#include "adapters/certauth_pkcs11/token_name.h"
#include "core/model/secret.h"

namespace baokms::adapters::certauth_pkcs11 {

struct TokenOptions {
  std::string module_path;
  TokenName token;
  std::string key_label;
};

struct KeyFacts {
  // SubjectPublicKeyInfo; empty where the token has none, as for an EC key whose public object is
  // not in it.
  std::string public_key_der;
  bool rsa_pss = true;  // core::ClientIdentity::rsa_pss
};

// Holds two sessions while open and never more: one that keeps the login, and libp11's, which
// signs.
class Token {
 public:
  explicit Token(TokenOptions options);
  ~Token();
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  // Opens the token, and again if it was lost; `pin` is looked at only then. A PIN that the token
  // refused is not sent again.
  OrProblem<KeyFacts> Key(OrProblem<core::Secret> pin);

  // nullopt: the token is not open, or failed, and is opened again at the next Key().
  std::optional<Bytes> Sign(const SignatureRequest& request);

 private:
  class Opened;

  OrProblem<void> Open(OrProblem<core::Secret> pin);
  OrProblem<void> LogIn(Opened& opened, OrProblem<core::Secret> pin);

  const TokenOptions options_;
  std::unique_ptr<Opened> opened_;
  core::Secret refused_pin_;  // empty: none
};

}  // namespace baokms::adapters::certauth_pkcs11
