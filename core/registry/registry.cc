#include "core/registry/registry.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "core/registry/registry_json.h"
#include "core/wire/configuration_fingerprint.h"
#include "core/wire/key_id.h"

namespace baokms::core {
namespace {

constexpr std::string_view kAadMode = "aad.required";

std::unexpected<RegistryProblem> Invalid(std::string_view text) {
  return RefuseRegistry(RegistryProblemKind::kInvalid, text);
}

std::optional<SnapshotState> ParseState(std::string_view name) {
  for (const SnapshotState state :
       {SnapshotState::kActive, SnapshotState::kPending, SnapshotState::kRetired,
        SnapshotState::kRejected, SnapshotState::kRemoved}) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

// A field of the configuration, and what is said when the state was created with another value.
struct IdentityField {
  std::string SnapshotRecord::* recorded;
  std::string ProviderIdentity::* configured;
  std::string_view changed;
};
#define BAOKMS_CHANGED(field)                                                             \
  field " is not the one that this state was created with; restore it (it cannot change " \
        "once data is encrypted)"
constexpr std::array kIdentityFields{
    IdentityField{&SnapshotRecord::provider_name, &ProviderIdentity::provider_name,
                  BAOKMS_CHANGED("transit.keyIdScope.providerName")},
    IdentityField{&SnapshotRecord::cluster_id, &ProviderIdentity::cluster_id,
                  BAOKMS_CHANGED("transit.keyIdScope.clusterId")},
    IdentityField{&SnapshotRecord::openbao_instance_id, &ProviderIdentity::openbao_instance_id,
                  BAOKMS_CHANGED("openbao.instanceId")},
    IdentityField{&SnapshotRecord::openbao_namespace, &ProviderIdentity::openbao_namespace,
                  BAOKMS_CHANGED("openbao.namespace")},
    IdentityField{&SnapshotRecord::transit_mount_id, &ProviderIdentity::transit_mount_id,
                  BAOKMS_CHANGED("transit.keyIdScope.transitMountId")},
    IdentityField{&SnapshotRecord::transit_key_lineage_id,
                  &ProviderIdentity::transit_key_lineage_id,
                  BAOKMS_CHANGED("transit.keyIdScope.keyLineageId")}};
#undef BAOKMS_CHANGED

constexpr std::string_view kSeveralChanged =
    "several identity fields (openbao.instanceId, openbao.namespace, transit.keyIdScope) are not "
    "those that this state was created with: the state or the configuration is another cluster's; "
    "restore the one that belongs here";

// Of one record; empty: it has the configuration's identity.
std::string_view FindChange(const SnapshotRecord& record, const ProviderIdentity& identity) {
  std::string_view changed;
  for (const IdentityField& field : kIdentityFields) {
    if (record.*field.recorded == identity.*field.configured) continue;
    if (!changed.empty()) return kSeveralChanged;
    changed = field.changed;
  }
  return changed;
}

// Of a document whose fingerprint is another. The records name all that is in it but the mount's
// path and the key's name.
std::string_view FindChange(const RegistryDocument& document, const ProviderIdentity& identity) {
  for (const SnapshotRecord& record : document.snapshots) {
    if (const auto changed = FindChange(record, identity); !changed.empty()) return changed;
  }
  return "transit.mountPath or transit.keyName is not the one that this state was created with; "
         "restore it (it cannot change once data is encrypted)";
}

std::expected<KeySnapshot, RegistryProblem> VerifyRecord(const SnapshotRecord& record,
                                                         const ProviderIdentity& identity) {
  if (const auto changed = FindChange(record, identity); !changed.empty()) {
    return RefuseRegistry(RegistryProblemKind::kOtherConfiguration, changed);
  }
  const auto version = TransitKeyVersion::FromNumber(record.transit_version);
  if (!version || record.transit_version_created_at <= 0) {
    return Invalid("a state record has no valid Transit version or creation time");
  }
  if (record.observed_at < 0 || record.stable_observation_count < 0 || record.stable_at < 0 ||
      record.promoted_at < 0) {
    return Invalid("a state record has a negative number");
  }
  if (record.stable_observation_count > 0 && record.observed_at == 0) {
    return Invalid("a state record counts observations without observedAtUnix");
  }
  if (record.stable_at > 0 && record.stable_observation_count == 0) {
    return Invalid("a state record has stableAtUnix without stableObservationCount");
  }
  if ((record.stable_at > 0 && record.stable_at < record.observed_at) ||
      (record.promoted_at > 0 && record.promoted_at < record.observed_at)) {
    return Invalid("a state record's times are before its observedAtUnix");
  }
  if (record.aad_mode != kAadMode) return Invalid("a state record has an unknown aadMode");
  const auto state = ParseState(record.state);
  if (!state) return Invalid("a state record has an unknown state");
  KeyId key_id = DeriveKeyId(identity, *version, record.transit_version_created_at);
  if (key_id.str() != record.kubernetes_key_id) {
    return Invalid("a state record's kubernetesKeyId does not match its fields");
  }
  return KeySnapshot{.version = *version,
                     .created_at = record.transit_version_created_at,
                     .key_id = std::move(key_id),
                     .state = *state,
                     .observed_at = record.observed_at,
                     .stable_observation_count = record.stable_observation_count,
                     .stable_at = record.stable_at,
                     .promoted_at = record.promoted_at};
}

// The document's own hashes: what binds it to itself and to the generation before.
std::expected<void, RegistryProblem> VerifyChain(const RegistryDocument& document) {
  if (document.generation < 1) return Invalid("the state's generation is below 1");
  if (document.previous_hash.has_value() == (document.generation == 1) ||
      (document.previous_hash && !IsRegistryHash(*document.previous_hash))) {
    return RefuseRegistry(RegistryProblemKind::kBadHash, "the state's previousHash is malformed");
  }
  if (!IsRegistryHash(document.current_hash) || RegistryHash(document) != document.current_hash) {
    return RefuseRegistry(
        RegistryProblemKind::kBadHash,
        "the state's currentHash does not match its contents; restore the state file and "
        "its checkpoint together");
  }
  return {};
}

std::expected<std::vector<KeySnapshot>, RegistryProblem> VerifyRecords(
    const RegistryDocument& document, const ProviderIdentity& identity) {
  std::vector<KeySnapshot> snapshots;
  std::set<std::string> seen;
  std::int64_t active_records = 0;
  for (const SnapshotRecord& record : document.snapshots) {
    auto snapshot = VerifyRecord(record, identity);
    if (!snapshot) return std::unexpected(snapshot.error());
    if (!seen.insert(snapshot->key_id.str()).second) {
      return Invalid("the state has a duplicate key_id");
    }
    if (snapshot->state == SnapshotState::kActive) {
      ++active_records;
      if (snapshot->key_id.str() != document.active_key_id) {
        return Invalid("the state's activeKeyId does not match its active record");
      }
    }
    snapshots.push_back(*std::move(snapshot));
  }
  if (active_records != 1) return Invalid("the state must have exactly one active record");
  return snapshots;
}

// As a rotation step writes them: state first, then the newest version, then the key_id.
void Sort(std::vector<KeySnapshot>& snapshots) {
  std::ranges::sort(snapshots, [](const KeySnapshot& a, const KeySnapshot& b) {
    return std::tie(a.state, b.version, a.key_id) < std::tie(b.state, a.version, b.key_id);
  });
}

// For looking up each of thousands.
std::map<std::string_view, const KeySnapshot*> ById(const std::vector<KeySnapshot>& snapshots) {
  std::map<std::string_view, const KeySnapshot*> by_id;
  for (const KeySnapshot& snapshot : snapshots) by_id.emplace(snapshot.key_id.str(), &snapshot);
  return by_id;
}

// What no ordinary transition may do, whatever computed it.
bool KeepsEveryPromise(const Registry& before, const std::vector<KeySnapshot>& after) {
  if (std::ranges::count(after, SnapshotState::kActive, &KeySnapshot::state) != 1) return false;
  const auto active = std::ranges::find(after, SnapshotState::kActive, &KeySnapshot::state);
  if (active->version < before.active().version) return false;
  const auto by_id = ById(after);
  return std::ranges::all_of(before.snapshots(), [&](const KeySnapshot& old) {
    const auto now = by_id.find(old.key_id.str());
    if (now == by_id.end()) return false;
    return old.decrypts() ? now->second->decrypts() : *now->second == old;
  });
}

}  // namespace

BoundIdentity::BoundIdentity(ProviderIdentity identity)
    : identity_(std::move(identity)), fingerprint_(ConfigurationFingerprint(identity_)) {}

Registry::Registry(Identity identity, std::int64_t generation,
                   std::optional<std::string> previous_hash, std::vector<KeySnapshot> snapshots)
    : identity_(std::move(identity)),
      generation_(generation),
      previous_hash_(std::move(previous_hash)),
      snapshots_(std::move(snapshots)) {
  current_hash_ = RegistryHash(ToDocument());
}

std::expected<Registry, RegistryProblem> Registry::Verify(const RegistryDocument& document,
                                                          Identity identity) {
  if (document.schema_version == kOlderRegistrySchema) {
    return RefuseRegistry(RegistryProblemKind::kOlderSchema,
                          "the state file has the older schema v1alpha1; run `bao-kms-provider "
                          "migrate-state` with this configuration");
  }
  if (document.schema_version != kRegistrySchema) {
    return RefuseRegistry(RegistryProblemKind::kWrongSchema,
                          "the state file's schemaVersion is unknown");
  }
  if (auto chained = VerifyChain(document); !chained) return std::unexpected(chained.error());
  if (document.identity_fingerprint != identity->fingerprint()) {
    return RefuseRegistry(RegistryProblemKind::kOtherConfiguration,
                          FindChange(document, identity->identity()));
  }
  auto snapshots = VerifyRecords(document, identity->identity());
  if (!snapshots) return std::unexpected(snapshots.error());
  return Registry(std::move(identity), document.generation, document.previous_hash,
                  *std::move(snapshots));
}

std::expected<Registry, RegistryProblem> Registry::Migrate(const RegistryDocument& older,
                                                           Identity identity) {
  if (older.schema_version != kOlderRegistrySchema || !older.identity_fingerprint.empty()) {
    return RefuseRegistry(RegistryProblemKind::kWrongSchema,
                          "the state file does not have the older schema v1alpha1");
  }
  if (auto chained = VerifyChain(older); !chained) return std::unexpected(chained.error());
  auto snapshots = VerifyRecords(older, identity->identity());
  if (!snapshots) return std::unexpected(snapshots.error());
  if (older.generation == std::numeric_limits<std::int64_t>::max()) {
    return Invalid("the state's generation has reached its maximum");
  }
  return Registry(std::move(identity), older.generation + 1, older.current_hash,
                  *std::move(snapshots));
}

Registry Registry::First(Identity identity, KeySnapshot active) {
  return Registry(std::move(identity), 1, std::nullopt, {std::move(active)});
}

Registry Registry::Anew(Identity identity, std::vector<KeySnapshot> snapshots,
                        const std::optional<CheckpointDocument>& after) {
  Sort(snapshots);
  if (!after) return Registry(std::move(identity), 1, std::nullopt, std::move(snapshots));
  return Registry(std::move(identity), after->generation + 1, after->current_hash,
                  std::move(snapshots));
}

std::optional<Registry> Registry::Next(std::vector<KeySnapshot> snapshots) const {
  if (generation_ == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  if (!KeepsEveryPromise(*this, snapshots)) return std::nullopt;
  Sort(snapshots);
  return Registry(identity_, generation_ + 1, current_hash_, std::move(snapshots));
}

std::optional<Registry> Registry::WithState(const std::set<TransitKeyVersion>& versions,
                                            SnapshotState from, SnapshotState to) const {
  if (generation_ == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  std::vector<KeySnapshot> snapshots = snapshots_;
  for (KeySnapshot& snapshot : snapshots) {
    if (snapshot.state == from && versions.contains(snapshot.version)) snapshot.state = to;
  }
  if (snapshots == snapshots_) return std::nullopt;
  return Registry(identity_, generation_ + 1, current_hash_, std::move(snapshots));
}

std::optional<Registry> Registry::WithRetiredRemoved(
    const std::set<TransitKeyVersion>& versions) const {
  return WithState(versions, SnapshotState::kRetired, SnapshotState::kRemoved);
}

std::optional<Registry> Registry::WithRemovedRestored(
    const std::set<TransitKeyVersion>& versions) const {
  return WithState(versions, SnapshotState::kRemoved, SnapshotState::kRetired);
}

const KeySnapshot& Registry::active() const {
  return *std::ranges::find(snapshots_, SnapshotState::kActive, &KeySnapshot::state);
}

const KeySnapshot* Registry::pending() const {
  const KeySnapshot* newest = nullptr;
  for (const KeySnapshot& snapshot : snapshots_) {
    if (snapshot.state != SnapshotState::kPending) continue;
    if (newest == nullptr || newest->version < snapshot.version) newest = &snapshot;
  }
  return newest;
}

RegistryDocument Registry::ToDocument() const {
  const ProviderIdentity& identity = identity_->identity();
  RegistryDocument document{.schema_version = std::string(kRegistrySchema),
                            .identity_fingerprint = identity_->fingerprint(),
                            .generation = generation_,
                            .previous_hash = previous_hash_,
                            .current_hash = current_hash_,
                            .active_key_id = active().key_id.str(),
                            .snapshots = {}};
  for (const KeySnapshot& snapshot : snapshots_) {
    document.snapshots.push_back({.provider_name = identity.provider_name,
                                  .cluster_id = identity.cluster_id,
                                  .openbao_instance_id = identity.openbao_instance_id,
                                  .openbao_namespace = identity.openbao_namespace,
                                  .transit_mount_id = identity.transit_mount_id,
                                  .transit_key_lineage_id = identity.transit_key_lineage_id,
                                  .transit_version = snapshot.version.number(),
                                  .transit_version_created_at = snapshot.created_at,
                                  .kubernetes_key_id = snapshot.key_id.str(),
                                  .state = std::string(Name(snapshot.state)),
                                  .aad_mode = std::string(kAadMode),
                                  .observed_at = snapshot.observed_at,
                                  .stable_observation_count = snapshot.stable_observation_count,
                                  .stable_at = snapshot.stable_at,
                                  .promoted_at = snapshot.promoted_at});
  }
  return document;
}

CheckpointDocument Registry::ToCheckpoint() const {
  return {.schema_version = std::string(kCheckpointSchema),
          .generation = generation_,
          .current_hash = current_hash_};
}

}  // namespace baokms::core
