#include "tests/support/emulator/tls_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <utility>

namespace baokms::emulator {
namespace {

// Asks for a certificate without judging it: that is the cert auth method's part, as in OpenBao.
int AcceptAnyCertificate(int /*preverified*/, X509_STORE_CTX* /*ctx*/) { return 1; }

int SelectHttp11(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                 const unsigned char* offered, unsigned offered_length, void* /*arg*/) {
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kHttp11.data(), kHttp11.size(), offered,
                            offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int VerifyMode(ClientCertificates wanted) {
  switch (wanted) {
    case ClientCertificates::kNone:
      return SSL_VERIFY_NONE;
    case ClientCertificates::kRequest:
      return SSL_VERIFY_PEER;
    case ClientCertificates::kRequire:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_NONE;
}

}  // namespace

std::expected<void, std::string> WriteTextFile(const std::string& path, const std::string& text,
                                               unsigned mode) {
  // Replaced as a whole: a reader sees the old or the new text.
  const std::string temporary = path + ".new";
  {
    std::ofstream file(temporary, std::ios::trunc);
    chmod(temporary.c_str(), mode);
    file << text;
    if (!file.flush()) return std::unexpected("cannot write " + path);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) return std::unexpected("cannot write " + path);
  return {};
}

std::expected<std::string, std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::expected<void, std::string> TlsIdentity::Load() {
  const std::lock_guard lock(mutex_);
  if (options_.certificate_file.empty()) {
    authority_ = std::make_unique<CertificateAuthority>("openbao-emulator CA");
    return Generate();
  }
  const auto certificate = ReadTextFile(options_.certificate_file);
  if (!certificate) return std::unexpected(certificate.error());
  const auto key = ReadTextFile(options_.key_file);
  if (!key) return std::unexpected(key.error());
  ca_pem_ = *certificate;
  return Use(*certificate, *key);
}

std::expected<void, std::string> TlsIdentity::Rotate(bool new_authority) {
  const std::lock_guard lock(mutex_);
  if (new_authority || authority_ == nullptr) {
    authority_ = std::make_unique<CertificateAuthority>("openbao-emulator CA");
  }
  return Generate();
}

void TlsIdentity::SetLeaf(LeafRequest leaf) {
  const std::lock_guard lock(mutex_);
  leaf_ = std::move(leaf);
}

void TlsIdentity::SetClientCertificates(ClientCertificates wanted) {
  const std::lock_guard lock(mutex_);
  options_.client_certificates = wanted;
  if (context_ != nullptr) {
    SSL_CTX_set_verify(context_.get(), VerifyMode(wanted), AcceptAnyCertificate);
  }
}

std::expected<void, std::string> TlsIdentity::Generate() {
  LeafRequest leaf;
  leaf.common_name = "openbao-emulator";
  leaf.dns_sans = options_.dns_names;
  leaf.ip_sans = options_.ip_addresses;
  const CertificateAndKey issued = authority_->Issue(leaf_.value_or(leaf));
  ca_pem_ = authority_->pem();
  if (!options_.directory.empty()) {
    struct File {
      const char* name;
      const std::string& text;
      unsigned mode;
    };
    for (const auto& [name, text, mode] :
         {File{"/ca.pem", ca_pem_, 0644}, File{"/server.pem", issued.certificate_pem, 0644},
          File{"/server.key", issued.private_key_pem, 0600}}) {
      const auto written = WriteTextFile(options_.directory + name, text, mode);
      if (!written) return written;
    }
  }
  return Use(issued.certificate_pem, issued.private_key_pem);
}

std::expected<void, std::string> TlsIdentity::Use(const std::string& certificate_pem,
                                                  const std::string& key_pem) {
  const SharedSslCtx context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* ctx = context.get();
  const bool only13 = options_.only == TlsVersions::k13;
  const bool only12 = options_.only == TlsVersions::k12;
  SSL_CTX_set_min_proto_version(ctx, only13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (only12) SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
  const auto chain = ReadCertificates(certificate_pem);
  const SharedPkey key = ReadPrivateKey(key_pem);
  if (chain.empty() || key == nullptr || SSL_CTX_use_certificate(ctx, chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(ctx, key.get()) != 1) {
    return std::unexpected("the server certificate and its key do not fit");
  }
  for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(ctx, chain[i].get());
  SSL_CTX_set_verify(ctx, VerifyMode(options_.client_certificates), AcceptAnyCertificate);
  static constexpr std::array<unsigned char, 4> kSessionContext = {'b', 'a', 'o', 'e'};
  SSL_CTX_set_session_id_context(ctx, kSessionContext.data(), kSessionContext.size());
  SSL_CTX_set_alpn_select_cb(ctx, SelectHttp11, nullptr);
  context_ = context;
  return {};
}

SharedSslCtx TlsIdentity::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

std::string TlsIdentity::ca_pem() const {
  const std::lock_guard lock(mutex_);
  return ca_pem_;
}

std::string TlsIdentity::ca_file() const {
  return options_.directory.empty() ? options_.certificate_file : options_.directory + "/ca.pem";
}

}  // namespace baokms::emulator
