// The form of Transit's ciphertexts (wire-contract.md).
#pragma once

#include <string>
#include <string_view>

#include "core/model/transit_key_version.h"

namespace baokms::core {

// "vault:v<version>:" and strict base64 of at least 29 bytes: nonce, one byte, tag. The prefix is
// malleable in OpenBao, so it must be exactly this version's (openbao-observed.md).
bool IsCiphertextOf(std::string_view ciphertext, TransitKeyVersion version);

// The prefix that Transit puts before a version's ciphertexts.
std::string CiphertextPrefix(TransitKeyVersion version);

}  // namespace baokms::core
