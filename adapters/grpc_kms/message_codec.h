// KMS v2 messages to and from bytes, with the limits of wire-contract.md ("Limits" and step 1 of
// "Decrypt order"). Plaintext goes straight from the message into a Secret and back: no generated
// message object ever holds a copy of it.
#pragma once

#include <string>
#include <string_view>

#include "core/model/error.h"
#include "core/model/kms_messages.h"
#include "core/model/secret.h"

namespace baokms::adapters::grpc_kms {

struct EncryptMessage {
  core::Secret plaintext;  // never empty
  std::string uid;         // opaque bytes
};

struct DecryptMessage {
  core::DecryptRequest request;  // sizes checked; nothing else is
  std::string uid;
};

// RequestTooLarge, MalformedMessage, EmptyPlaintext or EmptyCiphertext. As protobuf parsers do:
// unknown fields and fields of another wire type are skipped, the last of a repeated single field
// and of entries with one key wins.
core::Result<void> ParseStatus(std::string_view message);
core::Result<EncryptMessage> ParseEncrypt(std::string_view message);
core::Result<DecryptMessage> ParseDecrypt(std::string_view message);

// ReplyTooLarge when a limit does not hold.
core::Result<std::string> EncodeStatus(const core::StatusReply& reply);
core::Result<std::string> EncodeEncrypt(const core::EncryptReply& reply);
core::Result<core::Secret> EncodeDecrypt(const core::DecryptReply& reply);

}  // namespace baokms::adapters::grpc_kms
