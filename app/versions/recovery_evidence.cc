#include "app/versions/recovery_evidence.h"

#include <cstdint>

#include "adapters/state_file/registry_parser.h"
#include "app/reports/report.h"
#include "core/census/stored_resource.h"

namespace baokms::app {
namespace {

constexpr std::string_view kPeerState = "--peer-state: ";
constexpr std::string_view kEvidence = "--evidence: ";

std::unexpected<std::string> NoReport() {
  return std::unexpected(std::string(kEvidence) +
                         "the file is not a report of `key-usage --output json`: make it again");
}

bool HasText(const Report& entry, const char* field) {
  return entry.contains(field) && entry.at(field).is_string();
}

bool HasCount(const Report& entry, const char* field) {
  return entry.contains(field) && entry.at(field).is_number_unsigned();
}

bool IsGroup(const Report& entry) {
  return entry.is_object() && HasText(entry, "providerName") && HasText(entry, "resource") &&
         HasText(entry, "keyIdHash") && HasCount(entry, "objects");
}

}  // namespace

std::expected<core::Registry, std::string> ReadPeerState(std::string_view file,
                                                         const core::Registry::Identity& identity) {
  const auto document = adapters::state_file::ParseRegistry(file);
  if (!document) return std::unexpected(std::string(kPeerState).append(document.error().text));
  auto registry = core::Registry::Verify(*document, identity);
  if (!registry) return std::unexpected(std::string(kPeerState).append(registry.error().text));
  return *std::move(registry);
}

std::expected<core::CensusEvidence, std::string> ReadCensus(std::string_view file,
                                                            std::string_view provider_name) {
  const Report report = Report::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!report.is_object() || !HasText(report, "name") || report.at("name") != "key-usage" ||
      !HasCount(report, "keysScanned") || !report.contains("encrypted") ||
      !report.at("encrypted").is_array()) {
    return NoReport();
  }
  core::CensusEvidence evidence{.references = {},
                                .keys_scanned = report.at("keysScanned").get<std::uint64_t>()};
  for (const Report& entry : report.at("encrypted")) {
    if (!IsGroup(entry)) return NoReport();
    const auto hash = entry.at("keyIdHash").get<std::string>();
    if (hash == core::kOtherResource) {
      evidence.complete = false;  // what a full list's further groups were folded into
    } else if (entry.at("providerName") == provider_name) {
      evidence.references.push_back({.key_id_hash = hash,
                                     .resource = entry.at("resource").get<std::string>(),
                                     .objects = entry.at("objects").get<std::uint64_t>()});
    }
  }
  return evidence;
}

}  // namespace baokms::app
