// Strings as Go's encoding/json writes them (wire-contract.md, "AAD"): the one escaping of this
// program, whether the bytes are part of the wire format or any JSON reader will do.
#pragma once

#include <string>
#include <string_view>

namespace baokms::core {

// The quoted, escaped form of valid UTF-8. The result is not wiped: not for secrets.
std::string JsonString(std::string_view text);

}  // namespace baokms::core
