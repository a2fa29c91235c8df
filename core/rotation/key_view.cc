#include "core/rotation/key_view.h"

#include "core/wire/aad.h"
#include "core/wire/annotations.h"
#include "core/wire/sha256.h"

namespace baokms::core {

std::shared_ptr<const KeySet> BuildKeySet(const Registry& registry,
                                          std::string_view plugin_version) {
  const ProviderIdentity& identity = registry.identity()->identity();
  const KeySnapshot* pending = registry.pending();
  auto keys = std::make_shared<KeySet>();
  for (const KeySnapshot& snapshot : registry.snapshots()) {
    if (!snapshot.decrypts()) {
      keys->refused.insert(snapshot.key_id.str());
      continue;
    }
    auto entry = std::make_shared<const KeyEntry>(KeyEntry{
        .snapshot = snapshot,
        .key_id_hash = PublicHash(snapshot.key_id.str()),
        .aad = std::make_shared<const Aad>(BuildAad(identity, snapshot.version, snapshot.key_id)),
        .annotations = std::make_shared<const Annotations>(
            BuildAnnotations(identity, snapshot.version, snapshot.key_id, plugin_version))});
    if (snapshot.state == SnapshotState::kActive) keys->active = entry;
    if (pending != nullptr && pending->key_id == snapshot.key_id) keys->pending = entry;
    keys->decryptable.emplace(snapshot.key_id.str(), std::move(entry));
  }
  return keys;
}

}  // namespace baokms::core
