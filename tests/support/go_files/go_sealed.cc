#include "tests/support/go_files/go_sealed.h"

#include "tests/support/emulator/encoding.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

AdminReply Transit(const OpenBaoSetup& setup, const std::string& operation, const Json& body) {
  const SetupOptions& names = setup.options();
  return setup.Admin("POST", names.transit_mount + "/" + operation + "/" + names.key_name, body);
}

}  // namespace

SealedObject SealAsGo(const OpenBaoSetup& setup, const GoIdentity& identity, std::int64_t version,
                      std::int64_t created_at, const std::string& plaintext) {
  const std::string key_id = GoKeyId(identity, version, created_at);
  const AdminReply reply =
      Transit(setup, "encrypt",
              {{"plaintext", emulator::Base64Encode(plaintext)},
               {"key_version", version},
               {"associated_data", GoAssociatedData(identity, version, key_id)}});
  if (!reply.ok()) throw HarnessError("encrypt: " + reply.text);
  return {.ciphertext = reply.data().at("ciphertext").get<std::string>(),
          .key_id = key_id,
          .annotations = GoAnnotations(identity, version, key_id)};
}

std::string OpenAsGo(const OpenBaoSetup& setup, const GoIdentity& identity, std::int64_t version,
                     const SealedObject& sealed) {
  const AdminReply reply =
      Transit(setup, "decrypt",
              {{"ciphertext", sealed.ciphertext},
               {"associated_data", GoAssociatedData(identity, version, sealed.key_id)}});
  if (!reply.ok()) return "";
  return emulator::Base64Decode(reply.data().at("plaintext").get<std::string>()).value_or("");
}

}  // namespace baokms::testing
