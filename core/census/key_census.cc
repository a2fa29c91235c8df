#include "core/census/key_census.h"

#include <utility>
#include <variant>

#include "core/census/stored_resource.h"
#include "core/census/stored_value.h"

namespace baokms::core {
namespace {

template <typename... Readers>
struct Overloaded : Readers... {
  using Readers::operator()...;
};

}  // namespace

KeyCensus::KeyCensus(CensusOptions options) : options_(std::move(options)) {
  for (const KeyId& key_id : options_.recorded) recorded_.emplace(key_id.str(), 0);
}

void KeyCensus::Count(std::string_view key, std::string_view value) {
  ++keys_scanned_;
  Group group;
  group.resource = ResourceOf(key, options_.prefix);
  std::visit(Overloaded{[&](const KmsV2Value& sealed) {
                          group.provider_name = sealed.provider_name;
                          group.key_id = sealed.key_id;
                          Add(encrypted_, std::move(group));
                          const auto found = recorded_.find(sealed.key_id);
                          if (found != recorded_.end()) ++found->second;
                        },
                        [&](const OtherProviderValue& other) {
                          group.kind = other.kind;
                          group.provider_name = other.provider_name;
                          Add(other_providers_, std::move(group));
                        },
                        [&](PlaintextValue) { Add(plaintext_, std::move(group)); },
                        [&](MalformedValue) { Add(malformed_, std::move(group)); }},
             ReadStoredValue(value, options_.provider_name));
}

std::uint64_t KeyCensus::ObjectsUnder(const KeyId& recorded) const {
  const auto found = recorded_.find(recorded.str());
  return found == recorded_.end() ? 0 : found->second;
}

void KeyCensus::Add(Groups& groups, Group group) {
  if (groups.size() >= kMaxGroups && !groups.contains(group)) {
    const std::string other(kOtherResource);
    group = {.kind = other, .provider_name = other, .resource = other, .key_id = {}};
  }
  ++groups[std::move(group)];
}

}  // namespace baokms::core
