#include "tests/adapters/certauth_pkcs11/token_bench.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <future>
#include <utility>

namespace baokms::adapters::certauth_pkcs11 {

emulator::SharedPkey GenerateKey(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa2048:
      return {EVP_RSA_gen(2048U), EVP_PKEY_free};
    case KeyKind::kRsa4096:
      return {EVP_RSA_gen(4096U), EVP_PKEY_free};
    case KeyKind::kP256:
      return {EVP_EC_gen("P-256"), EVP_PKEY_free};
    case KeyKind::kP384:
      return {EVP_EC_gen("P-384"), EVP_PKEY_free};
  }
  return nullptr;
}

TokenBench::TokenBench(KeyKind kind) : key(GenerateKey(kind)) {
  emulator::LeafRequest request;
  request.common_name = "node";
  request.client = true;
  request.key = key;
  certificate_pem = authority.Issue(request).certificate_pem;
  hsm.MakeToken(kToken, kPin);
  hsm.ImportKey(kToken, kPin, kKey, key.get());
  WriteCertificate(certificate_pem);
  WritePin(std::string(kPin) + "\n");
}

Pkcs11Options TokenBench::Options(const std::string& module) const {
  return {
      .token = {.module_path = module, .token = {.label = kToken, .serial = {}}, .key_label = kKey},
      .certificate_file = directory.File("chain.pem"),
      .pin_file = directory.File("pin")};
}

std::unique_ptr<Pkcs11Source> TokenBench::Source(const std::string& module) const {
  return Source(Options(module));
}

std::unique_ptr<Pkcs11Source> TokenBench::Source(Pkcs11Options options) const {
  return std::make_unique<Pkcs11Source>(std::move(options), files_);
}

void TokenBench::WriteCertificate(const std::string& pem) const {
  directory.Write("chain.pem", pem);
}

void TokenBench::WritePin(const std::string& content) const { directory.Write("pin", content); }

core::MonotonicTime In(std::chrono::milliseconds time) {
  return core::MonotonicTime(std::chrono::steady_clock::now().time_since_epoch() + time);
}

ports::IdentityResult Acquire(Pkcs11Source& source, std::chrono::milliseconds within) {
  auto answer = std::make_shared<std::promise<ports::IdentityResult>>();
  source.Acquire(In(within), [answer](ports::IdentityResult identity) {
    answer->set_value(std::move(identity));
  });
  return answer->get_future().get();
}

}  // namespace baokms::adapters::certauth_pkcs11
