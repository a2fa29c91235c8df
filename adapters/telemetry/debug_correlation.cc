#include "adapters/telemetry/debug_correlation.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "core/text/base64.h"
#include "core/text/rfc3339.h"

namespace baokms::adapters::telemetry {
namespace {

// H(x) of wire-contract.md; empty when libcrypto fails.
std::string PublicHash(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  return core::Base64UrlEncode(
      std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

bool IsRequestId(std::string_view text) {
  constexpr std::size_t kMostBytes = 64;
  return text.size() <= kMostBytes && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-';
         });
}

}  // namespace

DebugCorrelation::DebugCorrelation(const core::LoggingConfiguration& logging,
                                   const ports::Clock& clock)
    : clock_(clock),
      enabled_(logging.debug_correlation.enabled),
      log_request_ids_(logging.log_openbao_request_ids),
      incident_(logging.debug_correlation.incident_id) {
  const core::ClockReading now = clock.Now();
  ends_ = now.boot + logging.debug_correlation.ttl;
  ends_text_ = core::Rfc3339(
      std::chrono::sys_seconds(std::chrono::seconds(now.wall)) +
      std::chrono::duration_cast<std::chrono::seconds>(logging.debug_correlation.ttl));
}

bool DebugCorrelation::Active(core::LogLevel level) const {
  return enabled_ && level == core::LogLevel::kDebug && clock_.Now().boot < ends_;
}

void DebugCorrelation::AddUid(LogLine& line, std::string_view uid) const {
  if (!uid.empty()) line.Text("request_uid_hash", PublicHash(uid));
  AddIncident(line);
}

void DebugCorrelation::AddRequestId(LogLine& line, std::string_view request_id) const {
  if (log_request_ids_ && IsRequestId(request_id)) line.Text("openbao_request_id", request_id);
  AddIncident(line);
}

void DebugCorrelation::AddIncident(LogLine& line) const {
  line.Text("debug_correlation_incident", incident_)
      .Text("debug_correlation_expires_at", ends_text_);
}

}  // namespace baokms::adapters::telemetry
