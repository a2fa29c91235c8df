// What an operator gives `recover-state` as proof: the state of another node, and a report of
// `key-usage --output json`.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/registry/rebuild.h"

namespace baokms::app {

// The state file of a node with the same configuration, judged by itself: its checkpoint stays
// there. The error is for a person, and names the flag.
std::expected<core::Registry, std::string> ReadPeerState(std::string_view file,
                                                         const core::Registry::Identity& identity);

// What the report says of objects under `provider_name`. The error is for a person, and names the
// flag.
std::expected<core::CensusEvidence, std::string> ReadCensus(std::string_view file,
                                                            std::string_view provider_name);

}  // namespace baokms::app
