#include "app/versions/evidence.h"

#include <cstdint>

#include "app/reports/report.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

std::uint64_t ObjectsIn(const Report& entries) {
  std::uint64_t total = 0;
  for (const Report& entry : entries) total += entry.at("objects").get<std::uint64_t>();
  return total;
}

core::UsageReport Read(const Report& json) {
  core::UsageReport report;
  report.cluster_id = json.at("clusterId").get<std::string>();
  report.provider_name = json.at("providerName").get<std::string>();
  report.prefix = json.at("prefix").get<std::string>();
  report.revision = json.at("revision").get<std::int64_t>();
  report.keys_scanned = json.at("keysScanned").get<std::uint64_t>();
  report.malformed = ObjectsIn(json.at("malformed"));
  for (const Report& entry : json.at("encrypted")) {
    report.objects_under[entry.at("keyIdHash").get<std::string>()] +=
        entry.at("objects").get<std::uint64_t>();
  }
  for (const Report& entry : json.at("unreferencedVersions")) {
    report.unreferenced.insert(entry.at("keyIdHash").get<std::string>());
  }
  const auto plaintext = json.find("unexpectedPlaintext");
  if (plaintext != json.end()) report.unexpected_plaintext = ObjectsIn(*plaintext);
  return report;
}

}  // namespace

std::expected<core::UsageReport, std::string> ParseUsageReport(std::string_view text) {
  constexpr const char* kOther =
      "it is no report of this version's key-usage: take it with --output json";
  const Report json = Report::parse(text, nullptr, false);
  if (!json.is_object() || json.value("name", Report()) != "key-usage") {
    return std::unexpected(kOther);
  }
  try {
    const auto taken_at = core::ParseRfc3339(json.at("takenAt").get<std::string>());
    if (!taken_at) return std::unexpected(kOther);
    core::UsageReport report = Read(json);
    report.taken_at = taken_at->time_since_epoch().count();
    return report;
  } catch (const Report::exception&) {  // a field is missing or of another type
    return std::unexpected(kOther);
  }
}

std::string Describe(const core::UsageReport& report) {
  return "taken " + core::Rfc3339(std::chrono::sys_seconds(std::chrono::seconds(report.taken_at))) +
         " at revision " + std::to_string(report.revision) + ", " +
         std::to_string(report.keys_scanned) + " keys below " + report.prefix +
         (report.unexpected_plaintext
              ? ", nothing that should be encrypted in plaintext"
              : ", without an EncryptionConfiguration: plaintext was not looked for");
}

}  // namespace baokms::app
