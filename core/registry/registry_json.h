// The bytes of the state file and its checkpoint, and the hash that chains them
// (registry-and-rotation.md, "State file").
#pragma once

#include <string>
#include <string_view>

#include "core/model/registry_document.h"

namespace baokms::core {

inline constexpr std::string_view kRegistrySchema = "keyregistry.openbao-kms/v1alpha2";
inline constexpr std::string_view kOlderRegistrySchema = "keyregistry.openbao-kms/v1alpha1";
inline constexpr std::string_view kCheckpointSchema = "keyregistry.openbao-kms/checkpoint/v1alpha1";

// "krs1." + 43 characters, over everything but current_hash itself.
std::string RegistryHash(const RegistryDocument& document);
bool IsRegistryHash(std::string_view text);

// The checkpoint that says this state is the newest.
CheckpointDocument CheckpointOf(const RegistryDocument& state);

// Whole files: two-space indent, trailing newline.
std::string RegistryBytes(const RegistryDocument& document);
std::string CheckpointBytes(const CheckpointDocument& document);

}  // namespace baokms::core
