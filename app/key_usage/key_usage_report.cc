#include "app/key_usage/key_usage_report.h"

#include <array>
#include <string_view>
#include <utility>

#include "core/census/stored_resource.h"
#include "core/text/rfc3339.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

using core::KeySnapshot;
using Groups = core::KeyCensus::Groups;

// What a list's groups were folded into has no key_id.
std::string HashOf(const std::string& key_id) {
  return key_id.empty() ? std::string(core::kOtherResource) : core::PublicHash(key_id);
}

Report Encrypted(const KeyUsageFacts& facts) {
  Report list = Report::array();
  for (const auto& [group, objects] : facts.census.encrypted()) {
    Report entry = {{"providerName", group.provider_name},
                    {"resource", group.resource},
                    {"keyIdHash", HashOf(group.key_id)}};
    if (const auto version = VersionOf(facts, group.key_id)) entry["transitVersion"] = *version;
    entry["objects"] = objects;
    if (!group.key_id.empty()) entry["kubernetesKeyIdHash"] = core::KubernetesHash(group.key_id);
    list.push_back(std::move(entry));
  }
  return list;
}

Report OtherProviders(const KeyUsageFacts& facts) {
  Report list = Report::array();
  for (const auto& [group, objects] : facts.census.other_providers()) {
    list.push_back({{"kind", group.kind},
                    {"providerName", group.provider_name},
                    {"resource", group.resource},
                    {"objects", objects}});
  }
  return list;
}

Report ByResource(const Groups& groups) {
  Report list = Report::array();
  for (const auto& [group, objects] : groups) {
    list.push_back({{"resource", group.resource}, {"objects", objects}});
  }
  return list;
}

Report UnreferencedVersions(const KeyUsageFacts& facts) {
  Report list = Report::array();
  const auto evidence = Evidence(facts);
  if (!evidence) return list;
  for (const KeySnapshot& version : evidence->unreferenced) {
    list.push_back({{"transitVersion", version.version.number()},
                    {"keyIdHash", core::PublicHash(version.key_id.str())},
                    {"state", core::Name(version.state)}});
  }
  return list;
}

Report RecordedVersionsOf(const KeyUsageFacts& facts) {
  Report list = Report::array();
  for (const KeySnapshot& version : Recorded(facts)) {
    list.push_back({{"transitVersion", version.version.number()},
                    {"keyIdHash", core::PublicHash(version.key_id.str())},
                    {"kubernetesKeyIdHash", core::KubernetesHash(version.key_id.str())},
                    {"state", core::Name(version.state)},
                    {"objects", facts.census.ObjectsUnder(version.key_id)}});
  }
  return list;
}

bool IsFull(const Groups& groups) { return groups.size() > core::KeyCensus::kMaxGroups; }

constexpr std::array<std::string_view, 5> kLimits = {
    {{"It shows etcd only at this revision: later writes are not counted, including those of a "
      "node that has not promoted yet."},
     {"It cannot see etcd snapshots and backups: restoring one needs every version that its "
      "objects were written under."},
     {"It sees one etcd under one prefix: it does not see other clusters under the same Transit "
      "key, or resources that kube-apiserver stores elsewhere (--etcd-servers-overrides, "
      "--etcd-prefix)."},
     {"It identifies versions with this node's state only: compare the report on every "
      "control-plane node."},
     {"It reads key_ids and decrypts nothing, so it does not show that an object can be read. Keys "
      "of built-in resources do not contain their API group."}}};

Report Limitations(const KeyUsageFacts& facts) {
  const core::KeyCensus& census = facts.census;
  Report list = kLimits;
  if (!Evidence(facts)) list.push_back(WhyNoEvidence(facts));
  if (facts.rules) {
    list.push_back(
        "Which objects should be encrypted is judged by this EncryptionConfiguration alone. A "
        "wildcard of one API group, such as *.apps, is not matched with built-in resources, whose "
        "keys do not contain their group.");
  }
  if (!census.malformed().empty()) {
    list.push_back(
        "Malformed objects begin like encrypted ones but cannot be read, so the versions that they "
        "need are unknown.");
  }
  if (IsFull(census.encrypted()) || IsFull(census.plaintext()) ||
      IsFull(census.other_providers()) || IsFull(census.malformed())) {
    list.push_back(
        "A list reached its maximum number of groups; further groups are counted under \"other\". "
        "unreferencedVersions is still exact.");
  }
  return list;
}

}  // namespace

Report ReportKeyUsage(const KeyUsageFacts& facts) {
  Report report = Report::object();
  report["name"] = facts.name;
  report["revision"] = facts.revision;
  report["prefix"] = facts.prefix;
  report["keysScanned"] = facts.census.keys_scanned();
  report["encrypted"] = Encrypted(facts);
  report["plaintext"] = ByResource(facts.census.plaintext());
  report["otherProviders"] = OtherProviders(facts);
  report["malformed"] = ByResource(facts.census.malformed());
  report["unreferencedVersions"] = UnreferencedVersions(facts);
  report["limitations"] = Limitations(facts);
  report["takenAt"] = core::Rfc3339(facts.taken_at);
  report["clusterId"] = facts.cluster_id;
  report["providerName"] = facts.provider_name;
  report["recordedVersions"] = RecordedVersionsOf(facts);
  if (const auto unexpected = FindingsOf(facts).plaintext) {
    report["unexpectedPlaintext"] = ByResource(*unexpected);
  }
  return report;
}

}  // namespace baokms::app
