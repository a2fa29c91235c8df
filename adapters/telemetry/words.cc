#include "adapters/telemetry/words.h"

#include <algorithm>
#include <array>

#include "core/model/error.h"

namespace baokms::adapters::telemetry {
namespace {

bool IsLower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// The words of reports-and-labels.md, "Readiness reasons".
constexpr std::array<std::string_view, 18> kReasons{
    "state_unavailable",       "status_stale",
    "metadata_unverified",     "upsert_check_failed",
    "metadata_read_failed",    "upsert_allowed",
    "profile_invalid",         "version_rollback",
    "state_save_failed",       "state_publish_failed",
    "encryption_blocked",      "deep_probe_pending",
    "deep_probe_failed",       "deep_probe_invalid",
    "circuit_breaker_open",    "probe_failed",
    "diagnostics_unavailable", "retired_version_undecryptable"};

}  // namespace

bool IsPublicHash(std::string_view text) {
  constexpr std::size_t kLength = 43;
  return text.size() == kLength && std::ranges::all_of(text, [](char c) {
           return IsLower(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
         });
}

bool IsWord(std::string_view text) {
  constexpr std::size_t kMostBytes = 64;
  return !text.empty() && text.size() <= kMostBytes &&
         std::ranges::all_of(text, [](char c) { return IsLower(c) || c == '_' || c == '.'; });
}

bool IsObservationStatus(std::string_view text) {
  for (auto at = core::OpenBaoStatus::kOk;;
       at = static_cast<core::OpenBaoStatus>(static_cast<std::uint8_t>(at) + 1)) {
    if (text == core::Name(at)) return true;
    if (at == core::OpenBaoStatus::kUnknown) break;
  }
  return text == "auth_failed" || std::ranges::find(kReasons, text) != kReasons.end();
}

std::string_view WordOrUnknown(std::string_view text) {
  if (text.empty() || IsWord(text)) return text;
  return "unknown";
}

std::string_view HashOrNothing(std::string_view text) {
  if (IsPublicHash(text)) return text;
  return {};
}

}  // namespace baokms::adapters::telemetry
