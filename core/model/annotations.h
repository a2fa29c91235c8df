// Annotations of an EncryptResponse or DecryptRequest, as bytes in map order (wire-contract.md).
#pragma once

#include <map>
#include <string>

namespace baokms::core {

using Annotations = std::map<std::string, std::string, std::less<>>;

}  // namespace baokms::core
