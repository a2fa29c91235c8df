#include "tests/unit/model_check/node_rules.h"

#include <algorithm>

#include "core/rotation/status.h"
#include "tests/unit/model_check/kms_requests.h"

namespace baokms::core::model_check {
namespace {

// What the state file says of an identity; empty: nothing.
std::string StateOnDisk(const Node& node, Identity identity) {
  if (!node.disk.state) return "";
  const auto found = std::ranges::find(node.disk.state->snapshots, KeyIdOf(identity).str(),
                                       &SnapshotRecord::kubernetes_key_id);
  return found == node.disk.state->snapshots.end() ? "" : found->state;
}

bool DecryptsOnDisk(const Node& node, Identity identity) {
  const std::string state = StateOnDisk(node, identity);
  return state == "active" || state == "pending" || state == "retired";
}

// Status and Encrypt are one: the same key_id, never an older one, and no pending version.
std::string BrokenByEncrypt(const Answers& answers, const Node& node) {
  if (!answers.healthy) return answers.encrypts ? "Encrypt works while Status is unhealthy" : "";
  if (answers.status_key == kNoIdentity) return "Status answers a key_id that no version has";
  if (!answers.encrypts) return "Encrypt fails while Status is healthy";
  if (answers.encrypt_key != answers.status_key) {
    return "Encrypt answers another key_id than Status: " + Name(answers.encrypt_key);
  }
  if (answers.encrypt_version != VersionOf(answers.status_key)) {
    return "Encrypt uses another version than its key_id's";
  }
  if (node.memory.answered != kNoIdentity && node.memory.answered != answers.status_key &&
      VersionOf(answers.status_key) <= VersionOf(node.memory.answered)) {
    return "Status goes back from " + Name(node.memory.answered) + " to " +
           Name(answers.status_key);
  }
  const Registry& registry = *node.keeper->registry();
  const KeySnapshot* pending = registry.pending();
  if (pending != nullptr && pending->key_id == KeyIdOf(answers.status_key)) {
    return "a request is encrypted under a pending version";
  }
  if (registry.active().key_id != KeyIdOf(answers.status_key)) {
    return "Status answers " + Name(answers.status_key) + " after another was promoted";
  }
  // A state that is not ours proves nothing about what is durable.
  if (node.disk.tampering != Tampering::kNone) return "";
  const std::string on_disk = StateOnDisk(node, answers.status_key);
  if (on_disk != "active" && on_disk != "retired") {
    return "a request is encrypted under " + Name(answers.status_key) + ", on disk " +
           (on_disk.empty() ? "unknown" : on_disk);
  }
  return "";
}

// What decrypts is durable, nothing accepted is lost, nothing removed comes back.
std::string BrokenByDecrypt(const Answers& answers, const Node& node) {
  const IdentitySet lost =
      Without(Without(node.memory.accepted, node.memory.removed), answers.decrypts);
  // Without a state there is nothing to decrypt by, until it is recovered.
  if (lost != 0 && node.keeper->registry())
    return "an accepted identity no longer decrypts: " + Names(lost);
  if ((answers.decrypts & node.memory.removed) != 0) return "a removed identity decrypts again";
  if ((answers.discovers & node.memory.removed) != 0) return "a removed identity is looked for";
  if (node.disk.tampering != Tampering::kNone) return "";
  for (Identity identity = 0; identity < kIdentities; ++identity) {
    if (Contains(answers.decrypts, identity) && !DecryptsOnDisk(node, identity)) {
      return Name(identity) + " decrypts before it is on disk";
    }
  }
  return "";
}

// Healthy means: fresh good metadata, a good deep probe, nothing unsaved that matters.
std::string BrokenByHealth(const StepTaken& step, const Node& node, const Answers& answers) {
  if (!answers.healthy) return "";
  const std::optional<BootTime>& verified = node.process.verified;
  if (!verified || node.now.boot - *verified > PolicyOf(step.setting).max_staleness) {
    return "healthy although good metadata is too long ago";
  }
  if (node.process.failed_reads >= kTwoFailures) {
    return "healthy although the last two metadata probes failed";
  }
  if (node.process.failed_deep_probes >= kTwoFailures) {
    return "healthy although the deep probe was wrong, or failed twice";
  }
  if (node.process.unsaved_matters) return "healthy although a save that matters failed";
  return "";
}

std::string BrokenByRead(const StepTaken& step, const Node& node, const Answers& answers) {
  if (step.read == nullptr || !answers.healthy) return "";
  const Registry& registry = *node.keeper->registry();
  if (Contradicts(*step.read, registry)) {
    return "healthy although Transit contradicts a recorded identity";
  }
  if (registry.active().version.number() < step.read->min_encryption) {
    return "healthy although the active version may not encrypt";
  }
  return "";
}

std::string BrokenByPromotion(const StepTaken& step, const Node& node, const Answers& answers) {
  const Node& before = step.before;
  if (!before.keeper || !before.keeper->registry() || !node.keeper->registry()) return "";
  const bool changed =
      before.keeper->registry()->active().key_id != node.keeper->registry()->active().key_id;
  if (step.promotions != (changed ? 1 : 0)) return "the key_id changes without one promotion";
  if (changed && !answers.healthy && IsHealthy(before.view, before.now.boot)) {
    return "a promotion makes Status unhealthy";
  }
  return "";
}

}  // namespace

bool Contradicts(const TransitKey& key, const Registry& registry) {
  const IdentitySet decryptable = key.Decryptable();
  const int minimum = std::max(key.min_decryption, key.min_available);
  return std::ranges::any_of(registry.snapshots(), [&](const KeySnapshot& recorded) {
    if (!recorded.decrypts()) return false;
    if (Contains(decryptable, IdentityWith(recorded.key_id.str()))) return false;
    return recorded.state != SnapshotState::kRetired || recorded.version.number() >= minimum;
  });
}

IdentitySet DecryptableOf(const Registry& registry) {
  IdentitySet set = 0;
  for (const KeySnapshot& snapshot : registry.snapshots()) {
    if (snapshot.decrypts()) set |= SetOf(IdentityWith(snapshot.key_id.str()));
  }
  return set;
}

bool Matters(const Save& save) {
  return !save.published || DecryptableOf(*save.published) != DecryptableOf(save.next) ||
         save.published->active().key_id != save.next.active().key_id;
}

std::string BrokenBySave(const Setting& setting, const Node& node, const TransitKey* read,
                         const Save& save) {
  if (save.published && read != nullptr && Contradicts(*read, *save.published)) {
    return "a state is saved by metadata that contradicts a recorded identity";
  }
  if (!save.published && read != nullptr && read->latest > 1) {
    return "a first state is made of a rotated key";
  }
  const LastingMemory& memory = node.memory;
  const ProcessMemory& process = node.process;
  if (const KeySnapshot* pending = save.next.pending()) {
    const bool observed = memory.observed == IdentityWith(pending->key_id.str());
    if (pending->stable_observation_count > (observed ? memory.observations : 0)) {
      return "more observations are counted than were made";
    }
  }
  if (!save.published || save.published->active().key_id == save.next.active().key_id) return "";
  const Identity promoted = IdentityWith(save.next.active().key_id.str());
  if (process.metadata.kind != MetadataOperation::Kind::kRegular) return "a discovery promotes";
  if (memory.observed != promoted || memory.observations < setting.required_observations) {
    return "a promotion comes before the required observations";
  }
  if (process.metadata.probed_version != VersionOf(promoted)) {
    return "a promotion comes without its deep probe";
  }
  if (setting.delay_ticks > 0 &&
      (process.stable != promoted ||
       node.now.monotonic - process.stable_since < setting.delay_ticks * kTick)) {
    return "a promotion comes before the activation delay is over";
  }
  return "";
}

std::string BrokenByStep(const StepTaken& step, Node& node) {
  if (!node.keeper) return "";
  const Answers answers = Ask(node.view, node.now);
  for (const std::string& broken :
       {BrokenByEncrypt(answers, node), BrokenByDecrypt(answers, node),
        BrokenByHealth(step, node, answers), BrokenByRead(step, node, answers),
        BrokenByPromotion(step, node, answers)}) {
    if (!broken.empty()) return broken;
  }
  node.memory.accepted |= answers.decrypts;
  if (answers.healthy) node.memory.answered = answers.status_key;
  return "";
}

}  // namespace baokms::core::model_check
