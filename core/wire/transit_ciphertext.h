// The form of Transit's ciphertexts (wire-contract.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/transit_key_version.h"

namespace baokms::core {

// Nonce (12) and tag (16) around the plaintext.
constexpr std::size_t kCiphertextOverhead = 28;

// How long the plaintext of this version's ciphertext is, at least one byte; nullopt for anything
// else than "vault:v<version>:" and strict base64 of nonce, plaintext and tag. The prefix is
// malleable in OpenBao, so it must be exactly this version's (openbao-observed.md). What Encrypt
// returns and what Decrypt accepts are judged by this one function (request-scheduling.md,
// "Writes").
std::optional<std::size_t> PlaintextBytesOf(std::string_view ciphertext, TransitKeyVersion version);

// The prefix that Transit puts before a version's ciphertexts.
std::string CiphertextPrefix(TransitKeyVersion version);

}  // namespace baokms::core
