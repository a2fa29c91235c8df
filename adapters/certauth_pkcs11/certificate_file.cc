#include "adapters/certauth_pkcs11/certificate_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "adapters/openssl/owners.h"
#include "core/model/secret.h"

namespace baokms::adapters::certauth_pkcs11 {
namespace {

// What OpenSSL hands out for one block: perhaps a private key, so wiped.
struct Block {
  Block() = default;
  ~Block() {
    if (data != nullptr) core::WipeMemory(data, static_cast<std::size_t>(size));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

}  // namespace

OrProblem<std::vector<std::string>> ParseCertificateFile(std::string_view pem) {
  const openssl::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<std::string> chain;
  while (bio) {
    Block block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) {
      const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      ERR_clear_error();
      if (!at_end) return std::unexpected(Pkcs11Problem::kForeignBlock);
      break;
    }
    const std::string_view name(block.name);
    if (name.ends_with("PRIVATE KEY")) return std::unexpected(Pkcs11Problem::kPrivateKeyInFile);
    if (name != "CERTIFICATE") return std::unexpected(Pkcs11Problem::kForeignBlock);
    chain.emplace_back(block.data, block.data + block.size);
  }
  if (chain.empty()) return std::unexpected(Pkcs11Problem::kNoCertificate);
  return chain;
}

OrProblem<std::string> PublicKeyOf(const std::string& certificate_der) {
  // OpenSSL reads bytes as unsigned char.
  const auto* bytes = reinterpret_cast<const unsigned char*>(certificate_der.data());
  const openssl::X509Ptr certificate(
      d2i_X509(nullptr, &bytes, static_cast<long>(certificate_der.size())));
  unsigned char* der = nullptr;
  const int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der) : 0;
  ERR_clear_error();
  if (size <= 0) return std::unexpected(Pkcs11Problem::kForeignBlock);
  std::string copy(der, der + size);
  OPENSSL_free(der);
  return copy;
}

OrProblem<std::vector<std::string>> ReadCertificateFile(const ports::FileReader& files,
                                                        const std::string& path) {
  const auto content = files.Read(path, ports::kCertificateChainFile);
  if (!content) return std::unexpected(CertificateFileProblem{content.error()});
  return ParseCertificateFile(content->ExposeSecret());
}

}  // namespace baokms::adapters::certauth_pkcs11
