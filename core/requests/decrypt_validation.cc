#include "core/requests/decrypt_validation.h"

#include "core/text/utf8.h"
#include "core/wire/annotations.h"
#include "core/wire/transit_ciphertext.h"

namespace baokms::core {
namespace {

std::size_t AnnotationBytes(const Annotations& annotations) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations) bytes += key.size() + value.size();
  return bytes;
}

bool AllUtf8(const Annotations& annotations) {
  for (const auto& [key, value] : annotations) {
    if (!IsValidUtf8(key) || !IsValidUtf8(value)) return false;
  }
  return true;
}

}  // namespace

Result<WellFormedDecrypt> WellFormedDecrypt::Check(DecryptRequest request) {
  if (request.ciphertext.empty()) return std::unexpected(EmptyCiphertext());
  if (request.ciphertext.size() > kMaxCiphertextBytes || request.key_id.size() > kMaxKeyIdBytes ||
      AnnotationBytes(request.annotations) > kMaxAnnotationBytes) {
    return std::unexpected(RequestTooLarge());
  }
  if (!AllUtf8(request.annotations)) return std::unexpected(InvalidAnnotations());
  auto key_id = KeyId::Parse(request.key_id);
  if (!key_id) return std::unexpected(key_id.error());
  if (auto form = CheckAnnotationsForm(request.annotations); !form) {
    return std::unexpected(form.error());
  }
  request.key_id = std::string();  // known by its parsed form from here on
  return WellFormedDecrypt(std::move(request), *std::move(key_id));
}

Result<ValidatedDecrypt> ValidatedDecrypt::Check(WellFormedDecrypt& request, const KeySet& keys) {
  const auto found = keys.decryptable.find(request.key_id_.str());
  if (found == keys.decryptable.end()) return std::unexpected(UnknownKeyId());
  const KeyEntry& key = *found->second;
  if (auto match = CheckAnnotationsMatch(request.request_.annotations, *key.annotations); !match) {
    return std::unexpected(match.error());
  }
  if (!PlaintextBytesOf(request.request_.ciphertext, key.snapshot.version)) {
    return std::unexpected(InvalidCiphertext());
  }
  return ValidatedDecrypt(Ciphertext(std::move(request.request_.ciphertext)),
                          std::move(request.request_.annotations), found->second);
}

}  // namespace baokms::core
