#include "adapters/grpc_kms/message_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "adapters/grpc_kms/kms.pb.h"

namespace baokms::adapters::grpc_kms {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

// Protobuf's generated parsers take no tag or length of more bytes, though CodedInputStream does.
constexpr int kMaxHeadBytes = 5;
// And messages and groups no deeper than this.
constexpr std::size_t kMaxDepth = 100;

// Calls on_bytes(field number, bytes) -> bool for every length-delimited field. False for a cut or
// malformed message, or when on_bytes says so.
template <typename OnBytes>
bool Walk(std::string_view message, std::size_t depth, OnBytes on_bytes) {
  CodedInputStream input(reinterpret_cast<const std::uint8_t*>(message.data()),
                         static_cast<int>(message.size()));
  std::vector<int> groups;  // those that are open: skipped with all that is in them
  for (;;) {
    int head = input.CurrentPosition();
    const std::uint32_t tag = input.ReadTag();
    if (tag == 0) return groups.empty() && input.ConsumedEntireMessage();
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    if (field == 0 || input.CurrentPosition() - head > kMaxHeadBytes) return false;
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_START_GROUP:
        if (groups.size() + depth >= kMaxDepth) return false;
        groups.push_back(field);
        continue;
      case WireFormatLite::WIRETYPE_END_GROUP:
        if (groups.empty() || groups.back() != field) return false;
        groups.pop_back();
        continue;
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        break;
      default:
        if (!WireFormatLite::SkipField(&input, tag)) return false;
        continue;
    }
    head = input.CurrentPosition();
    int length = 0;
    if (!input.ReadVarintSizeAsInt(&length)) return false;
    if (input.CurrentPosition() - head > kMaxHeadBytes) return false;
    const auto at = static_cast<std::size_t>(input.CurrentPosition());
    if (static_cast<std::size_t>(length) > message.size() - at) return false;
    const std::string_view bytes = message.substr(at, static_cast<std::size_t>(length));
    if (groups.empty() && !on_bytes(field, bytes)) return false;
    if (!input.Skip(length)) return false;
  }
}

bool ParseAnnotation(std::string_view message, core::Annotations& annotations) {
  std::string_view key;
  std::string_view value;
  const bool parsed = Walk(message, 1, [&](int field, std::string_view bytes) {
    if (field == v2::AnnotationEntry::kKeyFieldNumber) key = bytes;
    if (field == v2::AnnotationEntry::kValueFieldNumber) value = bytes;
    return true;
  });
  if (parsed) annotations.insert_or_assign(std::string(key), std::string(value));
  return parsed;
}

std::size_t TotalSize(const core::Annotations& annotations) {
  std::size_t total = 0;
  for (const auto& [key, value] : annotations) total += key.size() + value.size();
  return total;
}

core::Result<std::string> Serialize(const google::protobuf::MessageLite& message) {
  std::string bytes;
  if (!message.SerializeToString(&bytes)) return std::unexpected(core::HandlerFailed());
  if (bytes.size() > core::kMaxMessageBytes) return std::unexpected(core::ReplyTooLarge());
  return bytes;
}

}  // namespace

core::Result<void> ParseStatus(std::string_view message) {
  if (message.size() > core::kMaxMessageBytes) return std::unexpected(core::RequestTooLarge());
  if (!Walk(message, 0, [](int, std::string_view) { return true; })) {
    return std::unexpected(core::MalformedMessage());
  }
  return {};
}

core::Result<EncryptMessage> ParseEncrypt(std::string_view message) {
  if (message.size() > core::kMaxMessageBytes) return std::unexpected(core::RequestTooLarge());
  EncryptMessage encrypt;
  const bool parsed = Walk(message, 0, [&](int field, std::string_view bytes) {
    if (field == v2::EncryptRequest::kPlaintextFieldNumber) {
      encrypt.plaintext = core::Secret::Copy(bytes);
    } else if (field == v2::EncryptRequest::kUidFieldNumber) {
      encrypt.uid = bytes;
    }
    return true;
  });
  if (!parsed) return std::unexpected(core::MalformedMessage());
  if (encrypt.plaintext.empty()) return std::unexpected(core::EmptyPlaintext());
  return encrypt;
}

