#include "tests/unit/model_check/node_acts.h"

#include "core/rotation/status.h"
#include "tests/unit/model_check/key_keeper_form.h"
#include "tests/unit/model_check/kms_requests.h"

namespace baokms::core::model_check {
namespace {

using Acts = std::vector<Act>;

constexpr UnixSeconds kJump = 3600;

constexpr Tampering kTamperings[] = {Tampering::kOlderState,     Tampering::kForkedState,
                                     Tampering::kUnchainedState, Tampering::kTwoAhead,
                                     Tampering::kOtherIdentity,  Tampering::kStateGone,
                                     Tampering::kCheckpointGone, Tampering::kCheckpointAhead};

std::string ObjectOf(DiskOperation operation) {
  switch (operation) {
    case DiskOperation::kLoad:
      return "the state";
    case DiskOperation::kSaveState:
      return "the new state";
    case DiskOperation::kSaveCheckpoint:
      return "the new checkpoint";
  }
  return "";
}

// `smooth` with each disk fault at each operation that it makes.
void AddDiskFaults(Acts& acts, const Setting& setting, const Node& node, const Act& smooth) {
  NodeStep step(setting, node);
  smooth.act(step);
  for (int at = 0; at < std::ssize(step.operations()); ++at) {
    const DiskOperation operation = step.operations()[static_cast<std::size_t>(at)];
    for (const DiskFault fault : FaultsOf(operation)) {
      Act act = smooth;
      act.label += "; " + ObjectOf(operation) + " " + Name(fault);
      act.plan = {.at = at, .fault = fault};
      ++act.faults;
      acts.push_back(std::move(act));
    }
  }
}

Act Start() {
  return {.label = "starts", .act = [](NodeStep& step) { step.Start(); }};
}

Act Read(const TransitKey& key) {
  return {.label = "reads the metadata", .act = [key](NodeStep& step) { step.ReadSucceeds(key); }};
}

Act Probe(int version, DeepEnd end) {
  std::string label = "probes version " + std::to_string(version);
  if (end == DeepEnd::kAway) label += " in vain";
  if (end == DeepEnd::kRefused) label += " and is refused";
  return {.label = std::move(label), .act = [end](NodeStep& step) { step.ProbeEnds(end); }};
}

// As Transit answers it.
Act Probe(int version, const TransitKey& key) {
  return Probe(version, key.Encrypts(version) ? DeepEnd::kGood : DeepEnd::kRefused);
}

Act Discover(Identity identity) {
  return {.label = "is asked to decrypt " + Name(identity),
          .act = [identity](NodeStep& step) { step.Discover(identity); },
          .needs = identity == kStrayIdentity ? IdentitySet{0} : SetOf(identity)};
}

Act Fault(std::string label, std::function<void(NodeStep&)> act) {
  return {.label = std::move(label), .act = std::move(act), .faults = 1};
}

Act Lose() {
  return Fault("loses its state files", [](NodeStep& step) { step.LoseFiles(); });
}

Act Recover(const TransitKey& key) {
  return {.label = "recovers its state",
          .act = [key](NodeStep& step) { step.Recover(key); },
          .changes = 1};
}

// All that costs something where losses stand alone.
void AddLosses(Acts& acts, const Node& node, const TransitKey* key) {
  if (key == nullptr) {
    if (node.disk.state) acts.push_back(Lose());
  } else if (!node.keeper && !node.disk.state) {
    acts.push_back(Recover(*key));
  }
}

void AddOwn(Acts& acts, const Setting& setting, const Node& node) {
  if (!node.keeper) return acts.push_back(Start());
  if (MayTick(setting, node)) {
    acts.push_back({.label = "lets one tick pass", .act = [](NodeStep& step) { step.Tick(); }});
  }
  if (setting.news_of_answers && !IsHealthy(node.view, node.now.boot)) {
    acts.push_back({.label = "learns that OpenBao answers again",
                    .act = [](NodeStep& step) { step.LearnThatOpenBaoAnswers(); }});
  }
  if (KeyKeeperForm::HasWaiters(*node.keeper)) return;
  const IdentitySet discovers = Ask(node.view, node.now).discovers;
  for (Identity identity = 0; identity < kStrayIdentity; ++identity) {
    if (Contains(discovers, identity)) acts.push_back(Discover(identity));
  }
}

void AddKeyed(Acts& acts, const Node& node, const TransitKey& key) {
  if (!node.keeper) return;
  if (node.call.kind == Call::Kind::kRead) acts.push_back(Read(key));
  if (node.call.kind == Call::Kind::kProbe) {
    acts.push_back(Probe(node.call.version, key));
  }
  const Answers answers = Ask(node.view, node.now);
  // Until the next probe a node may still use the number of a version that a restored backup made
  // another one: that ciphertext is no identity's.
  if (answers.encrypts && key.Encrypts(answers.encrypt_version) &&
      key.Made(answers.encrypt_version) == answers.encrypt_key) {
    acts.push_back({.label = "encrypts under " + Name(answers.encrypt_key),
                    .act = [](NodeStep&) {},
                    .makes = SetOf(answers.encrypt_key)});
  }
}

void AddOwnBounded(Acts& acts, const Setting& setting, const Node& node) {
  for (const Tampering how : kTamperings) {
    // Beside a running node a checkpoint that is gone comes back with the next save.
    if (node.keeper && how == Tampering::kCheckpointGone) continue;
    if (const auto tampered = Tampered(node.disk, how)) {
      acts.push_back(
          Fault("finds " + Name(how), [disk = *tampered](NodeStep& step) { step.Tamper(disk); }));
    }
  }
  if (setting.losses == Losses::kAmongOthers && node.disk.state) acts.push_back(Lose());
  if (!node.keeper) return AddDiskFaults(acts, setting, node, Start());
  acts.push_back(Fault("stops", [](NodeStep& step) { step.Stop(); }));
  if (!node.clock_jumped) {
    acts.push_back(
        Fault("sees its wall clock jump back", [](NodeStep& step) { step.JumpWallClock(-kJump); }));
    acts.push_back(
        Fault("sees its wall clock jump ahead", [](NodeStep& step) { step.JumpWallClock(kJump); }));
  }
  if (node.call.kind == Call::Kind::kRead) {
    acts.push_back(Fault("fails to read the metadata", [](NodeStep& step) { step.ReadFails(); }));
    acts.push_back(Fault("reads that upsert is allowed",
                         [](NodeStep& step) { step.ReadFindsUpsertAllowed(); }));
  }
  if (node.call.kind == Call::Kind::kProbe) {
    for (const DeepEnd end : {DeepEnd::kAway, DeepEnd::kRefused}) {
      Act failed = Probe(node.call.version, end);
      failed.faults = 1;
      acts.push_back(std::move(failed));
    }
  }
  if (!KeyKeeperForm::HasWaiters(*node.keeper)) {
    Act stray = Discover(kStrayIdentity);
    stray.faults = 1;
    acts.push_back(std::move(stray));
  }
}

void AddOperators(Acts& acts, const Setting& setting, const Node& node, const TransitKey& key) {
  const auto add = [&](Act act) {
    act.changes = 1;
    acts.push_back(act);
    AddDiskFaults(acts, setting, node, act);
  };
  if (!node.disk.state) {
    return add(Recover(key));
  }
  for (int version = 2; version <= key.latest; ++version) {
    add({.label = "retires versions below " + std::to_string(version),
         .act = [key, version](NodeStep& step) { step.Retire(key, version); }});
  }
  for (int version = 1; version < key.latest; ++version) {
    add({.label = "restores version " + std::to_string(version),
         .act = [key, version](NodeStep& step) { step.Restore(key, version); }});
  }
}

}  // namespace

std::vector<Act> ActsOf(const Setting& setting, const Node& node, const TransitKey* key,
                        Cost cost) {
  Acts acts;
  if (node.refused) return acts;
  if (cost == Cost::kFree) {
    if (key == nullptr) {
      AddOwn(acts, setting, node);
    } else {
      AddKeyed(acts, node, *key);
    }
  } else if (setting.losses == Losses::kAlone) {
    AddLosses(acts, node, key);
  } else if (key == nullptr) {
    AddOwnBounded(acts, setting, node);
  } else if (node.call.kind == Call::Kind::kRead) {
    AddDiskFaults(acts, setting, node, Read(*key));
  } else if (node.call.kind == Call::Kind::kProbe) {
    AddDiskFaults(acts, setting, node, Probe(node.call.version, *key));
  } else if (!node.keeper && (node.disk.state || setting.losses == Losses::kAmongOthers)) {
    AddOperators(acts, setting, node, *key);
  }
  return acts;
}

}  // namespace baokms::core::model_check
