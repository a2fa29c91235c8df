// Replaces one file so that a reader, or a start after a crash, finds the old bytes or the new ones
// (registry-and-rotation.md, "Save").
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "adapters/state_file/file_system.h"
#include "ports/state_store.h"

namespace baokms::adapters::state_file {

// Temporary file (0640, exclusive, one of ours left by a crash removed first), write, fsync,
// rename, fsync of the directory. kNotSaved: `name` holds the old bytes, or, when only the last
// step failed, the new ones without the promise that they survive a power loss.
std::expected<void, ports::StateProblem> SaveAtomically(FileSystem& files, int directory,
                                                        const std::string& name,
                                                        std::string_view bytes);

// Writes and syncs `bytes` zeros and lets them go: what SaveAtomically would say of the directory,
// its owner, the space and the file system. Where the file system has unnamed files nobody sees
// one; else the name is TemporaryName(name) with ".trial" behind it. kNotSaved.
std::expected<void, ports::StateProblem> TrySavingIn(FileSystem& files, int directory,
                                                     const std::string& name, std::size_t bytes);

// Fixed, so that the next save knows what a crashed one left behind.
std::string TemporaryName(const std::string& name);

}  // namespace baokms::adapters::state_file
