#include "adapters/config_yaml/encryption/resource_rules.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::adapters::config_yaml {
namespace {

struct GroupResource {
  std::string_view group;
  std::string_view resource;

  friend bool operator==(const GroupResource&, const GroupResource&) = default;
};

constexpr GroupResource kEverything{.group = "*", .resource = "*"};

GroupResource Parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {.group = {}, .resource = text};
  return {.group = text.substr(dot + 1), .resource = text.substr(0, dot)};
}

std::string WrongWithName(std::string_view text) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::any_of(text, is_capital)) return "must not contain capital letters";
  if (text == "*") return "must be '*.' for the core group or '*.*' for everything";
  if (text == "apiserveripinfo" || text == "serviceipallocations" ||
      text == "servicenodeportallocations") {
    return "has no REST API, so it cannot be encrypted";
  }
  const GroupResource parsed = Parse(text);
  if (parsed.group == "events.k8s.io") return "must be events: they are stored under that name";
  if (parsed.group == "extensions") return "is of the group extensions, which no longer exists";
  if (parsed.group == "*" && parsed.resource != "*") {
    return "must not name one resource in all groups";
  }
  return "";
}

bool Overlap(const GroupResource& one, const GroupResource& other) {
  if (one == other) return false;  // a duplicate
  if (one == kEverything || other == kEverything) return true;
  return one.group == other.group && (one.resource == "*" || other.resource == "*");
}

}  // namespace

void JudgeResourceNames(const PlacedList<PlacedText>& resources, KubernetesVerdict& verdict) {
  const auto complain = [&](const Place& place, std::string message) {
    verdict.problems.push_back({place.field, place.line, std::move(message)});
  };
  std::vector<GroupResource> seen;
  bool duplicate = false;
  bool overlap = false;
  for (const PlacedText& name : resources.items) {
    if (name.refused) continue;
    if (std::string wrong = WrongWithName(name.text); !wrong.empty()) {
      complain(name.place, std::move(wrong));
    } else if (std::ranges::any_of(name.text, [](char c) { return (c & 0x80) != 0; })) {
      verdict.unsure.push_back({name.place.field, name.place.line, "is not ASCII"});
    }
    const GroupResource parsed = Parse(name.text);
    for (const GroupResource& other : seen) {
      duplicate = duplicate || parsed == other;
      overlap = overlap || Overlap(parsed, other);
    }
    seen.push_back(parsed);
  }
  if (duplicate) complain(resources.place, "must not list a resource twice");
  if (overlap)
    complain(resources.place, "must not list a resource beside a wildcard that covers it");
}

void JudgeMasks(const EncryptionFile& file, KubernetesVerdict& verdict) {
  std::vector<GroupResource> seen;
  for (const ResourceEntry& entry : file.resources.items) {
    std::vector<GroupResource> here;
    for (const PlacedText& name : entry.resources.items) {
      const GroupResource parsed = Parse(name.text);
      const GroupResource group{.group = parsed.group, .resource = "*"};
      here.push_back(parsed);
      if (std::ranges::find(seen, group) == seen.end() &&
          std::ranges::find(seen, kEverything) == seen.end()) {
        continue;
      }
      verdict.problems.push_back(
          {name.place.field, name.place.line, "is masked by a wildcard of an earlier entry"});
    }
    seen.insert(seen.end(), here.begin(), here.end());
  }
}

}  // namespace baokms::adapters::config_yaml
