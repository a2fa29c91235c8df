// What etcd holds: every object is counted in one list, a key_id stands in the value it was read
// from, and no name that would be printed holds bytes of the key.
#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>

#include "core/census/key_census.h"
#include "core/census/stored_resource.h"
#include "core/census/stored_value.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using fuzz::Require;

std::uint64_t Total(const core::KeyCensus::Groups& groups) {
  std::uint64_t total = 0;
  for (const auto& [group, objects] : groups) total += objects;
  return total;
}

void CheckValue(std::string_view value) {
  const core::StoredValue read = core::ReadStoredValue(value, "openbao");
  if (const auto* sealed = std::get_if<core::KmsV2Value>(&read)) {
    Require(value.find(sealed->key_id) != std::string_view::npos, "the key_id is in the value");
    Require(!sealed->key_id.empty() && sealed->key_id.size() <= 1024, "its length is bounded");
    Require(sealed->provider_name != "openbao" || core::KeyId::Parse(sealed->key_id).has_value(),
            "ours has our shape");
  }
  Require(std::holds_alternative<core::PlaintextValue>(read) == !value.starts_with("k8s:enc:"),
          "plaintext is what lacks the prefix");
}

}  // namespace

// A key up to the first newline, its value behind it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::AsText(data, size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view key = input.substr(0, line);
  const std::string_view value = input.substr(std::min(line + 1, input.size()));
  CheckValue(value);
  CheckValue(input);
  const std::string resource = core::ResourceOf(key, core::kRegistryRoot);
  Require(!resource.empty() && resource.size() <= 317, "a resource's length is bounded");
  Require(std::ranges::all_of(resource,
                              [](char c) {
                                return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                       c == '-' || c == '.';
                              }),
          "a resource can be printed");
  core::KeyCensus census(
      {.prefix = std::string(core::kRegistryRoot), .provider_name = "openbao", .recorded = {}});
  census.Count(key, value);
  census.Count(key, input);
  Require(census.keys_scanned() == 2 && Total(census.encrypted()) + Total(census.plaintext()) +
                                                Total(census.other_providers()) +
                                                Total(census.malformed()) ==
                                            2,
          "the counts add up");
  return 0;
}
