#include "tests/support/go_files/go_state_file.h"

#include <openssl/evp.h>

#include <utility>

#include "tests/support/emulator/encoding.h"

namespace baokms::testing {
namespace {

using Ordered = nlohmann::ordered_json;

std::string Sha256(const std::string& bytes) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned length = 0;
  // Characters as OpenSSL's bytes.
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &length,
             EVP_sha256(), nullptr);
  digest.resize(length);
  return digest;
}

std::string HashText(const std::string& bytes) { return emulator::Base64UrlEncode(Sha256(bytes)); }

// nlohmann's text with what Go escapes besides.
std::string AsGo(std::string json) {
  const auto replace = [&json](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = json.find(from, at)) != std::string::npos; at += to.size()) {
      json.replace(at, from.size(), to);
    }
  };
  replace("<", "\\u003c");
  replace(">", "\\u003e");
  replace("&", "\\u0026");
  replace("\u2028", "\\u2028");
  replace("\u2029", "\\u2029");
  return json;
}

Ordered RecordJson(const GoIdentity& identity, const GoRecord& record) {
  Ordered json = {{"providerName", identity.provider_name},
                  {"clusterId", identity.cluster_id},
                  {"openbaoInstanceId", identity.openbao_instance_id}};
  if (!identity.openbao_namespace.empty()) json["openbaoNamespace"] = identity.openbao_namespace;
  json["transitMountId"] = identity.transit_mount_id;
  json["transitKeyLineageId"] = identity.key_lineage_id;
  json["transitVersion"] = record.version;
  json["transitVersionCreatedAtUnix"] = record.created_at;
  json["kubernetesKeyId"] = GoKeyId(identity, record.version, record.created_at);
  json["state"] = record.state;
  json["aadMode"] = "aad.required";
  for (const auto& [name, value] : {std::pair{"observedAtUnix", record.observed_at},
                                    std::pair{"stableObservationCount", record.stable_observations},
                                    std::pair{"stableAtUnix", record.stable_at},
                                    std::pair{"promotedAtUnix", record.promoted_at}}) {
    if (value != 0) json[name] = value;
  }
  return json;
}

// The file's fields in the file's order; without currentHash it is what is hashed.
Ordered StateJson(const GoState& state, const std::string& current_hash) {
  Ordered json = {{"schemaVersion", "keyregistry.openbao-kms/v1alpha2"},
                  {"identityFingerprint", GoFingerprint(state.identity)},
                  {"generation", state.generation}};
  if (!state.previous_hash.empty()) json["previousHash"] = state.previous_hash;
  if (!current_hash.empty()) json["currentHash"] = current_hash;
  json["activeKeyId"] = "";
  json["snapshots"] = Ordered::array();
  for (const GoRecord& record : state.records) {
    json["snapshots"].push_back(RecordJson(state.identity, record));
    if (record.state == "active") {
      json["activeKeyId"] = GoKeyId(state.identity, record.version, record.created_at);
    }
  }
  return json;
}

}  // namespace

GoIdentity IdentityOf(const nlohmann::json& configuration) {
  const nlohmann::json& scope = configuration.at("transit").at("keyIdScope");
  return {.provider_name = scope.at("providerName"),
          .cluster_id = scope.at("clusterId"),
          .openbao_instance_id = configuration.at("openbao").at("instanceId"),
          .openbao_namespace = configuration.at("openbao").value("namespace", ""),
          .transit_mount_id = scope.at("transitMountId"),
          .key_lineage_id = scope.at("keyLineageId"),
          .transit_mount_path = configuration.at("transit").at("mountPath"),
          .transit_key_name = configuration.at("transit").at("keyName")};
}

GoState GoStateOf(const GoIdentity& identity, const nlohmann::json& file) {
  GoState state{.identity = identity,
                .generation = file.at("generation"),
                .previous_hash = file.value("previousHash", "")};
  for (const nlohmann::json& record : file.at("snapshots")) {
    state.records.push_back(
        {.version = record.at("transitVersion"),
         .created_at = record.at("transitVersionCreatedAtUnix"),
         .state = record.at("state"),
         .observed_at = record.value("observedAtUnix", std::int64_t{0}),
         .stable_observations = record.value("stableObservationCount", std::int64_t{0}),
         .stable_at = record.value("stableAtUnix", std::int64_t{0}),
         .promoted_at = record.value("promotedAtUnix", std::int64_t{0})});
  }
  return state;
}

