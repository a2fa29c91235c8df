// A node whose provider logs in with a certificate: its key in a token, the rest in files, and an
// auth method of OpenBao that trusts its authority.
#pragma once

#include <cstddef>
#include <string>

#include "tests/e2e/support/bench.h"
#include "tests/support/emulator/certificates.h"
#include "tests/support/emulator/jwt.h"
#include "tests/support/pkcs11/soft_hsm.h"

namespace baokms::e2e {

inline constexpr auto kTokenLabel = "provider-token";
inline constexpr auto kTokenPin = "canary-4711-pin";

class Pkcs11Node {
 public:
  struct Options {
    testing::OpenBaoUnderTest& server = SharedOpenBao();
    emulator::SharedPkey key = emulator::GenerateSigningKey(emulator::SigningKeyKind::kEcP256);
    std::chrono::seconds token_ttl{1800};
    std::string module = testing::SoftHsm::Module();
    std::string mechanisms = {};  // CKA_ALLOWED_MECHANISMS of the key; empty: any
    emulator::CertificateAuthority authority{"node authority"};
  };
  Pkcs11Node() : Pkcs11Node(Options{}) {}
  explicit Pkcs11Node(Options options);

  // A certificate for the token's key; a negative time: expired already.
  void WriteCertificate(std::chrono::seconds valid = std::chrono::hours(720),
                        bool for_clients = true) const;
  void WritePin(const std::string& pin) const;

  testing::OpenBaoUnderTest& openbao() const { return server_; }
  const std::string& authority_pem() const { return authority_.pem(); }
  const std::string& mount() const { return mount_; }  // "auth/cert-..."

  testing::SoftHsm hsm;
  testing::OpenBaoSetup setup;
  ProviderConfig config;

 private:
  testing::OpenBaoUnderTest& server_;
  std::string mount_;
  emulator::SharedPkey key_;
  emulator::CertificateAuthority authority_;
};

}  // namespace baokms::e2e
