// A Workload API's replies: an identity that is read is exactly the one asked for, its key is its
// leaf's, and nothing else is taken for one.
#include <openssl/x509.h>

#include <cstdint>
#include <string>

#include "adapters/spiffe/jwt_svid.h"
#include "adapters/spiffe/x509_svid.h"
#include "tests/fuzz/require.h"
#include "tests/support/emulator/certificates.h"

namespace {

using namespace baokms;
using fuzz::Require;

constexpr const char* kId = "spiffe://example.org/kms";
constexpr const char* kPrefixOfIt = "spiffe://example.org/km";

void CheckX509(const core::Secret& message, const std::string& id) {
  const auto read = adapters::spiffe::ReadX509Svid(message, id);
  if (!read) return;
  const std::string& der = (*read)->chain_der.front();
  // OpenSSL reads bytes as unsigned char.
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const emulator::SharedX509 leaf(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  Require(leaf != nullptr, "the leaf parses");
  Require(emulator::CertificateDer(leaf.get()).size() <= der.size(), "nothing is left out of it");
  Require(emulator::SubjectAltNames(leaf.get(), emulator::SanKind::kUri) ==
              std::vector<std::string>{id},
          "its one URI name is the SPIFFE ID");
  Require(X509_check_ca(leaf.get()) == 0, "it is no authority");
  Require(X509_check_private_key(leaf.get(), (*read)->key.get()) == 1, "the key is its own");
}

void CheckJwt(const core::Secret& message) {
  const auto read = adapters::spiffe::ReadJwtSvid(message, kId);
  if (!read) return;
  Require(!read->empty(), "a token is there");
  Require(message.ExposeSecret().find(read->ExposeSecret()) != std::string_view::npos,
          "it stands in the message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::Secret message = core::Secret::Copy(fuzz::AsText(data, size));
  CheckX509(message, kId);
  CheckX509(message, kPrefixOfIt);
  CheckJwt(message);
  return 0;
}
