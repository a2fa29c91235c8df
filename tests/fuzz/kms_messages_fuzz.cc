// Our message codec takes exactly what protobuf's own parser takes, and reads the same values.
#include <cstdint>

#include "adapters/grpc_kms/kms.pb.h"
#include "adapters/grpc_kms/message_codec.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using adapters::grpc_kms::ParseDecrypt;
using adapters::grpc_kms::ParseEncrypt;
using adapters::grpc_kms::ParseStatus;
using fuzz::Require;

void CheckStatus(std::string_view bytes) {
  v2::StatusRequest reference;
  const bool parses = reference.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  Require(ParseStatus(bytes).has_value() == parses, "Status: accepted as protobuf does");
}

void CheckEncrypt(std::string_view bytes) {
  v2::EncryptRequest reference;
  const bool parses = reference.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  const auto ours = ParseEncrypt(bytes);
  if (!parses) {
    Require(!ours && ours.error() == core::MalformedMessage(), "Encrypt: refused as protobuf does");
  } else if (reference.plaintext().empty()) {
    Require(!ours && ours.error() == core::EmptyPlaintext(), "Encrypt: empty is empty");
  } else {
    Require(ours.has_value(), "Encrypt: accepted as protobuf does");
    Require(ours->plaintext.ExposeSecret() == reference.plaintext(), "Encrypt: same plaintext");
    Require(ours->uid == reference.uid(), "Encrypt: same uid");
  }
}

void CheckDecrypt(std::string_view bytes) {
  v2::DecryptRequest reference;
  const bool parses = reference.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  const auto ours = ParseDecrypt(bytes);
  if (!parses) {
    Require(!ours && ours.error() == core::MalformedMessage(), "Decrypt: refused as protobuf does");
    return;
  }
  if (reference.ciphertext().empty()) {
    Require(!ours && ours.error() == core::EmptyCiphertext(), "Decrypt: empty is empty");
    return;
  }
  core::Annotations annotations;
  for (const v2::AnnotationEntry& entry : reference.annotations()) {
    annotations.insert_or_assign(entry.key(), entry.value());
  }
  std::size_t size = 0;
  for (const auto& [key, value] : annotations) size += key.size() + value.size();
  if (reference.ciphertext().size() > core::kMaxCiphertextBytes ||
      reference.key_id().size() > core::kMaxKeyIdBytes || size > core::kMaxAnnotationBytes) {
    Require(!ours && ours.error() == core::RequestTooLarge(), "Decrypt: limits hold");
    return;
  }
  Require(ours.has_value(), "Decrypt: accepted as protobuf does");
  Require(ours->request.ciphertext == reference.ciphertext(), "Decrypt: same ciphertext");
  Require(ours->request.key_id == reference.key_id(), "Decrypt: same key_id");
  Require(ours->request.annotations == annotations, "Decrypt: same annotations");
  Require(ours->uid == reference.uid(), "Decrypt: same uid");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::AsText(data, size);
  if (size > core::kMaxMessageBytes) {
    Require(ParseStatus(bytes).error() == core::RequestTooLarge(), "no message is too large");
    return 0;
  }
  CheckStatus(bytes);
  CheckEncrypt(bytes);
  CheckDecrypt(bytes);
  return 0;
}
