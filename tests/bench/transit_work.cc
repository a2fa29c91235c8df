#include "tests/bench/transit_work.h"

#include "core/text/base64.h"
#include "core/wire/aad.h"
#include "core/wire/key_id.h"
#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

std::string AssociatedData(const ProviderConfig& config, const OpenBaoSetup& setup) {
  const Json& scope = config.tree.at("transit").at("keyIdScope");
  const auto part = [&](const char* name) { return scope.at(name).get<std::string>(); };
  const core::ProviderIdentity identity{
      .provider_name = part("providerName"),
      .cluster_id = part("clusterId"),
      .openbao_instance_id = config.tree.at("openbao").at("instanceId").get<std::string>(),
      .openbao_namespace = "",
      .transit_mount_id = part("transitMountId"),
      .transit_key_lineage_id = part("keyLineageId"),
      .transit_mount_path = setup.options().transit_mount,
      .transit_key_name = setup.options().key_name};
  const core::TransitKeyVersion version = core::TransitKeyVersion::First();
  const core::KeyId key_id = core::DeriveKeyId(identity, version, 1'700'000'000);
  return core::BuildAad(identity, version, key_id).associated_data();
}

}  // namespace

TransitWork PrepareTransit(const OpenBaoUnderTest& openbao, const ProviderConfig& config,
                           const OpenBaoSetup& setup, const std::string& token,
                           const std::string& plaintext, int key_version) {
  const std::string aad = AssociatedData(config, setup);
  const Json encrypt = {{"plaintext", core::Base64Encode(plaintext)},
                        {"associated_data", aad},
                        {"key_version", key_version}};
  const std::string mount = setup.options().transit_mount;
  const std::string key = setup.options().key_name;
  TransitWork work{.encrypt_path = mount + "/encrypt/" + key,
                   .encrypt_body = encrypt.dump(),
                   .decrypt_path = mount + "/decrypt/" + key,
                   .decrypt_body = ""};
  const AdminReply sealed = openbao.Call("POST", work.encrypt_path, encrypt, token);
  if (!sealed.ok()) throw HarnessError("encrypt: " + sealed.text);
  work.decrypt_body =
      Json{{"ciphertext", sealed.data().at("ciphertext")}, {"associated_data", aad}}.dump();
  return work;
}

}  // namespace baokms::testing
