#include "core/census/stored_resource.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace baokms::core {
namespace {

constexpr std::size_t kMaxResource = 63;
constexpr std::size_t kMaxGroup = 253;

// Kubernetes kept the first names of these when it renamed the resources.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOldNames = {
    {{"controllers", "replicationcontrollers"}, {"ingress", "ingresses"}, {"minions", "nodes"}}};

std::string_view TakeSegment(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

bool IsName(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

}  // namespace

std::string ResourceOf(std::string_view key, std::string_view prefix) {
  const std::string_view root = prefix.starts_with(kRegistryRoot) ? kRegistryRoot : prefix;
  std::string_view rest = key.substr(std::min(root.size(), key.size()));
  const std::string_view first = TakeSegment(rest);
  const std::string_view second = TakeSegment(rest);
  if (first == "services") {
    if (second == "specs") return "services";
    if (second == "endpoints") return "endpoints";
    return std::string(kOtherResource);
  }
  if (first.contains('.')) {  // the API group of a custom resource
    if (!IsName(first, kMaxGroup) || !IsName(second, kMaxResource)) {
      return std::string(kOtherResource);
    }
    return std::string(second).append(".").append(first);
  }
  if (!IsName(first, kMaxResource)) return std::string(kOtherResource);
  const auto* const renamed =
      std::ranges::find(kOldNames, first, &decltype(kOldNames)::value_type::first);
  return std::string(renamed == kOldNames.end() ? first : renamed->second);
}

}  // namespace baokms::core
