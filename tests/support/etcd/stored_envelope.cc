#include "tests/support/etcd/stored_envelope.h"

#include <cstdint>
#include <cstdio>

namespace baokms::testing {
namespace {

void AppendVarint(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(0x80 | (number & 0x7f));
    number >>= 7;
  }
  out += static_cast<char>(number);
}

void AppendBytes(std::string& out, unsigned field, const std::string& bytes) {
  AppendVarint(out, field << 3 | 2);
  AppendVarint(out, bytes.size());
  out += bytes;
}

}  // namespace

std::string ValueOf(const StoredEnvelope& envelope) {
  std::string annotation;
  AppendBytes(annotation, 1, "version.openbao-kms.test");
  AppendBytes(annotation, 2, "1");
  std::string value = "k8s:enc:kms:v2:" + envelope.provider_name + ":";
  AppendBytes(value, 1, std::string(envelope.data_bytes, '\xa5'));
  AppendBytes(value, 2, envelope.key_id);
  AppendBytes(value, 3, std::string(90, '\x5a'));
  AppendBytes(value, 4, annotation);
  AppendVarint(value, 5 << 3);  // encryptedDEKSourceType: seed
  AppendVarint(value, 1);
  return value;
}

std::string KeyIdNumber(int number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%08d", number);
  // 43 characters of base64url; the last one carries no stray bits.
  return "obk2." + std::string(digits) + std::string(34, 'k') + "A";
}

}  // namespace baokms::testing
