// SHA-256: with wiping, all that core takes from libcrypto.
#pragma once

#include <string>
#include <string_view>

namespace baokms::core {

// The 32 bytes of the digest.
std::string Sha256(std::string_view bytes);

// H(x) of wire-contract.md: base64url without padding of SHA-256, 43 characters.
std::string PublicHash(std::string_view text);

// The same digest as kube-apiserver shows a key_id in its metrics and messages: "sha256:" and
// lower-case hex.
std::string KubernetesHash(std::string_view text);

}  // namespace baokms::core
