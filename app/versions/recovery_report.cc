#include "app/versions/recovery_report.h"

#include <utility>
#include <vector>

#include "core/text/number_ranges.h"
#include "core/text/rfc3339.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

using core::RebuiltVersion;

Report Evidence(const RecoveryFacts& facts) {
  Report evidence = Report::array();
  if (facts.peer_given) evidence.push_back("peer-state");
  if (facts.census_taken_at) evidence.push_back("key-usage");
  return evidence;
}

Report Version(const RebuiltVersion& version, const RecoveryFacts& facts) {
  const core::KeySnapshot& snapshot = version.snapshot;
  Report proof = Report::array();
  if (version.listed) proof.push_back("openbao");
  if (version.on_peer) proof.push_back("peer-state");
  if (version.objects > 0) proof.push_back("key-usage");
  Report entry = {{"transitVersion", snapshot.version.number()},
                  {"keyIdHash", core::PublicHash(snapshot.key_id.str())},
                  {"state", core::Name(snapshot.state)},
                  {"createdAt", core::Rfc3339(snapshot.created_at)},
                  {"proof", std::move(proof)}};
  if (facts.census_taken_at) entry["objects"] = version.objects;
  return entry;
}

// Recorded for the peer's sake alone: OpenBao does not decrypt them as it is now.
std::vector<std::int64_t> Undecryptable(const core::RebuiltState& state) {
  std::vector<std::int64_t> versions;
  for (const RebuiltVersion& version : state.versions) {
    if (version.snapshot.decrypts() && !version.listed) {
      versions.insert(versions.begin(), version.snapshot.version.number());
    }
  }
  return versions;
}

void AddUnknown(Report& list, const RecoveryFacts& facts) {
  if (facts.peer_given || facts.census_taken_at) return;
  if (facts.adopt) {
    list.push_back(
        "WITHOUT EVIDENCE: if etcd has objects that this provider encrypted under another key or "
        "under a version that OpenBao does not list, they cannot be read. A report of key-usage "
        "shows whether it has.");
    return;
  }
  list.push_back(
      "WITHOUT EVIDENCE: nothing shows that this is the key that etcd's objects are encrypted "
      "under. If it was deleted and made again, or if OpenBao was restored from an older backup, "
      "those objects cannot be read, and new ones are written under a wrong key. A report of "
      "key-usage or the state file of another node shows it.");
}

Report Limitations(const RecoveryFacts& facts) {
  const core::RebuiltState& state = facts.state;
  Report list = Report::array();
  AddUnknown(list, facts);
  if (facts.census_taken_at) {
    list.push_back("The report of key-usage shows etcd as it was at " +
                   core::Rfc3339(*facts.census_taken_at) +
                   ", and neither its snapshots nor its backups.");
  }
  if (facts.malformed > 0) {
    list.push_back(std::to_string(facts.malformed) +
                   " objects in etcd begin like encrypted ones and cannot be read: which key they "
                   "need is not known, and key-usage counts them under malformed.");
  }
  if (!facts.adopt) {
    list.push_back(
        "It makes the latest version active at once: other nodes answer with an older key_id until "
        "they have promoted it, and decrypt what this node writes all the same.");
  }
  if (!facts.adopt && !facts.peer_given) {
    list.push_back(
        "It cannot know which versions were retired with retire-versions: they decrypt again on "
        "this node until you retire them there once more.");
  }
  if (!state.hidden.empty()) {
    list.push_back("min_decryption_version hides version " + state.hidden +
                   ", which the new state does not record: if an object or a backup of etcd may "
                   "need it, lower the minimum before you apply this.");
  }
  if (state.trimmed_below > 1) {
    list.push_back("Versions below " + std::to_string(state.trimmed_below) +
                   " were trimmed from the key: nothing decrypts what was written under them.");
  }
  if (const auto versions = Undecryptable(state); !versions.empty()) {
    list.push_back("OpenBao does not decrypt version " + core::NumberRanges(versions) +
                   " now, which the other node's state records: /ready says "
                   "retired_version_undecryptable until the minimum is lowered or the version is "
                   "retired.");
  }
  list.push_back("It changes only this node's state.");
  return list;
}

std::string Joined(const Report& words) {
  std::string text;
  for (const Report& word : words) text += (text.empty() ? "" : ",") + word.get<std::string>();
  return text;
}

}  // namespace

Report ReportRecovery(const RecoveryFacts& facts) {
  const core::Registry& registry = facts.state.registry;
  Report report = Report::object();
  report["operation"] = "recover-state";
  report["applied"] = facts.applied;
  report["adopt"] = facts.adopt;
  report["stateHash"] = registry.current_hash();
  report["generation"] = registry.generation();
  report["activeKeyIdHash"] = core::PublicHash(registry.active().key_id.str());
  report["activeTransitVersion"] = registry.active().version.number();
  report["evidence"] = Evidence(facts);
  Report& versions = report["versions"] = Report::array();
  for (const RebuiltVersion& version : facts.state.versions) {
    versions.push_back(Version(version, facts));
  }
  report["limitations"] = Limitations(facts);
  return report;
}

std::string RenderRecovery(const Report& report, OutputFormat format) {
  if (format == OutputFormat::kJson) return RenderJson(report);
  std::string text = RenderFields(report);
  for (const Report& version : report.at("versions")) {
    text += "version: transitVersion=" + version.at("transitVersion").dump() +
            " state=" + version.at("state").get<std::string>() +
            " keyIdHash=" + version.at("keyIdHash").get<std::string>() +
            " createdAt=" + version.at("createdAt").get<std::string>() +
            " proof=" + Joined(version.at("proof"));
    if (version.contains("objects")) text += " objects=" + version.at("objects").dump();
    text += '\n';
  }
  return text;
}

}  // namespace baokms::app
