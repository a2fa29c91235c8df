// The JSON form of the two state files (registry-and-rotation.md, "State file"): fields in any
// order, each once, none unknown, none missing, numbers as integers, nothing behind the document.
// Whether the values are true (schema, hashes, identity, negative numbers) is for core to judge.
#pragma once

#include <expected>
#include <string_view>

#include "core/model/registry_document.h"
#include "ports/state_store.h"

namespace baokms::adapters::state_file {

inline constexpr std::string_view kRegistrySchema = "keyregistry.openbao-kms/v1alpha2";
inline constexpr std::string_view kOlderRegistrySchema = "keyregistry.openbao-kms/v1alpha1";
inline constexpr std::string_view kCheckpointSchema = "keyregistry.openbao-kms/checkpoint/v1alpha1";

// kMalformed. A document of a schema this version does not know comes back with schema_version
// alone, because nothing is known about its fields; core refuses it by that name. Any thread.
std::expected<core::RegistryDocument, ports::StateProblem> ParseRegistry(std::string_view text);
std::expected<core::CheckpointDocument, ports::StateProblem> ParseCheckpoint(std::string_view text);

}  // namespace baokms::adapters::state_file
