#include "app/versions/evidence.h"

#include <cstdint>

#include "app/reports/report.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

// Each of these throws Report::exception when the field is missing or of another type.

const std::string& Text(const Report& object, const char* field) {
  return object.at(field).get_ref<const std::string&>();
}

std::uint64_t Count(const Report& object, const char* field) {
  return object.at(field).get_ref<const std::uint64_t&>();
}

const Report::array_t& List(const Report& object, const char* field) {
  return object.at(field).get_ref<const Report::array_t&>();
}

std::uint64_t ObjectsIn(const Report::array_t& entries) {
  std::uint64_t total = 0;
  for (const Report& entry : entries) total += Count(entry, "objects");
  return total;
}

core::UsageGroup ReadGroup(const Report& entry) {
  core::UsageGroup group{.provider_name = Text(entry, "providerName"),
                         .resource = Text(entry, "resource"),
                         .version = std::nullopt,
                         .key_id_hash = Text(entry, "keyIdHash"),
                         .objects = Count(entry, "objects")};
  if (entry.contains("transitVersion")) {
    group.version = static_cast<std::int64_t>(Count(entry, "transitVersion"));
  }
  return group;
}

core::UsageReport Read(const Report& json) {
  core::UsageReport report;
  report.cluster_id = Text(json, "clusterId");
  report.provider_name = Text(json, "providerName");
  report.prefix = Text(json, "prefix");
  report.revision = static_cast<std::int64_t>(Count(json, "revision"));
  report.keys_scanned = Count(json, "keysScanned");
  report.malformed = ObjectsIn(List(json, "malformed"));
  for (const Report& entry : List(json, "encrypted")) {
    report.encrypted.push_back(ReadGroup(entry));
  }
  for (const Report& entry : List(json, "unreferencedVersions")) {
    report.unreferenced.insert(Text(entry, "keyIdHash"));
  }
  if (json.contains("unexpectedPlaintext")) {
    report.unexpected_plaintext = ObjectsIn(List(json, "unexpectedPlaintext"));
  }
  return report;
}

}  // namespace

std::expected<core::UsageReport, std::string> ParseUsageReport(std::string_view text) {
  constexpr const char* kOther =
      "the file is not a report of `key-usage --output json` of this version: take it again";
  const Report json = Report::parse(text, nullptr, false);
  if (!json.is_object() || json.value("name", Report()) != "key-usage") {
    return std::unexpected(kOther);
  }
  try {
    const auto taken_at = core::ParseRfc3339(Text(json, "takenAt"));
    if (!taken_at) return std::unexpected(kOther);
    core::UsageReport report = Read(json);
    report.taken_at = taken_at->time_since_epoch().count();
    return report;
  } catch (const Report::exception&) {  // a field is missing or of another type
    return std::unexpected(kOther);
  }
}

core::EvidenceTerms TermsOf(const core::Configuration& configuration, const EvidenceBounds& bounds,
                            core::UnixSeconds now) {
  const auto& scope = configuration.transit.key_id_scope;
  return {.now = now,
          .max_age = bounds.max_age,
          .cluster_id = scope.cluster_id,
          .provider_name = scope.provider_name,
          .prefix = bounds.prefix};
}

std::string Describe(const core::UsageReport& report) {
  return "taken " + core::Rfc3339(report.taken_at) + " at revision " +
         std::to_string(report.revision) + ", " + std::to_string(report.keys_scanned) +
         " keys below " + report.prefix +
         (report.unexpected_plaintext
              ? ", nothing that should be encrypted in plaintext"
              : ", without an EncryptionConfiguration: plaintext was not looked for");
}

}  // namespace baokms::app
