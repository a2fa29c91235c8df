// A token with a key, its certificate and PIN in files, and the source under test over them.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "adapters/certauth_pkcs11/pkcs11_source.h"
#include "adapters/checked_file/posix_file_reader.h"
#include "tests/support/emulator/certificates.h"
#include "tests/support/emulator/jwt.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/pkcs11/soft_hsm.h"

namespace baokms::adapters::certauth_pkcs11 {

enum class KeyKind { kRsa2048, kRsa4096, kP256, kP384 };
emulator::SharedPkey GenerateKey(KeyKind kind);

inline constexpr auto kToken = "token";
inline constexpr auto kKey = "login key";
inline constexpr auto kPin = "4711-canary";

class TokenBench {
 public:
  explicit TokenBench(KeyKind kind = KeyKind::kP256);

  // A source of its own; several of one process share the module.
  std::unique_ptr<Pkcs11Source> Source(
      const std::string& module = testing::SoftHsm::Module()) const;
  std::unique_ptr<Pkcs11Source> Source(Pkcs11Options options) const;
  Pkcs11Options Options(const std::string& module = testing::SoftHsm::Module()) const;

  void WriteCertificate(const std::string& pem) const;
  void WritePin(const std::string& content) const;

  testing::SoftHsm hsm;
  emulator::CertificateAuthority authority{"login authority"};
  emulator::SharedPkey key;
  std::string certificate_pem;
  testing::TempDirectory directory;

 private:
  checked_file::PosixFileReader files_;
};

core::MonotonicTime In(std::chrono::milliseconds time);
ports::IdentityResult Acquire(Pkcs11Source& source,
                              std::chrono::milliseconds within = std::chrono::seconds(10));

}  // namespace baokms::adapters::certauth_pkcs11
