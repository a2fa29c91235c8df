// The checks before Transit sees a Decrypt: what passes them was, but for the ciphertext's bytes
// and plugin-version, derivable from our own configuration and key.
#include <cstdint>

#include "adapters/grpc_kms/message_codec.h"
#include "core/requests/decrypt_validation.h"
#include "core/rotation/key_view.h"
#include "core/wire/aad.h"
#include "core/wire/annotations.h"
#include "core/wire/transit_ciphertext.h"
#include "tests/fuzz/identity.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using fuzz::Require;

void CheckAccepted(const core::DecryptRequest& request, const core::ValidatedDecrypt& accepted) {
  const core::ProviderIdentity& identity = fuzz::Identity()->identity();
  const core::KeySnapshot& key = accepted.key().snapshot;
  Require(key.decrypts(), "the version decrypts");
  Require(request.key_id == core::DeriveKeyId(identity, key.version, key.created_at).str(),
          "the key_id is the one derived");
  Require(*accepted.key().aad == core::BuildAad(identity, key.version, key.key_id),
          "the AAD is the one built");
  Require(accepted.ciphertext().bytes() == request.ciphertext, "the ciphertext is the one given");
  Require(request.ciphertext.starts_with(core::CiphertextPrefix(key.version)),
          "the ciphertext is of this version");
  core::Annotations given = request.annotations;
  for (const auto& [name, value] :
       core::BuildAnnotations(identity, key.version, key.key_id, "any")) {
    const auto found = given.find(name);
    Require(found != given.end(), "every annotation that we write is there");
    Require(found->second == value || name.starts_with("plugin-version."),
            "every annotation is the one built");
  }
  Require(!given.contains("openbao-namespace-hash.kms.openbao.org"), "no namespace of another");
}

}  // namespace

// The input is a DecryptRequest on the wire.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const core::Registry kRegistry = fuzz::RegistryOfTwo();
  static const auto kKeys = core::BuildKeySet(kRegistry, "v0.1.0");
  auto call = adapters::grpc_kms::ParseDecrypt(fuzz::AsText(data, size));
  if (!call) return 0;
  const core::DecryptRequest request = call->request;
  auto well_formed = core::WellFormedDecrypt::Check(std::move(call->request));
  if (!well_formed) return 0;
  Require(well_formed->key_id().str() == request.key_id, "the key_id is the one given");
  Require(core::CheckAnnotationsForm(request.annotations).has_value(), "the form was checked");
  const auto accepted = core::ValidatedDecrypt::Check(*well_formed, *kKeys);
  if (accepted) {
    CheckAccepted(request, *accepted);
  } else if (!kKeys->decryptable.contains(request.key_id)) {
    Require(accepted.error() == core::UnknownKeyId(), "an unknown key_id is called so");
  }
  return 0;
}