core::Result<DecryptMessage> ParseDecrypt(std::string_view message) {
  if (message.size() > core::kMaxMessageBytes) return std::unexpected(core::RequestTooLarge());
  DecryptMessage decrypt;
  core::DecryptRequest& request = decrypt.request;
  const bool parsed = Walk(message, 0, [&](int field, std::string_view bytes) {
    switch (field) {
      case v2::DecryptRequest::kCiphertextFieldNumber:
        request.ciphertext = bytes;
        return true;
      case v2::DecryptRequest::kUidFieldNumber:
        decrypt.uid = bytes;
        return true;
      case v2::DecryptRequest::kKeyIdFieldNumber:
        request.key_id = bytes;
        return true;
      case v2::DecryptRequest::kAnnotationsFieldNumber:
        return ParseAnnotation(bytes, request.annotations);
      default:
        return true;
    }
  });
  if (!parsed) return std::unexpected(core::MalformedMessage());
  if (request.ciphertext.empty()) return std::unexpected(core::EmptyCiphertext());
  if (request.ciphertext.size() > core::kMaxCiphertextBytes ||
      request.key_id.size() > core::kMaxKeyIdBytes ||
      TotalSize(request.annotations) > core::kMaxAnnotationBytes) {
    return std::unexpected(core::RequestTooLarge());
  }
  return decrypt;
}

core::Result<std::string> EncodeStatus(const core::StatusReply& reply) {
  v2::StatusResponse message;
  message.set_version("v2");
  message.set_healthz(reply.healthy ? "ok" : "unhealthy");
  if (reply.healthy) {
    if (reply.key_id.empty() || reply.key_id.size() > core::kMaxKeyIdBytes) {
      return std::unexpected(core::ReplyTooLarge());
    }
    message.set_key_id(reply.key_id);
  }
  return Serialize(message);
}

core::Result<std::string> EncodeEncrypt(const core::EncryptReply& reply) {
  const std::string& ciphertext = reply.ciphertext.bytes();
  if (!reply.annotations) return std::unexpected(core::HandlerFailed());
  if (ciphertext.empty() || ciphertext.size() > core::kMaxCiphertextBytes ||
      reply.key_id.str().size() > core::kMaxKeyIdBytes ||
      TotalSize(*reply.annotations) > core::kMaxAnnotationBytes) {
    return std::unexpected(core::ReplyTooLarge());
  }
  v2::EncryptResponse message;
  message.set_ciphertext(ciphertext);
  message.set_key_id(reply.key_id.str());
  for (const auto& [key, value] : *reply.annotations) {
    v2::AnnotationEntry* entry = message.add_annotations();
    entry->set_key(key);
    entry->set_value(value);
  }
  return Serialize(message);
}

core::Result<core::Secret> EncodeDecrypt(const core::DecryptReply& reply) {
  const std::string_view plaintext = reply.plaintext.ExposeSecret();
  if (plaintext.size() > core::kMaxMessageBytes) return std::unexpected(core::ReplyTooLarge());
  constexpr std::uint32_t kTag = WireFormatLite::MakeTag(v2::DecryptResponse::kPlaintextFieldNumber,
                                                         WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  const auto length = static_cast<std::uint32_t>(plaintext.size());
  const std::size_t head =
      CodedOutputStream::VarintSize32(kTag) + CodedOutputStream::VarintSize32(length);
  if (head + plaintext.size() > core::kMaxMessageBytes) {
    return std::unexpected(core::ReplyTooLarge());
  }
  core::Secret message = core::Secret::OfSize(head + plaintext.size());
  auto* at = reinterpret_cast<std::uint8_t*>(message.MutableBytes().data());
  at = CodedOutputStream::WriteVarint32ToArray(kTag, at);
  at = CodedOutputStream::WriteVarint32ToArray(length, at);
  std::memcpy(at, plaintext.data(), plaintext.size());
  return message;
}

}  // namespace baokms::adapters::grpc_kms
