#include "core/census/stored_value.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/model/key_id.h"

namespace baokms::core {
namespace {

constexpr std::string_view kEncrypted = "k8s:enc:";
constexpr std::size_t kMaxWord = 15;
constexpr std::size_t kMaxName = 256;
// kube-apiserver refuses to write or read more (k8s.io/apiserver, kmsv2).
constexpr std::size_t kMaxKeyId = 1024;
constexpr std::size_t kMaxDekSource = 1024;
constexpr std::uint64_t kLastDekSourceType = 1;

// The text before the next colon, taken off with it.
std::optional<std::string_view> TakeWord(std::string_view& rest, std::size_t max) {
  const std::size_t end = rest.substr(0, max + 1).find(':');
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return word;
}

bool IsPlainWord(std::string_view word) {
  return std::ranges::all_of(
      word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

// Protobuf's wire format as far as an EncryptedObject has it: varints, fixed numbers and lengths.
// Groups, which nothing has written for a decade, are damage.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  struct Field {
    std::uint64_t number = 0;
    std::optional<std::uint64_t> varint;     // of wire type 0
    std::optional<std::string_view> length;  // of wire type 2
  };

  bool AtEnd() const { return rest_.empty(); }

  std::optional<Field> Next() {
    const auto tag = Varint();
    if (!tag || *tag >> 3 == 0 || *tag > UINT32_MAX) return std::nullopt;
    Field field{.number = *tag >> 3, .varint = std::nullopt, .length = std::nullopt};
    switch (*tag & 7) {
      case 0:
        field.varint = Varint();
        return field.varint ? std::optional(field) : std::nullopt;
      case 1:
        return Take(8) ? std::optional(field) : std::nullopt;
      case 2: {
        const auto size = Varint();
        if (!size) return std::nullopt;
        field.length = Take(*size);
        return field.length ? std::optional(field) : std::nullopt;
      }
      case 5:
        return Take(4) ? std::optional(field) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::string_view> Take(std::uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const std::string_view bytes = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }

  std::optional<std::uint64_t> Varint() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) return std::nullopt;
      number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return number;
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

// The key_id of k8s.io/apiserver's EncryptedObject; nullopt for what it would refuse to read. Of a
// field that comes twice the last one counts, as for every parser.
//   1 encryptedData  2 keyID  3 encryptedDEKSource  4 annotations  5 encryptedDEKSourceType
std::optional<std::string_view> KeyIdOf(std::string_view envelope) {
  std::string_view data;
  std::string_view key_id;
  std::string_view dek_source;
  std::uint64_t dek_source_type = 0;
  for (WireReader reader(envelope); !reader.AtEnd();) {
    const auto field = reader.Next();
    if (!field) return std::nullopt;
    if (field->number == 5 && field->varint) dek_source_type = *field->varint;
    if (!field->length) continue;
    if (field->number == 1) data = *field->length;
    if (field->number == 2) key_id = *field->length;
    if (field->number == 3) dek_source = *field->length;
  }
  if (data.empty() || key_id.empty() || key_id.size() > kMaxKeyId || dek_source.empty() ||
      dek_source.size() > kMaxDekSource || dek_source_type > kLastDekSourceType) {
    return std::nullopt;
  }
  return key_id;
}

}  // namespace

StoredValue ReadStoredValue(std::string_view value, std::string_view own_name) {
  if (!value.starts_with(kEncrypted)) return PlaintextValue{};
  std::string_view rest = value.substr(kEncrypted.size());
  const auto kind = TakeWord(rest, kMaxWord);
  const auto version = kind ? TakeWord(rest, kMaxWord) : std::nullopt;
  const auto name = version ? TakeWord(rest, kMaxName) : std::nullopt;
  if (!name || !IsPlainWord(*kind) || !IsPlainWord(*version)) return MalformedValue{};
  if (*kind != "kms" || *version != "v2") {
    return OtherProviderValue{.kind = std::string(*kind).append(":").append(*version),
                              .provider_name = *name};
  }
  const auto key_id = KeyIdOf(rest);
  if (!key_id || (*name == own_name && !KeyId::Parse(*key_id))) return MalformedValue{};
  return KmsV2Value{.provider_name = *name, .key_id = *key_id};
}

}  // namespace baokms::core
