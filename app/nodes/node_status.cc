#include "app/nodes/node_status.h"

#include <utility>

#include "app/reports/report.h"
#include "app/status/status_page_reader.h"
#include "core/text/printable.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

constexpr std::string_view kTakeIt = "take it with `bao-kms-provider status --output json`";

std::string TextOf(const Report& status, const char* field) {
  const auto found = status.find(field);
  // It goes to a person's screen, and the file came from elsewhere.
  return found == status.end() ? std::string()
                               : core::Printable(found->get<std::string>(), core::Kept::kAscii);
}

std::int64_t NumberOf(const Report& status, const char* field) {
  const auto found = status.find(field);
  return found == status.end() ? 0 : found->get<std::int64_t>();
}

// False: there is a text, and it is no time.
bool TakeTime(const Report& status, const char* field, std::optional<core::UnixSeconds>& time) {
  const std::string text = TextOf(status, field);
  if (text.empty()) return true;
  const auto at = core::ParseRfc3339(text);
  if (at) time = at->time_since_epoch().count();
  return at.has_value();
}

std::string WhyNoStatus(const Report& json) {
  if (json.is_object() && json.contains("name") && json.at("name").is_string() &&
      json.at("name") != "status") {
    return "is the report of " +
           core::Printable(json.at("name").get<std::string>(), core::Kept::kAscii) +
           ", not of status: " + std::string(kTakeIt);
  }
  if (json.is_discarded()) {
    return "is not JSON, or was cut off: " + std::string(kTakeIt) + ", into a file";
  }
  return "is not what a provider says of itself: " + std::string(kTakeIt);
}

}  // namespace

std::expected<NodeStatus, std::string> ParseNodeStatus(std::string node, std::string_view text) {
  const Report json = Report::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto status = ReadStatusPage(text);
  if (!status) return std::unexpected(WhyNoStatus(json));
  NodeStatus read{.node = std::move(node), .source = "health"};
  // The page itself has no source: it is the health listener's.
  if (json.contains("source")) {
    const Report& source = json.at("source");
    if (source != "health" && source != "socket" && source != "none") {
      return std::unexpected(WhyNoStatus(Report::object()));
    }
    read.source = source.get<std::string>();
  }
  if (!TakeTime(*status, "takenAt", read.taken_at) ||
      !TakeTime(*status, "pendingPromotesAfter", read.pending_promotes_after)) {
    return std::unexpected(WhyNoStatus(Report::object()));
  }
  read.program_version = TextOf(*status, "programVersion");
  read.identity_fingerprint = TextOf(*status, "identityFingerprint");
  read.ready = status->at("ready").get<bool>();
  for (const Report& reason : status->at("reasons")) {
    read.reasons.push_back(core::Printable(reason.get<std::string>(), core::Kept::kAscii));
  }
  read.version = NumberOf(*status, "activeTransitVersion");
  read.key_id_hash = TextOf(*status, "activeKeyIdHash");
  read.pending_version = NumberOf(*status, "pendingTransitVersion");
  read.pending_key_id_hash = TextOf(*status, "pendingKeyIdHash");
  return read;
}

}  // namespace baokms::app
