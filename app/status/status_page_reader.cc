#include "app/status/status_page_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace baokms::app {
namespace {

enum class Kind : std::uint8_t { kText, kFlag, kNumber, kTexts, kNumbers, kProbe, kFailure };

struct Field {
  const char* name;
  Kind kind;
  bool required = false;
};

constexpr std::array kFields{
    Field{"name", Kind::kText, true},
    Field{"takenAt", Kind::kText},
    Field{"programVersion", Kind::kText},
    Field{"identityFingerprint", Kind::kText},
    Field{"live", Kind::kFlag, true},
    Field{"ready", Kind::kFlag, true},
    Field{"reasons", Kind::kTexts, true},
    Field{"rotationState", Kind::kText},
    Field{"activeTransitVersion", Kind::kNumber},
    Field{"activeKeyIdHash", Kind::kText},
    Field{"pendingTransitVersion", Kind::kNumber},
    Field{"pendingKeyIdHash", Kind::kText},
    Field{"pendingStableObservationCount", Kind::kNumber},
    Field{"pendingRequiredObservationCount", Kind::kNumber},
    Field{"pendingPromotesAfter", Kind::kText},
    Field{"undecryptableVersions", Kind::kNumbers},
    Field{"persistenceDegraded", Kind::kFlag},
    Field{"tokenSecondsLeft", Kind::kNumber},
    Field{"credentialSecondsLeft", Kind::kNumber},
    Field{"metadataProbe", Kind::kProbe},
    Field{"deepProbe", Kind::kProbe},
    Field{"lastFailure", Kind::kFailure},
};
constexpr std::array kProbeFields{Field{"ok", Kind::kFlag, true},
                                  Field{"secondsAgo", Kind::kNumber, true},
                                  Field{"milliseconds", Kind::kNumber, true},
                                  Field{"reason", Kind::kText}, Field{"errorClass", Kind::kText}};
constexpr std::array kFailureFields{Field{"probe", Kind::kText, true},
                                    Field{"secondsAgo", Kind::kNumber, true},
                                    Field{"reason", Kind::kText, true},
                                    Field{"errorClass", Kind::kText}, Field{"advice", Kind::kText}};

std::optional<Report> Take(const Report& object, std::span<const Field> fields);

// So that sums of a few of them fit, whoever wrote the page: counts, versions and seconds.
constexpr std::uint64_t kLargest = std::uint64_t(1) << 53;

bool IsWhole(const Report& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= kLargest;
}

// nullopt: of another type.
std::optional<Report> Take(const Report& value, Kind kind) {
  const auto only_if = [&value](bool fits) { return fits ? std::optional(value) : std::nullopt; };
  const auto each = [&value](auto fits) {
    return value.is_array() && std::all_of(value.begin(), value.end(), fits);
  };
  switch (kind) {
    case Kind::kText:
      return only_if(value.is_string());
    case Kind::kFlag:
      return only_if(value.is_boolean());
    case Kind::kNumber:
      return only_if(IsWhole(value));
    case Kind::kTexts:
      return only_if(each([](const Report& entry) { return entry.is_string(); }));
    case Kind::kNumbers:
      return only_if(each(IsWhole));
    case Kind::kProbe:
      return Take(value, kProbeFields);
    case Kind::kFailure:
      return Take(value, kFailureFields);
  }
  return std::nullopt;
}

std::optional<Report> Take(const Report& object, std::span<const Field> fields) {
  if (!object.is_object()) return std::nullopt;
  Report taken = Report::object();
  for (const Field& field : fields) {
    if (!object.contains(field.name)) {
      if (field.required) return std::nullopt;
      continue;
    }
    auto value = Take(object.at(field.name), field.kind);
    if (!value) return std::nullopt;
    taken[field.name] = *std::move(value);
  }
  return taken;
}

}  // namespace

std::optional<Report> ReadStatusPage(std::string_view body) {
  constexpr std::size_t kMostBytes = std::size_t{64} << 10U;
  if (body.size() > kMostBytes) return std::nullopt;
  const Report page = Report::parse(body, nullptr, /*allow_exceptions=*/false);
  auto taken = Take(page, std::span<const Field>(kFields));
  if (!taken || taken->at("name") != "status") return std::nullopt;
  return taken;
}

}  // namespace baokms::app