std::string GoKeyId(const GoIdentity& identity, std::int64_t version, std::int64_t created_at) {
  std::string parts;
  const auto add = [&parts](const std::string& part) { parts.append(part).push_back('\0'); };
  add("openbao-kubernetes-kms/key-id/v1");
  add(identity.provider_name);
  add(identity.cluster_id);
  add(identity.openbao_instance_id);
  if (!identity.openbao_namespace.empty()) add(identity.openbao_namespace);
  add(identity.transit_mount_id);
  add(identity.key_lineage_id);
  add(std::to_string(version));
  add(std::to_string(created_at));
  return "obk2." + HashText(parts);
}

std::string GoFingerprint(const GoIdentity& identity) {
  Ordered json = {{"domain", "openbao-kubernetes-kms/config-identity/v1"},
                  {"provider_name", identity.provider_name},
                  {"cluster_id", identity.cluster_id},
                  {"openbao_instance_id", identity.openbao_instance_id}};
  if (!identity.openbao_namespace.empty()) json["openbao_namespace"] = identity.openbao_namespace;
  json["transit_mount_id"] = identity.transit_mount_id;
  json["key_lineage_id"] = identity.key_lineage_id;
  json["transit_mount_path"] = identity.transit_mount_path;
  json["transit_key_name"] = identity.transit_key_name;
  return "cfg1." + HashText(AsGo(json.dump()));
}

std::string GoCurrentHash(const GoState& state) {
  return "krs1." + HashText(AsGo(StateJson(state, "").dump()));
}

std::string GoStateText(const GoState& state) {
  return AsGo(StateJson(state, GoCurrentHash(state)).dump(2)) + "\n";
}

std::string GoCheckpointText(const GoState& state) {
  const Ordered json = {{"schemaVersion", "keyregistry.openbao-kms/checkpoint/v1alpha1"},
                        {"generation", state.generation},
                        {"currentHash", GoCurrentHash(state)}};
  return json.dump(2) + "\n";
}

std::string GoAssociatedData(const GoIdentity& identity, std::int64_t version,
                             const std::string& key_id) {
  Ordered json = {{"aad_version", "v1"},
                  {"purpose", "kubernetes-etcd-kms-v2"},
                  {"provider", "openbao-transit"},
                  {"provider_name", identity.provider_name},
                  {"cluster_id_hash", HashText(identity.cluster_id)},
                  {"openbao_instance_hash", HashText(identity.openbao_instance_id)}};
  if (!identity.openbao_namespace.empty()) {
    json["openbao_namespace_hash"] = HashText(identity.openbao_namespace);
  }
  json["transit_mount_hash"] = HashText(identity.transit_mount_id);
  json["transit_key_hash"] = HashText(identity.key_lineage_id);
  json["key_id_hash"] = HashText(key_id);
  json["key_version"] = std::to_string(version);
  return emulator::Base64Encode(AsGo(json.dump()));
}

std::map<std::string, std::string> GoAnnotations(const GoIdentity& identity, std::int64_t version,
                                                 const std::string& key_id) {
  std::map<std::string, std::string> annotations = {
      {"provider.kms.openbao.org", "openbao-transit"},
      {"key-id-hash.kms.openbao.org", HashText(key_id)},
      {"transit-key-version.kms.openbao.org", std::to_string(version)},
      {"transit-mount-hash.kms.openbao.org", HashText(identity.transit_mount_id)},
      {"transit-key-hash.kms.openbao.org", HashText(identity.key_lineage_id)},
      {"plugin-version.kms.openbao.org", "v0.1.0-go"},
      {"aad-version.kms.openbao.org", "v1"}};
  if (!identity.openbao_namespace.empty()) {
    annotations["openbao-namespace-hash.kms.openbao.org"] = HashText(identity.openbao_namespace);
  }
  return annotations;
}

}  // namespace baokms::testing
