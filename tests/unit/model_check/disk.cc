#include "tests/unit/model_check/disk.h"

#include <algorithm>

#include "adapters/state_file/registry_parser.h"
#include "tests/support/core/builders.h"

namespace baokms::core::model_check {
namespace {

namespace state_file = adapters::state_file;

const SnapshotRecord* FindRecord(const RegistryDocument& document, const std::string& key_id) {
  const auto found =
      std::ranges::find(document.snapshots, key_id, &SnapshotRecord::kubernetes_key_id);
  return found == document.snapshots.end() ? nullptr : &*found;
}

bool Decrypts(const SnapshotRecord& record) {
  return record.state != "removed" && record.state != "rejected";
}

}  // namespace

std::optional<Disk> Tampered(const Disk& disk, Tampering how) {
  if (disk.tampering != Tampering::kNone || !disk.state || !disk.checkpoint) return std::nullopt;
  // While the checkpoint lags, some of these cannot be told from a crash.
  if (disk.checkpoint->current_hash != disk.state->current_hash) return std::nullopt;
  RegistryDocument document = *disk.state;
  const std::string other_hash = RegistryHash({});
  Disk next = disk;
  next.tampering = how;
  switch (how) {
    case Tampering::kNone:
      return std::nullopt;
    case Tampering::kOlderState:
      if (document.generation == 1) return std::nullopt;
      if (--document.generation == 1) {
        document = testing::FirstRegistry().ToDocument();
      } else {
        document.previous_hash = other_hash;
      }
      break;
    case Tampering::kForkedState:
      ++document.snapshots.front().promoted_at;
      break;
    case Tampering::kUnchainedState:
      ++document.generation;
      document.previous_hash = other_hash;
      break;
    case Tampering::kTwoAhead:
      document.generation += 2;
      document.previous_hash = disk.state->current_hash;
      break;
    case Tampering::kOtherIdentity:
      document = testing::FirstRegistry(testing::Bind(OtherConfiguration())).ToDocument();
      next.checkpoint = std::make_shared<const CheckpointDocument>(
          testing::FirstRegistry(testing::Bind(OtherConfiguration())).ToCheckpoint());
      break;
    case Tampering::kStateGone:
      next.state.reset();
      return next;
    case Tampering::kCheckpointGone:
      if (document.generation == 1) return std::nullopt;
      next.checkpoint.reset();
      return next;
    case Tampering::kCheckpointAhead: {
      CheckpointDocument later = *disk.checkpoint;
      ++later.generation;
      later.current_hash = other_hash;
      next.checkpoint = std::make_shared<const CheckpointDocument>(std::move(later));
      return next;
    }
  }
  next.state = std::make_shared<const RegistryDocument>(testing::Signed(std::move(document)));
  return next;
}

std::string Name(Tampering how) {
  switch (how) {
    case Tampering::kNone:
      return "nothing";
    case Tampering::kOlderState:
      return "an older state file beside the checkpoint";
    case Tampering::kForkedState:
      return "another state of the same generation";
    case Tampering::kUnchainedState:
      return "a state one generation ahead that does not chain";
    case Tampering::kTwoAhead:
      return "a state two generations ahead";
    case Tampering::kOtherIdentity:
      return "the files of another configuration";
    case Tampering::kStateGone:
      return "a checkpoint without a state";
    case Tampering::kCheckpointGone:
      return "a state without its checkpoint";
    case Tampering::kCheckpointAhead:
      return "a checkpoint of a later generation";
  }
  return "";
}

std::string Name(DiskFault fault) {
  switch (fault) {
    case DiskFault::kNone:
      return "works";
    case DiskFault::kUnreadable:
      return "cannot be read";
    case DiskFault::kNotWritten:
      return "is not written";
    case DiskFault::kNotWrittenThenUnreadable:
      return "is not written and then cannot be read";
    case DiskFault::kWrittenButFails:
      return "is written but reports a failure";
    case DiskFault::kDiesBefore:
      return "is not written because the process dies";
    case DiskFault::kDiesAfter:
      return "is written and then the process dies";
  }
  return "";
}

std::vector<DiskFault> FaultsOf(DiskOperation operation) {
  using enum DiskFault;
  switch (operation) {
    case DiskOperation::kLoad:
      return {kUnreadable};
    case DiskOperation::kSaveState:
      return {kNotWritten, kNotWrittenThenUnreadable, kWrittenButFails, kDiesBefore, kDiesAfter};
    case DiskOperation::kSaveCheckpoint:
      // Dying before it is dying after the state.
      return {kNotWritten, kNotWrittenThenUnreadable, kWrittenButFails, kDiesAfter};
  }
  return {};
}

DiskFault PlannedStore::Begin(DiskOperation operation) {
  const int index = static_cast<int>(operations_.size());
  operations_.push_back(operation);
  if (index == plan_.at) return plan_.fault;
  const bool second = plan_.fault == DiskFault::kNotWrittenThenUnreadable && index == plan_.at + 1;
  return second && plan_.at >= 0 ? DiskFault::kUnreadable : DiskFault::kNone;
}

std::expected<ports::StateFiles, ports::StateProblem> PlannedStore::Load() {
  if (Begin(DiskOperation::kLoad) != DiskFault::kNone) {
    return std::unexpected(
        ports::StateProblem{.kind = ports::StateProblemKind::kUnreadable, .text = "unreadable"});
  }
  ports::StateFiles files;
  if (disk_.state) files.state = *disk_.state;
  if (disk_.checkpoint) files.checkpoint = *disk_.checkpoint;
  return files;
}

template <typename Write>
PlannedStore::Written PlannedStore::Save(DiskOperation operation, Write write) {
  const std::unexpected failed(
      ports::StateProblem{.kind = ports::StateProblemKind::kNotSaved, .text = "not saved"});
  switch (Begin(operation)) {
    case DiskFault::kNotWritten:
    case DiskFault::kNotWrittenThenUnreadable:
    case DiskFault::kUnreadable:
      return failed;
    case DiskFault::kDiesBefore:
      throw ProcessDied();
    case DiskFault::kNone:
      write();
      return {};
    case DiskFault::kWrittenButFails:
      write();
      return failed;
    case DiskFault::kDiesAfter:
      write();
      throw ProcessDied();
  }
  return failed;
}

std::expected<void, ports::StateProblem> PlannedStore::SaveState(std::string_view bytes) {
  return Save(DiskOperation::kSaveState, [&] {
    auto parsed = state_file::ParseRegistry(bytes);
    if (!parsed) return Broken("the state file is not one");
    CheckNewState(*parsed);
    disk_.state = std::make_shared<const RegistryDocument>(*std::move(parsed));
  });
}

std::expected<void, ports::StateProblem> PlannedStore::SaveCheckpoint(std::string_view bytes) {
  return Save(DiskOperation::kSaveCheckpoint, [&] {
    auto parsed = state_file::ParseCheckpoint(bytes);
    if (!parsed) return Broken("the checkpoint is not one");
    if (!disk_.state || disk_.state->current_hash != parsed->current_hash ||
        disk_.state->generation != parsed->generation) {
      Broken("a checkpoint is written that is not the state's");
    }
    if (disk_.checkpoint && parsed->generation < disk_.checkpoint->generation) {
      Broken("a checkpoint goes back");
    }
    disk_.checkpoint = std::make_shared<const CheckpointDocument>(*std::move(parsed));
  });
}

void PlannedStore::CheckNewState(const RegistryDocument& next) {
  if (disk_.tampering != Tampering::kNone) return Broken("a state that is not ours is overwritten");
  if (!Registry::Verify(next, identity_)) return Broken("a state is written that cannot be loaded");
  if (!disk_.state && disk_.checkpoint) {
    if (next.generation != disk_.checkpoint->generation + 1 ||
        next.previous_hash != disk_.checkpoint->current_hash) {
      Broken("a state made anew does not follow the checkpoint that is left");
    }
    return;
  }
  if (!disk_.state) {
    if (next.generation != 1) Broken("the first state is not generation 1");
    return;
  }
  const RegistryDocument& last = *disk_.state;
  if (next == last) return;
  if (next.generation != last.generation + 1 || next.previous_hash != last.current_hash) {
    Broken("the chain of generations is broken");
  }
  for (const SnapshotRecord& old : last.snapshots) {
    const SnapshotRecord* now = FindRecord(next, old.kubernetes_key_id);
    if (Contains(operators_, IdentityWith(old.kubernetes_key_id))) continue;
    if (now == nullptr || (Decrypts(old) && !Decrypts(*now))) {
      Broken("an identity is lost from the state");
    } else if (!Decrypts(old) && !(*now == old)) {
      Broken("a removed record is changed");
    }
  }
}

}  // namespace baokms::core::model_check
