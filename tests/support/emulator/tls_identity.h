// The server's TLS side: CA, certificate and context, and replacing them for new connections.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/emulator/certificates.h"
#include "tests/support/emulator/http_server.h"

namespace baokms::emulator {

enum class ClientCertificates { kNone, kRequest, kRequire };
enum class TlsVersions { kAny, k12, k13 };

struct TlsOptions {
  std::string directory;         // where ca.pem, server.pem and server.key go; empty: nowhere
  std::string certificate_file;  // given both: used instead of generated ones
  std::string key_file;
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};
  ClientCertificates client_certificates = ClientCertificates::kRequest;
  TlsVersions only = TlsVersions::kAny;
};

// Thread safe.
class TlsIdentity {
 public:
  explicit TlsIdentity(TlsOptions options) : options_(std::move(options)) {}

  std::expected<void, std::string> Load();
  // A new certificate, from a new CA or from the present one. Rewrites the files.
  std::expected<void, std::string> Rotate(bool new_authority);
  // How long the next certificate is valid for, and under which names.
  void SetLeaf(LeafRequest leaf);
  void SetClientCertificates(ClientCertificates wanted);

  SharedSslCtx context() const;
  std::string ca_pem() const;
  std::string ca_file() const;

 private:
  std::expected<void, std::string> Generate();
  std::expected<void, std::string> Use(const std::string& certificate_pem,
                                       const std::string& key_pem);

  TlsOptions options_;
  mutable std::mutex mutex_;
  std::unique_ptr<CertificateAuthority> authority_;
  std::optional<LeafRequest> leaf_;
  std::string ca_pem_;
  SharedSslCtx context_;
};

std::expected<void, std::string> WriteTextFile(const std::string& path, const std::string& text,
                                               unsigned mode);
std::expected<std::string, std::string> ReadTextFile(const std::string& path);

}  // namespace baokms::emulator
