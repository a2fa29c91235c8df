// The key registry: which version encrypts and which still decrypt, as a chain of generations
// (registry-and-rotation.md). A Registry that exists has passed every check of that document for
// its configuration.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/key_snapshot.h"
#include "core/model/provider_identity.h"
#include "core/model/registry_document.h"

namespace baokms::core {

enum class RegistryProblemKind : std::uint8_t {
  kOlderSchema,  // v1alpha1: migrate-state
  kWrongSchema,
  kBadHash,
  kInvalid,             // a rule on records is broken
  kOtherConfiguration,  // the state belongs to another identity
  kRollback,
  kCheckpointMissing,
  kStateMissing,
};

struct RegistryProblem {
  RegistryProblemKind kind;
  std::string_view text;  // what is wrong and what to do; static storage, no values
};

// As the error of an expected.
inline std::unexpected<RegistryProblem> RefuseRegistry(RegistryProblemKind kind,
                                                       std::string_view text) {
  return std::unexpected(RegistryProblem{kind, text});
}

// The configuration a registry is bound to, with its fingerprint computed once.
class BoundIdentity {
 public:
  explicit BoundIdentity(ProviderIdentity identity);
  const ProviderIdentity& identity() const { return identity_; }
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  ProviderIdentity identity_;
  std::string fingerprint_;
};

class Registry {
 public:
  using Identity = std::shared_ptr<const BoundIdentity>;

  // Every load refusal of registry-and-rotation.md that concerns contents.
  static std::expected<Registry, RegistryProblem> Verify(const RegistryDocument& document,
                                                         Identity identity);
  // The v1alpha2 successor of a v1alpha1 document that passes the same checks
  // (core/registry/migration.h): one generation on, chained from the older hash, the same records.
  static std::expected<Registry, RegistryProblem> Migrate(const RegistryDocument& older,
                                                          Identity identity);
  // Generation 1.
  static Registry First(Identity identity, KeySnapshot active);
  // Made anew (core/registry/rebuild.h), in the order that a rotation step writes: generation 1, or
  // the one after a valid checkpoint that is left, chained from it. Exactly one record is active.
  static Registry Anew(Identity identity, std::vector<KeySnapshot> snapshots,
                       const std::optional<CheckpointDocument>& after);
  // The next generation, in the order that a rotation step writes. Ordinary transitions never drop
  // a decryptable identity, change a removed record or lower the active version: nullopt for one
  // that would, and when no generation number is left.
  std::optional<Registry> Next(std::vector<KeySnapshot> snapshots) const;
  // What an operator alone decides (core/registry/retirement.h): the next generation with the
  // retired records of these versions removed, or the removed ones retired again, in place; every
  // other record and the order stay. nullopt when no record would change or no generation is left.
  std::optional<Registry> WithRetiredRemoved(const std::set<TransitKeyVersion>& versions) const;
  std::optional<Registry> WithRemovedRestored(const std::set<TransitKeyVersion>& versions) const;

  std::int64_t generation() const { return generation_; }
  const std::string& current_hash() const { return current_hash_; }
  const std::optional<std::string>& previous_hash() const { return previous_hash_; }
  const std::vector<KeySnapshot>& snapshots() const { return snapshots_; }
  const KeySnapshot& active() const;
  // The newest pending snapshot; null when there is none.
  const KeySnapshot* pending() const;
  const Identity& identity() const { return identity_; }

  RegistryDocument ToDocument() const;
  CheckpointDocument ToCheckpoint() const;

  friend bool operator==(const Registry& a, const Registry& b) {
    return a.current_hash_ == b.current_hash_;
  }

 private:
  Registry(Identity identity, std::int64_t generation, std::optional<std::string> previous_hash,
           std::vector<KeySnapshot> snapshots);
  std::optional<Registry> WithState(const std::set<TransitKeyVersion>& versions, SnapshotState from,
                                    SnapshotState to) const;

  Identity identity_;
  std::int64_t generation_;
  std::optional<std::string> previous_hash_;
  std::vector<KeySnapshot> snapshots_;
  std::string current_hash_;
};

}  // namespace baokms::core
