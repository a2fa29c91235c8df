#include "tests/unit/model_check/node_step.h"

#include <algorithm>

#include "core/registry/rebuild.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_save.h"
#include "core/registry/retirement.h"
#include "tests/support/core/builders.h"
#include "tests/unit/model_check/key_keeper_form.h"
#include "tests/unit/model_check/node_rules.h"

namespace baokms::core::model_check {
namespace {

const Registry::Identity& Configured() {
  static const Registry::Identity kIdentity = testing::Bind();
  return kIdentity;
}

const Registry::Identity& OtherwiseConfigured() {
  static const Registry::Identity kIdentity = testing::Bind(OtherConfiguration());
  return kIdentity;
}

}  // namespace

bool MayTick(const Setting& setting, const Node& node) {
  if (!node.keeper) return false;
  if (node.call.kind == Call::Kind::kNone) return true;
  return setting.slow_calls && node.now.monotonic + kTick <= node.call.deadline;
}

NodeStep::NodeStep(const Setting& setting, const Node& node, DiskFaultPlan plan)
    : setting_(setting), before_(node), node_(node), store_(node_.disk, Configured(), plan) {}

// ---- what may happen ----

void NodeStep::Start() {
  Disk copy = node_.disk;
  PlannedStore other(copy, OtherwiseConfigured(), {});
  if (node_.disk.state && node_.disk.tampering != Tampering::kOtherIdentity &&
      OpenRegistry(other, OtherwiseConfigured())) {
    Broken("files of another configuration are served");
  }
  try {
    auto opened = OpenRegistry(store_, Configured());
    if (!opened) {
      node_.refused = !store_.failed();
      if (node_.refused && node_.disk.tampering == Tampering::kNone) {
        Broken("files that our own saves left cannot be opened");
      }
      return;
    }
    if (node_.disk.tampering != Tampering::kNone) {
      Broken("untrustworthy files are served: " + Name(node_.disk.tampering));
    }
    node_.keeper.emplace(PolicyOf(setting_), Configured(), *std::move(opened));
    node_.view = node_.keeper->view();
    Handle(TimerFired{});
  } catch (const ProcessDied&) {
    Die();
  }
  Judge();
}

void NodeStep::Stop() {
  for (const KeeperAction& action : node_.keeper->Step(ShutdownBegan{}, node_.now)) {
    if (!std::holds_alternative<AnswerDiscovery>(action)) Broken("a shutdown starts something");
  }
  if (!node_.keeper->Step(TimerFired{}, node_.now).empty()) {
    Broken("something starts after the shutdown");
  }
  Die();
}

void NodeStep::Tick() {
  node_.now.monotonic += kTick;
  node_.now.boot += kTick;
  node_.now.wall += std::chrono::duration_cast<std::chrono::seconds>(kTick).count();
  if (node_.keeper->NextTimer() <= node_.now.monotonic) Handle(TimerFired{});
  Judge();
}

void NodeStep::ReadSucceeds(const TransitKey& key) {
  read_ = &key;
  const std::optional<Registry>& known = node_.keeper->registry();
  if (node_.process.metadata.kind == MetadataOperation::Kind::kRegular) {
    node_.process.failed_reads = 0;
    if (node_.process.unsaved.empty()) {
      Remember(key, known ? &*known : nullptr);
    } else {  // judged against what is saved first, if that works
      node_.process.metadata.good = !known || !Contradicts(key, *known);
    }
  }
  // A discovery's answer ends a row of failures, but nothing that Status says already.
  if (node_.process.failed_reads < kTwoFailures) node_.process.failed_reads = 0;
  Handle(MetadataRead{.metadata = key.Metadata(), .disable_upsert = true});
  Judge();
}

void NodeStep::Remember(const TransitKey& seen, const Registry* known) {
  node_.process.metadata.good = known == nullptr || !Contradicts(seen, *known);
  if (!node_.process.metadata.good) return;  // not a successful observation
  LastingMemory& memory = node_.memory;
  const Identity latest = seen.Made(seen.latest);
  const bool candidate =
      known != nullptr ? known->active().key_id != KeyIdOf(latest) : latest != IdentityOf(1, 0);
  if (!candidate) {
    memory.observed = kNoIdentity;
    memory.observations = 0;
  } else if (memory.observed != latest) {
    memory.observed = latest;
    memory.observations = 1;
  } else if (memory.observations < setting_.required_observations) {
    ++memory.observations;
  }
}

void NodeStep::ReadFails() {
  if (node_.process.metadata.kind == MetadataOperation::Kind::kRegular) {
    node_.process.failed_reads = std::min(node_.process.failed_reads + 1, kTwoFailures);
  }
  Handle(
      MetadataReadFailed{Reason::kMetadataReadFailed, OpenBaoFailure(OpenBaoStatus::kUnavailable)});
  Judge();
}

void NodeStep::ReadFindsUpsertAllowed() {
  if (node_.process.metadata.kind == MetadataOperation::Kind::kRegular) {
    node_.process.failed_reads = kTwoFailures;
  }
  Handle(MetadataRead{.metadata = TransitKey().Metadata(), .disable_upsert = false});
  Judge();
}

void NodeStep::ProbeEnds(DeepEnd end) {
  const bool ok = end == DeepEnd::kGood;
  ProcessMemory& process = node_.process;
  if (process.metadata.kind != MetadataOperation::Kind::kNone) {
    process.metadata.probed_version = ok ? node_.call.version : 0;
  } else if (end == DeepEnd::kAway) {
    process.failed_deep_probes = std::min(process.failed_deep_probes + 1, kTwoFailures);
  } else {
    process.failed_deep_probes = ok ? 0 : kTwoFailures;
  }
  switch (end) {
    case DeepEnd::kGood:
      Handle(DeepProbeFinished{.result = DeepResult::kOk, .error = std::nullopt});
      break;
    case DeepEnd::kAway:
      Handle(DeepProbeFinished{.result = DeepResult::kFailed,
                               .error = OpenBaoFailure(OpenBaoStatus::kUnavailable)});
      break;
    case DeepEnd::kRefused:
      Handle(DeepProbeFinished{.result = DeepResult::kFailed,
                               .error = OpenBaoFailure(OpenBaoStatus::kInvalidRequest)});
      break;
  }
  Judge();
}

void NodeStep::Discover(Identity identity) {
  Handle(DiscoveryWanted{
      .waiter = 1, .key_id = KeyIdOf(identity), .deadline = node_.now.monotonic + kTick});
  Judge();
}

void NodeStep::LearnThatOpenBaoAnswers() {
  Handle(OpenBaoAnswers{});
  Judge();
}

void NodeStep::JumpWallClock(UnixSeconds by) {
  node_.now.wall += by;
  node_.clock_jumped = true;
}

void NodeStep::Tamper(const Disk& tampered) { node_.disk = tampered; }

void NodeStep::LoseFiles() {
  Die();
  node_.disk = {};
  node_.memory.removed = 0;  // what an operator retired is forgotten with the state
}

void NodeStep::Retire(const TransitKey& key, int before_version) {
  ApplyPlan([&](const Registry& registry) {
    const auto before = *TransitKeyVersion::FromNumber(before_version);
    auto plan = RetireVersions(registry, key.Metadata(), before);
    // The way out of a minimum that was raised too early depends on nothing else.
    if (!plan && registry.active().version == before && !Contradicts(key, registry)) {
      Broken("versions below the active one cannot be retired");
    }
    return plan;
  });
}

void NodeStep::Restore(const TransitKey& key, int version) {
  ApplyPlan([&](const Registry& registry) {
    return RestoreVersions(registry, key.Metadata(), {*TransitKeyVersion::FromNumber(version)});
  });
}

void NodeStep::Recover(const TransitKey& key) {
  RebuildRequest request{.wall = node_.now.wall};
  if (node_.disk.checkpoint) request.checkpoint = *node_.disk.checkpoint;
  const auto rebuilt = RebuildState(Configured(), key.Metadata(), request, {});
  if (!rebuilt) {
    // Nothing shows whether what a minimum hides is needed.
    if (key.min_decryption <= std::max(1, key.min_available)) {
      Broken("a lost state cannot be recovered though OpenBao lists every version");
    }
    return;
  }
  node_.disk.tampering = Tampering::kNone;  // the operator knows that the state is gone
  try {
    (void)SaveRebuilt(store_, request.checkpoint, rebuilt->registry);
  } catch (const ProcessDied&) {
    Die();  // the files say how far it came
  }
  if (!node_.disk.state) {
    node_.disk = before_.disk;
    return;
  }
  node_.memory.removed = 0;
  // What was trimmed, nobody decrypts.
  for (int version = 1; version < key.min_available; ++version) {
    node_.memory.accepted = Without(node_.memory.accepted, SetOf(key.Made(version)));
  }
  Judge();
}

template <typename Plan>
void NodeStep::ApplyPlan(Plan plan) {
  IdentitySet changed = 0;
  try {
    const auto opened = OpenRegistry(store_, Configured());
    if (!opened || !*opened) return;
    const auto change = plan(**opened);
    if (!change || !change->next) return;
    for (const KeySnapshot& snapshot : change->changed) {
      changed |= SetOf(IdentityWith(snapshot.key_id.str()));
    }
    store_.AllowOperator(changed);
    (void)SaveConfirmed(store_, (*opened)->ToDocument(), *change->next);
  } catch (const ProcessDied&) {
    Die();  // the files say how far it came
  }
  for (const SnapshotRecord& record : node_.disk.state->snapshots) {
    const IdentitySet identity = SetOf(IdentityWith(record.kubernetes_key_id));
    if ((identity & changed) == 0) continue;
    node_.memory.removed = record.state == "removed" ? node_.memory.removed | identity
                                                     : Without(node_.memory.removed, identity);
  }
  Judge();
}

// ---- carrying out what the keeper decides ----

void NodeStep::Handle(KeeperEvent event) {
  if (std::holds_alternative<MetadataRead>(event) ||
      std::holds_alternative<MetadataReadFailed>(event) ||
      std::holds_alternative<DeepProbeFinished>(event)) {
    node_.call = {};
  }
  events_.push_back(std::move(event));
  try {
    while (!events_.empty()) {
      const KeeperEvent next = std::move(events_.front());
      events_.pop_front();
      for (const KeeperAction& action : node_.keeper->Step(next, node_.now)) {
        std::visit([this](const auto& a) { Do(a); }, action);
      }
    }
  } catch (const ProcessDied&) {
    Die();
    return;
  }
  if (!KeyKeeperForm::InMetadataOperation(*node_.keeper)) node_.process.metadata = {};
}

void NodeStep::Do(const ReadMetadata& action) {
  const bool discovery = KeyKeeperForm::IsDiscovery(*node_.keeper);
  node_.call = {.kind = Call::Kind::kRead, .deadline = action.deadline};
  node_.process.metadata.kind =
      discovery ? MetadataOperation::Kind::kDiscovery : MetadataOperation::Kind::kRegular;
  if (!discovery) return;
  if (node_.process.discovery &&
      node_.now.monotonic < *node_.process.discovery + PolicyOf(setting_).probe_interval) {
    Broken("two discoveries start within one probe interval");
  }
  node_.process.discovery = node_.now.monotonic;
}

void NodeStep::Do(const DeepProbe& action) {
  node_.call = {.kind = Call::Kind::kProbe,
                .version = static_cast<int>(action.version.number()),
                .deadline = action.deadline};
}

void NodeStep::Do(const Save& action) {
  const std::string& hash = action.next.current_hash();
  std::string& unsaved = node_.process.unsaved;
  const bool again = !unsaved.empty();
  if (!again) {
    Broken(BrokenBySave(setting_, node_, read_, action));
  } else if (unsaved != hash) {
    Broken("another candidate is saved before the one whose save failed");
  }
  const SaveResult result = SaveRegistry(store_, action);
  unsaved = result == SaveResult::kSaved ? "" : hash;
  node_.process.unsaved_matters = result != SaveResult::kSaved && Matters(action);
  if (again && result == SaveResult::kSaved && read_ != nullptr &&
      node_.process.metadata.kind == MetadataOperation::Kind::kRegular) {
    Remember(*read_, &action.next);
  }
  events_.push_back(SaveFinished{.result = result});
}

void NodeStep::Do(const MetadataProbeEnded& action) {
  const std::optional<Registry>& known = node_.keeper->registry();
  const bool files =
      action.reason == Reason::kStateSaveFailed || action.reason == Reason::kStateUnavailable;
  if (!action.ok && !files && read_ != nullptr && known && !Contradicts(*read_, *known)) {
    Broken("metadata that contradict nothing that is recorded are refused");
  }
  if (node_.process.metadata.kind != MetadataOperation::Kind::kRegular) return;
  if (node_.process.metadata.good) node_.process.verified = node_.now.boot;
  node_.process.metadata = {};
  regular_probe_ = action.ok;
  if (!action.ok) return;
  const KeySnapshot* pending =
      node_.keeper->registry() ? node_.keeper->registry()->pending() : nullptr;
  if (pending == nullptr || pending->stable_at == 0) return;
  const Identity identity = IdentityWith(pending->key_id.str());
  if (node_.process.stable == identity) return;
  node_.process.stable = identity;
  node_.process.stable_since = node_.now.monotonic;
}

void NodeStep::Do(const Promoted& action) {
  ++promotions_;
  // The probe before its promotion is the newest word on the version that is active now.
  if (node_.process.metadata.probed_version == action.now.version.number()) {
    node_.process.failed_deep_probes = 0;
  }
}

void NodeStep::Die() {
  node_.keeper.reset();
  node_.view = {};
  node_.call = {};
  node_.process = {};
}

void NodeStep::Judge() {
  Broken(store_.violation());
  Broken(BrokenByStep({.setting = setting_,
                       .before = before_,
                       .promotions = promotions_,
                       .read = regular_probe_ ? read_ : nullptr},
                      node_));
}

}  // namespace baokms::core::model_check
