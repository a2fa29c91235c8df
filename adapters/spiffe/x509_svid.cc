#include "adapters/spiffe/x509_svid.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/openssl/owners.h"
#include "adapters/spiffe/workload.pb.h"

namespace baokms::adapters::spiffe {
namespace {

using openssl::GeneralNamesPtr;
using openssl::KeyPtr;
using openssl::Pkcs8Ptr;
using openssl::X509Ptr;

// OpenSSL reads bytes as unsigned char.
const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct Chain {
  X509Ptr leaf;
  std::vector<std::string> der;
};

// Certificates one after the other; an empty one for none, or when something else is among them.
Chain ReadChain(const std::string& bytes) {
  Chain chain;
  const unsigned char* at = Bytes(bytes);
  const unsigned char* const end = at + bytes.size();
  while (at != end) {
    const unsigned char* const begin = at;
    X509Ptr certificate(d2i_X509(nullptr, &at, end - at));
    if (!certificate) return {};
    chain.der.push_back(bytes.substr(static_cast<std::size_t>(begin - Bytes(bytes)),
                                     static_cast<std::size_t>(at - begin)));
    if (!chain.leaf) chain.leaf = std::move(certificate);
  }
  return chain;
}

// PKCS8_PRIV_KEY_INFO wipes its copy of the key when it is freed, and so does EVP_PKEY.
std::shared_ptr<EVP_PKEY> ReadKey(const std::string& bytes) {
  const unsigned char* at = Bytes(bytes);
  const unsigned char* const end = at + bytes.size();
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(bytes.size())));
  if (!info || at != end) return nullptr;
  return KeyPtr(EVP_PKCS82PKEY(info.get()));
}

bool IsNamedExactly(const X509* leaf, std::string_view spiffe_id) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  int uris = 0;
  bool ours = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    ++uris;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    // ASN.1 text is unsigned char, and by its length: it may hold a NUL.
    ours = std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                            static_cast<std::size_t>(ASN1_STRING_length(uri))) == spiffe_id;
  }
  return uris == 1 && ours;
}

bool MaySignCertificates(X509* leaf) {
  const bool has_usage = (X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) != 0;
  return (X509_get_extension_flags(leaf) & EXFLAG_CA) != 0 ||
         (has_usage && (X509_get_key_usage(leaf) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0);
}

std::expected<core::ClientIdentityRef, AgentProblem> Read(const X509SVID& svid,
                                                          std::string_view spiffe_id) {
  Chain chain = ReadChain(svid.x509_svid());
  std::shared_ptr<EVP_PKEY> key = ReadKey(svid.x509_svid_key());
  if (!chain.leaf || !key) return std::unexpected(AgentProblem::kDamaged);
  if ((X509_get_extension_flags(chain.leaf.get()) & EXFLAG_INVALID) != 0) {
    return std::unexpected(AgentProblem::kDamaged);
  }
  if (!IsNamedExactly(chain.leaf.get(), spiffe_id)) {
    return std::unexpected(AgentProblem::kWrongName);
  }
  if (MaySignCertificates(chain.leaf.get())) return std::unexpected(AgentProblem::kAuthority);
  if (X509_check_private_key(chain.leaf.get(), key.get()) != 1) {
    return std::unexpected(AgentProblem::kKeyMismatch);
  }
  return std::make_shared<const core::ClientIdentity>(core::ClientIdentity{
      .chain_der = std::move(chain.der), .key = std::move(key), .rsa_pss = true});
}

}  // namespace

std::expected<core::ClientIdentityRef, AgentProblem> ReadX509Svid(const core::Secret& message,
                                                                  std::string_view spiffe_id) {
  X509SVIDResponse response;
  const std::string_view bytes = message.ExposeSecret();
  const bool parsed = response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  std::expected<core::ClientIdentityRef, AgentProblem> read =
      std::unexpected(parsed && response.svids_size() > 0 ? AgentProblem::kOtherIdentity
                                                          : AgentProblem::kUnreadable);
  if (parsed) {
    for (const X509SVID& svid : response.svids()) {
      if (svid.spiffe_id() != spiffe_id) continue;
      read = Read(svid, spiffe_id);
      break;
    }
  }
  for (X509SVID& svid : *response.mutable_svids()) {
    std::string& key = *svid.mutable_x509_svid_key();
    core::WipeMemory(key.data(), key.size());
  }
  ERR_clear_error();  // the thread's next TLS call would read what is left there as its own
  return read;
}

}  // namespace baokms::adapters::spiffe
