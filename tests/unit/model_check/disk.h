// The two state files of a node, and the store over them that fails or dies at a chosen step
// (registry-and-rotation.md, "Save"). Every write is checked against what the files held.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/registry/registry.h"
#include "ports/state_store.h"
#include "tests/unit/model_check/identities.h"

namespace baokms::core::model_check {

// What somebody else did to the files; every one of them makes the files unfit to be believed.
enum class Tampering : std::uint8_t {
  kNone,
  kOlderState,       // an older state file beside the present checkpoint
  kForkedState,      // another content at the same generation
  kUnchainedState,   // one generation ahead, not chaining from the checkpoint
  kTwoAhead,         // two generations ahead of the checkpoint
  kOtherIdentity,    // both files of another configuration
  kStateGone,        // the checkpoint alone is left
  kCheckpointGone,   // the state alone is left, at a later generation than the first
  kCheckpointAhead,  // a checkpoint of a later generation
};

struct Disk {
  std::shared_ptr<const RegistryDocument> state;  // null: no such file
  std::shared_ptr<const CheckpointDocument> checkpoint;
  Tampering tampering = Tampering::kNone;
};

// What `how` would make of the files; none where it would not make them untrustworthy.
std::optional<Disk> Tampered(const Disk& disk, Tampering how);
std::string Name(Tampering how);

enum class DiskOperation : std::uint8_t { kLoad, kSaveState, kSaveCheckpoint };

enum class DiskFault : std::uint8_t {
  kNone,
  kUnreadable,                // a load fails
  kNotWritten,                // before the rename
  kNotWrittenThenUnreadable,  // and the load that follows fails too
  kWrittenButFails,           // after the rename: the directory's fsync
  kDiesBefore,                // the process, before the rename
  kDiesAfter,
};
std::string Name(DiskFault fault);

// The faults that tell anything about such an operation.
std::vector<DiskFault> FaultsOf(DiskOperation operation);

struct DiskFaultPlan {
  int at = -1;  // index of the operation
  DiskFault fault = DiskFault::kNone;
};

// Thrown out of the store: the process is gone.
struct ProcessDied {};

class PlannedStore final : public ports::StateStore {
 public:
  PlannedStore(Disk& disk, Registry::Identity identity, DiskFaultPlan plan)
      : disk_(disk), identity_(std::move(identity)), plan_(plan) {}

  std::expected<void, ports::StateProblem> Lock() override { return {}; }
  std::expected<ports::StateFiles, ports::StateProblem> Load() override;
  std::expected<void, ports::StateProblem> SaveState(std::string_view bytes) override;
  std::expected<void, ports::StateProblem> SaveCheckpoint(std::string_view bytes) override;

  // The next write may remove or restore these.
  void AllowOperator(IdentitySet identities) { operators_ = identities; }

  const std::vector<DiskOperation>& operations() const { return operations_; }
  // The planned fault has come.
  bool failed() const { return plan_.at >= 0 && std::ssize(operations_) > plan_.at; }
  // The first rule that a write broke; empty: none.
  const std::string& violation() const { return violation_; }

 private:
  using Written = std::expected<void, ports::StateProblem>;
  DiskFault Begin(DiskOperation operation);
  template <typename Write>
  Written Save(DiskOperation operation, Write write);
  void CheckNewState(const RegistryDocument& next);
  void Broken(std::string rule) {
    if (violation_.empty()) violation_ = std::move(rule);
  }

  Disk& disk_;
  Registry::Identity identity_;
  DiskFaultPlan plan_;
  std::vector<DiskOperation> operations_;
  std::string violation_;
  IdentitySet operators_ = 0;
};

}  // namespace baokms::core::model_check
