// What an EncryptionConfiguration of kube-apiserver says of the resources that one of its entries
// lists (configuration-and-cli.md, "EncryptionConfiguration checks").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace baokms::core {

// The first provider of the entry, which encrypts what is written.
enum class WrittenBy : std::uint8_t {
  kNoRule,  // no entry lists the resource: plaintext
  kIdentity,
  kThisProvider,
  kAnotherProvider,
};

// The first entry that lists a resource decides.
struct EncryptionRule {
  std::vector<std::string> resources;  // "secrets", "widgets.example.org", "*.", "*.*", ...
  WrittenBy written_by = WrittenBy::kIdentity;
};

}  // namespace baokms::core
