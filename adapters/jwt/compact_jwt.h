// A JWT in compact form, taken apart and parsed strictly. Internal: includes simdjson.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "adapters/strict_json/strict_json.h"

namespace baokms::adapters::jwt {

// The three parts, still encoded: none empty, base64url characters alone.
struct CompactParts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
};
std::optional<CompactParts> SplitCompact(std::string_view compact);

// One part decoded; nullptr unless it is base64url of a strict JSON object, in which values that
// nobody needs may be odd (tolerated_values.h). What was decoded is wiped with it.
std::unique_ptr<strict_json::StrictJson> ParsePart(std::string_view base64url);

}  // namespace baokms::adapters::jwt
