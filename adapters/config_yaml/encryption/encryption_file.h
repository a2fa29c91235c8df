// An EncryptionConfiguration as kube-apiserver's types hold it, with the place of each part.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/config_problem.h"
#include "adapters/config_yaml/encryption/file_text.h"

namespace baokms::adapters::config_yaml {

struct Place {
  std::string field;  // "resources[0].providers[1].kms"
  int line = 0;
};

// A text, with where it stands; where it is missing, where it should.
struct PlacedText {
  std::string text;
  Place place;
  bool refused = false;  // of another type, which is reported: nothing more is said about it
};

template <typename Item>
struct PlacedList {
  std::vector<Item> items;
  Place place;
  bool refused = false;
};

struct EncryptionKey {
  PlacedText name;
  PlacedText secret;
};

struct KmsEntry {
  Place place;
  PlacedText api_version;  // v1 where none is given
  PlacedText name;
  PlacedText endpoint;
  std::optional<std::int32_t> cache_size;
  Place cache_size_place;
  std::optional<std::chrono::nanoseconds> timeout;  // absent: refused
  Place timeout_place;
};

enum class ProviderKind : std::uint8_t { kAesGcm, kAesCbc, kSecretbox, kIdentity, kKms };
std::string_view Name(ProviderKind kind);  // "aesgcm"

struct ProviderEntry {
  Place place;
  std::vector<ProviderKind> kinds;  // exactly one, in a good file
  // Of the first of `kinds`.
  PlacedList<EncryptionKey> keys;
  KmsEntry kms;
  bool refused = false;
};

struct ResourceEntry {
  PlacedList<PlacedText> resources;
  PlacedList<ProviderEntry> providers;
};

struct EncryptionFile {
  PlacedList<ResourceEntry> resources;
  // Why it cannot be decoded: a wrong type, an unknown field, another kind of file.
  ConfigProblems problems;
  bool decoded = false;  // false: `resources` says nothing
  bool more_follows = false;
  Doubts doubts;
};

EncryptionFile ReadEncryptionFile(std::string_view text);

}  // namespace baokms::adapters::config_yaml
