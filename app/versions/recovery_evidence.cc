#include "app/versions/recovery_evidence.h"

#include <utility>

#include "adapters/state_file/registry_parser.h"
#include "core/census/usage_references.h"

namespace baokms::app {
namespace {

constexpr std::string_view kPeerState = "--peer-state: ";
constexpr std::string_view kEvidence = "--evidence: ";

}  // namespace

std::expected<core::Registry, std::string> ReadPeerState(std::string_view file,
                                                         const core::Registry::Identity& identity) {
  const auto document = adapters::state_file::ParseRegistry(file);
  if (!document) return std::unexpected(std::string(kPeerState).append(document.error().text));
  auto registry = core::Registry::Verify(*document, identity);
  if (!registry) return std::unexpected(std::string(kPeerState).append(registry.error().text));
  return *std::move(registry);
}

std::expected<CensusRead, std::vector<std::string>> ReadCensus(std::string_view file,
                                                               const core::EvidenceTerms& terms) {
  using Reasons = std::vector<std::string>;
  const auto report = ParseUsageReport(file);
  if (!report) return std::unexpected(Reasons{std::string(kEvidence).append(report.error())});
  Reasons reasons = core::RefuseOrigin(*report, terms);
  for (std::string& reason : reasons) reason.insert(0, kEvidence);
  if (!reasons.empty()) return std::unexpected(std::move(reasons));
  return CensusRead{.evidence = core::ReferencesIn(*report, terms.provider_name),
                    .taken_at = report->taken_at};
}

}  // namespace baokms::app
