// How the configuration names a token: auth.cert.pkcs11.tokenLabel and tokenSerial.
#pragma once

#include <string>

namespace baokms::adapters::certauth_pkcs11 {

// An empty text is any; not both are empty.
struct TokenName {
  std::string label;
  std::string serial;
};

}  // namespace baokms::adapters::certauth_pkcs11
