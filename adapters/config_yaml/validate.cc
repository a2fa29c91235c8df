#include "adapters/config_yaml/validate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"
#include "adapters/config_yaml/go_duration.h"
#include "adapters/config_yaml/url.h"

namespace baokms::adapters::config_yaml {
namespace {

using core::Configuration;

// The next segment off the front, empty ones and "." left out; empty at the end.
std::string_view TakeSegment(std::string_view& path) {
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (!segment.empty() && segment != ".") return segment;
  }
  return {};
}

// Both absolute. By segments, since one directory may be written in several ways.
bool StandsBelow(std::string_view parent, std::string_view directory) {
  for (std::string_view segment = TakeSegment(directory); !segment.empty();
       segment = TakeSegment(directory)) {
    if (TakeSegment(parent) != segment) return false;
  }
  return true;
}

Complaint CheckSocketPath(std::string_view path, const ValidationOptions& options) {
  if (auto complaint = CheckCleanPath(path)) return complaint;
  if (auto complaint = CheckSocketLength(path)) return complaint;
  const std::string_view parent = path.substr(0, path.rfind('/'));
  constexpr std::array<std::string_view, 2> kParents{"/run/openbao-kms", "/var/run/openbao-kms"};
  const auto holds = [&](std::string_view directory) { return StandsBelow(parent, directory); };
  if (std::ranges::any_of(kParents, holds)) return std::nullopt;
  const auto allowed = [&](const std::string& directory) {
    return !CheckAbsolutePath(directory) && holds(directory);
  };
  if (std::ranges::any_of(options.allowed_socket_parents, allowed)) return std::nullopt;
  return "must be below /run/openbao-kms or /var/run/openbao-kms, or in a directory given to "
         "--allow-socket-parent";
}

Complaint CheckText(TextRule rule, std::string_view text, const ValidationOptions& options) {
  switch (rule) {
    case TextRule::kIdentifier:
      return CheckIdentifier(text);
    case TextRule::kAbsolutePath:
      return CheckAbsolutePath(text);
    case TextRule::kCleanPath:
      return CheckCleanPath(text);
    case TextRule::kSocketPath:
      return CheckSocketPath(text, options);
    case TextRule::kMountPath:
      return CheckMountPath(text);
    case TextRule::kAuthMountPath:
      return CheckAuthMountPath(text);
    case TextRule::kNamespace:
      return CheckNamespace(text);
    case TextRule::kKeyName:
      return CheckKeyName(text);
    case TextRule::kServerName:
      return CheckServerName(text);
    case TextRule::kListenAddress:
      return CheckListenAddress(text);
    case TextRule::kGroup:
      return CheckGroup(text);
    case TextRule::kHttpsAddress:
      return CheckHttpsAddress(text);
    case TextRule::kTokenUrl:
      return CheckTokenUrl(text);
    case TextRule::kProxyUrl:
      return CheckProxyUrl(text);
    case TextRule::kResourceUri:
      return CheckResourceUri(text);
    case TextRule::kScopeToken:
      return CheckScopeToken(text);
    case TextRule::kTrustDomain:
      return CheckTrustDomain(text);
    case TextRule::kSpiffeId:
      return CheckSpiffeId(text);
    case TextRule::kWorkloadSocket:
      return CheckWorkloadSocket(text);
  }
  return std::nullopt;
}

Complaint CheckRange(const Field& field, std::int64_t value) {
  if (value >= field.least && value <= field.most) return std::nullopt;
  return "must be " + DescribeRule(field);
}

Complaint CheckMode(std::uint32_t mode) {
  if ((mode & ~0777U) != 0) return "must be permission bits only";
  if ((mode & 0007U) != 0) return "must not give access to others";
  if ((mode & 0111U) != 0) return "must not have execute bits";
  return std::nullopt;
}

Complaint CheckValue(const Field& field, Configuration& c, const ValidationOptions& options) {
  if (const auto* text = std::get_if<TextSlot>(&field.slot)) {
    const std::string& value = (*text)(c);
    if (value.empty()) return std::nullopt;  // required or not is another rule
    if (auto complaint = CheckText(field.rule, value, options)) return complaint;
    if (std::cmp_greater(value.size(), field.most)) return "must be " + DescribeRule(field);
  } else if (const auto* number = std::get_if<IntegerSlot>(&field.slot)) {
    return CheckRange(field, (*number)(c));
  } else if (const auto* duration = std::get_if<DurationSlot>(&field.slot)) {
    return CheckRange(field, (*duration)(c).count());
  } else if (const auto* mode = std::get_if<OctalModeSlot>(&field.slot)) {
    return CheckMode((*mode)(c));
  } else if (const auto* list = std::get_if<TextListSlot>(&field.slot)) {
    for (const std::string& entry : (*list)(c)) {
      if (entry.empty()) return "must not have empty entries";
      if (auto complaint = CheckText(field.rule, entry, options)) return complaint;
    }
  }
  return std::nullopt;
}

}  // namespace

void ValidateFields(const ValidationOptions& options, Draft& draft) {
  for (const Field& field : Fields()) {
    if (!BranchHolds(field.branch, draft.value)) continue;
    if (field.need == Need::kRequired && IsUnset(field, draft.value)) {
      std::string message = "is required";
      if (field.branch != Branch::kAlways) {
        message += " with " + std::string(DescribeBranch(field.branch));
      }
      draft.Complain(field.name, std::move(message));
    } else if (auto complaint = CheckValue(field, draft.value, options)) {
      draft.Complain(field.name, std::move(*complaint));
    }
  }
}

void Validate(const ValidationOptions& options, Draft& draft) {
  ValidateFields(options, draft);
  ValidateRelations(options, draft);
}

}  // namespace baokms::adapters::config_yaml
