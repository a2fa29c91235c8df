// Whether the files still hold what a running provider serves with, and how it gives them back
// (registry-and-rotation.md, "Files that change under a running provider").
#pragma once

#include <cstdint>
#include <string_view>

#include "core/registry/registry.h"
#include "ports/state_store.h"

namespace baokms::core {

enum class FilesFound : std::uint8_t {
  kIntact,
  kMissing,     // the state, its checkpoint or both are gone; what is left is this registry's
  kReplaced,    // they hold something else
  kUnreadable,  // they cannot be read, or a start would refuse them for their kind or mode
};

// /ready's reason and the log's: "state_files_missing"; empty for kIntact.
std::string_view Name(FilesFound found);
// What a person does; empty for kIntact.
std::string_view AdviceFor(FilesFound found);

// Both functions run under the writer lock on one thread, and block as the store does.
FilesFound LookAtFiles(ports::StateStore& store, const Registry& published);

// Writes `published` where LookAtFiles said kMissing, under a lock that is taken again where its
// file went with the others. Whether the files are intact now. Never over anything: what has come
// into their place meanwhile stays.
bool GiveBackFiles(ports::StateStore& store, const Registry& published);

}  // namespace baokms::core
