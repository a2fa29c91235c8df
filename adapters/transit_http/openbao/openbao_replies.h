// The bodies of OpenBao's 200 replies, read strictly (openbao-observed.md). Whatever is not one
// whole, well-formed object with the right types is kUnavailable (wire-contract.md, "gRPC status
// and error class").
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/ciphertext.h"
#include "core/model/error.h"
#include "core/model/openbao_token.h"
#include "core/model/secret.h"
#include "core/model/transit_key_metadata.h"
#include "core/model/transit_key_version.h"

namespace baokms::adapters::transit_http {

// What a reply said, and OpenBao's request_id (empty when it gave none).
template <typename T>
struct ReadReply {
  core::Result<T> result;
  std::string request_id;
};

// InvalidOpenBaoReply() without a ciphertext, with one that does not begin with "vault:v<sent>:",
// or with another key_version than `sent`, or none.
ReadReply<core::Ciphertext> ReadEncryptReply(std::string_view body, core::TransitKeyVersion sent);
// InvalidOpenBaoReply() without a plaintext or with an empty one; kUnavailable when it is not
// base64.
ReadReply<core::Secret> ReadDecryptReply(std::string_view body);
ReadReply<core::TransitKeyMetadata> ReadKeyMetadataReply(std::string_view body);
ReadReply<bool> ReadDisableUpsertReply(std::string_view body);
using CapabilitiesByPath = std::map<std::string, std::vector<std::string>>;
ReadReply<CapabilitiesByPath> ReadCapabilitiesReply(std::string_view body,
                                                    const std::vector<std::string>& paths);
// Of a login or renew-self: a token that can be a header value and a lease above zero.
// SecondFactorWanted() for a reply with an mfa_requirement, TokenUsesLimited() for a token that
// ends after num_uses calls, long before its lease.
ReadReply<core::TokenGrant> ReadTokenReply(std::string_view body);

}  // namespace baokms::adapters::transit_http
