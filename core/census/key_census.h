// The census of `key-usage`: how many objects etcd holds under which provider and key_id, how many
// in the clear, and whether anything refers to a recorded key version (reports-and-labels.md).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/key_id.h"

namespace baokms::core {

struct CensusOptions {
  std::string prefix;         // of every key, see core/census/stored_resource.h
  std::string provider_name;  // ours
  // Whose references are counted exactly, whatever else etcd holds.
  std::vector<KeyId> recorded;
};

class KeyCensus {
 public:
  // Fields that a list does not have are empty.
  struct Group {
    std::string kind;  // of other providers
    std::string provider_name;
    std::string resource;
    std::string key_id;  // for comparing alone, never printed
    friend auto operator<=>(const Group&, const Group&) = default;
  };
  using Groups = std::map<Group, std::uint64_t>;  // with the number of objects

  // Of each list. What comes when it is full is counted under one group more, whose every name is
  // kOtherResource and whose key_id is empty: hostile keys cannot make this grow.
  static constexpr std::size_t kMaxGroups = 4096;

  explicit KeyCensus(CensusOptions options);

  // One object. The value is looked at and not kept.
  void Count(std::string_view key, std::string_view value);

  // The counts of the four lists add up to it.
  std::uint64_t keys_scanned() const { return keys_scanned_; }
  const Groups& encrypted() const { return encrypted_; }  // by KMS v2, under whatever name
  const Groups& plaintext() const { return plaintext_; }
  const Groups& other_providers() const { return other_providers_; }
  const Groups& malformed() const { return malformed_; }

  // Of one of `recorded`.
  std::uint64_t ObjectsUnder(const KeyId& recorded) const;

 private:
  static void Add(Groups& groups, Group group);

  CensusOptions options_;
  std::map<std::string, std::uint64_t, std::less<>> recorded_;
  std::uint64_t keys_scanned_ = 0;
  Groups encrypted_;
  Groups plaintext_;
  Groups other_providers_;
  Groups malformed_;
};

}  // namespace baokms::core
