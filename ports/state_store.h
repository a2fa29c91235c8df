// The registry's two files and their lock: moves documents and bytes. core/registry/registry.h
// computes, verifies and decides recovery (registry-and-rotation.md, "State file").
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/registry_document.h"

namespace baokms::ports {

enum class StateProblemKind : std::uint8_t {
  kUnsafeFile,       // symlink, not regular, mode or owner too wide
  kUnsafeDirectory,  // the parent is a symlink, no directory, or too wide
  kUnreadable,
  kMalformed,  // not JSON, unknown, missing or duplicate field, trailing content, wrong type
  kLocked,     // another process holds the writer lock
  kUnsafeLock,
  kNotSaved,  // a save failed; the files hold the old or the new state, never a mix
};

struct StateProblem {
  StateProblemKind kind;
  // What is wrong and what to do, without paths or contents. Static storage.
  std::string_view text;
  std::int64_t holder_pid = 0;  // kLocked: 0 when it cannot be known
};

struct StateFiles {
  std::optional<core::RegistryDocument> state;
  std::optional<core::CheckpointDocument> checkpoint;
};

// One thread at a time (the control loop); calls may block on the disk.
class StateStore {
 public:
  virtual ~StateStore() = default;
  // Held until destruction. What the files hold when it returns survives a power loss.
  virtual std::expected<void, StateProblem> Lock() = 0;
  virtual std::expected<StateFiles, StateProblem> Load() = 0;
  // Each writes the exact bytes atomically: temporary file, fsync, rename, fsync of the directory.
  virtual std::expected<void, StateProblem> SaveState(std::string_view bytes) = 0;
  virtual std::expected<void, StateProblem> SaveCheckpoint(std::string_view bytes) = 0;
};

}  // namespace baokms::ports
