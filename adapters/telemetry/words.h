// The last guard before a log or a label: only bounded words and public hashes pass
// (observability.md, "What is never shown").
#pragma once

#include <string_view>

namespace baokms::adapters::telemetry {

// H(x) of wire-contract.md: 43 characters of base64url. A raw key_id is none.
bool IsPublicHash(std::string_view text);
// Lower-case letters, digits, '_' and '.', at most 64: a reason or the name of an event.
bool IsWord(std::string_view text);
// A value of transit_metadata_observation_total{status} (reports-and-labels.md).
bool IsObservationStatus(std::string_view text);

// The text, or "unknown" in place of anything that is no word; empty stays empty.
std::string_view WordOrUnknown(std::string_view text);
// The text, or nothing in place of anything that is no public hash.
std::string_view HashOrNothing(std::string_view text);

}  // namespace baokms::adapters::telemetry
