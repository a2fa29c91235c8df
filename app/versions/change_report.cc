#include "app/versions/change_report.h"

#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

Report Versions(const std::vector<core::KeySnapshot>& snapshots) {
  Report versions = Report::array();
  for (const core::KeySnapshot& snapshot : snapshots) {
    Report entry = Report::object();
    entry["transitVersion"] = snapshot.version.number();
    entry["keyIdHash"] = core::PublicHash(snapshot.key_id.str());
    versions.push_back(std::move(entry));
  }
  return versions;
}

std::string Lines(const char* label, const Report& versions) {
  std::string lines;
  for (const Report& version : versions) {
    lines += std::string(label) + ": transitVersion=" + version.at("transitVersion").dump() +
             " keyIdHash=" + version.at("keyIdHash").get<std::string>() + '\n';
  }
  return lines;
}

}  // namespace

Report ReportChange(const ChangeFacts& facts) {
  Report report = Report::object();
  report["operation"] = facts.operation;
  report["applied"] = facts.applied;
  report["beforeVersion"] = facts.before_version;
  report["stateHash"] = facts.state_hash;
  report["nextStateHash"] = facts.after.current_hash();
  report["nextGeneration"] = facts.after.generation();
  report["activeKeyIdHash"] = core::PublicHash(facts.after.active().key_id.str());
  report["removedVersions"] = Versions(facts.removed);
  report["restoredVersions"] = Versions(facts.restored);
  report["limitations"] = facts.limitations;
  if (!facts.evidence.empty()) report["evidence"] = facts.evidence;
  return report;
}

std::string RenderChange(const Report& report, OutputFormat format) {
  if (format == OutputFormat::kJson) return RenderJson(report);
  return RenderFields(report) + Lines("remove", report.at("removedVersions")) +
         Lines("restore", report.at("restoredVersions"));
}

}  // namespace baokms::app
