// What an operator gives `recover-state` as proof: the state of another node, and a report of
// `key-usage --output json`.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "app/versions/evidence.h"
#include "core/registry/rebuild.h"

namespace baokms::app {

// The state file of a node with the same configuration, judged by itself: its checkpoint stays
// there. The error is for a person, and names the flag.
std::expected<core::Registry, std::string> ReadPeerState(std::string_view file,
                                                         const core::Registry::Identity& identity);

struct CensusRead {
  core::CensusEvidence evidence;  // of objects under the provider's name of the terms
  core::UnixSeconds taken_at = 0;
};

// A report that is old or about something else is refused, with every reason. Reasons are for a
// person, and name the flag.
std::expected<CensusRead, std::vector<std::string>> ReadCensus(std::string_view file,
                                                               const core::EvidenceTerms& terms);

}  // namespace baokms::app
