// What etcd holds for one object, as kube-apiserver's encryption at rest writes it: told apart by
// the first bytes and read without decrypting anything (reports-and-labels.md, "key-usage").
//
//   k8s:enc:kms:v2:<provider name>:<EncryptedObject>    by a KMS v2 plugin
//   k8s:enc:<kind>:<version>:<key or provider name>:... by another provider
//   anything without k8s:enc:                           not encrypted
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace baokms::core {

// All views are into the value.
struct KmsV2Value {
  std::string_view provider_name;
  std::string_view key_id;  // 1 to 1024 bytes
};
struct OtherProviderValue {
  std::string kind;                // "aescbc:v1", at most 32 characters of [a-z0-9:]
  std::string_view provider_name;  // at most 256 bytes
};
struct PlaintextValue {};
// Begins with k8s:enc: and is nothing that an API server could have written.
struct MalformedValue {};

using StoredValue = std::variant<KmsV2Value, OtherProviderValue, PlaintextValue, MalformedValue>;

// `own_name`: the name under which key_ids must be of our shape (wire-contract.md, "key_id").
StoredValue ReadStoredValue(std::string_view value, std::string_view own_name);

}  // namespace baokms::core
