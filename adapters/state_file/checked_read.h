// The state directory and the files in it, judged before they are believed
// (registry-and-rotation.md, "Load refuses").
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "adapters/state_file/file_system.h"
#include "ports/state_store.h"

namespace baokms::adapters::state_file {

enum class DirectoryOwner : std::uint8_t { kAnybody, kEffectiveUser };

// nullopt: there is no such directory. kUnsafeDirectory for a symlink, another kind of file, bits
// of 0022 or, when asked for, another owner.
std::expected<std::optional<Descriptor>, ports::StateProblem> OpenStateDirectory(
    FileSystem& files, const std::string& path, DirectoryOwner owner);

// nullopt: there is no such file. kUnsafeFile for a symlink, a special file or bits of 0137;
// kMalformed above 16 MiB.
std::expected<std::optional<std::string>, ports::StateProblem> ReadChecked(FileSystem& files,
                                                                           int directory,
                                                                           const std::string& name);

}  // namespace baokms::adapters::state_file
