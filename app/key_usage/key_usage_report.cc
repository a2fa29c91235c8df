#include "app/key_usage/key_usage_report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "app/key_usage/usage_findings.h"
#include "core/census/retirement_evidence.h"
#include "core/census/stored_resource.h"
#include "core/text/printable.h"
#include "core/text/rfc3339.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

using core::KeySnapshot;
using core::RetirementEvidence;
using Groups = core::KeyCensus::Groups;

std::vector<KeySnapshot> Recorded(const KeyUsageFacts& facts) {
  return facts.state ? core::RecordedVersions(*facts.state) : std::vector<KeySnapshot>();
}

std::optional<RetirementEvidence> Evidence(const KeyUsageFacts& facts) {
  if (!facts.state) return std::nullopt;
  return core::WeighRetirement(facts.census, *facts.state);
}

std::optional<std::int64_t> VersionOf(const KeyUsageFacts& facts, const std::string& key_id) {
  for (const KeySnapshot& version : Recorded(facts)) {
    if (version.key_id.str() == key_id) return version.version.number();
  }
  return std::nullopt;
}

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

UsageFindings Findings(const KeyUsageFacts& facts) {
  return WhatShouldNotBeThere(facts.census, facts.provider_name, facts.state, facts.rules);
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
  if (!facts.state) {
    list.push_back("The local state gives no versions, so none can be called unreferenced: " +
                   facts.state.error());
  } else if (!Evidence(facts)) {
    list.push_back(
        "No object refers to any recorded version, so none is called unreferenced: check that this "
        "is the cluster's etcd and that --prefix is kube-apiserver's --etcd-prefix.");
  }
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

using Row = std::vector<std::string>;

// Columns as wide as their widest cell; the first one, a number, to the right.
std::string Table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = "  " + std::string(widths[0] - row[0].size(), ' ') + row[0];
    for (std::size_t i = 1; i < row.size(); ++i) {
      line += "  " + row[i] + std::string(widths[i] - row[i].size(), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

struct Column {
  const char* title;
  const char* field;
};

std::string Cell(const Report& entry, const char* field) {
  if (!entry.contains(field)) return "-";
  const Report& value = entry.at(field);
  if (std::string_view(field) == "objects") return WithThousands(value.get<std::uint64_t>());
  // Names in etcd's values may be any bytes.
  return value.is_string() ? core::Printable(value.get<std::string>(), core::Kept::kAscii)
                           : value.dump();
}

std::string Section(const char* title, std::uint64_t total, const Report& list,
                    const std::vector<Column>& columns) {
  std::string text = "\n" + std::string(title) + ": " + WithThousands(total) + " objects\n";
  if (list.empty()) return text;
  std::vector<Row> rows(1);
  for (const Column& column : columns) rows[0].emplace_back(column.title);
  for (const Report& entry : list) {
    Row& row = rows.emplace_back();
    for (const Column& column : columns) row.push_back(Cell(entry, column.field));
  }
  return text + Table(rows);
}

std::string RecordedTable(const KeyUsageFacts& facts) {
  if (!facts.state) return {};
  std::vector<Row> rows = {{"version", "state", "objects", "keyIdHash"}};
  for (const KeySnapshot& version : Recorded(facts)) {
    rows.push_back({std::to_string(version.version.number()), std::string(Name(version.state)),
                    WithThousands(facts.census.ObjectsUnder(version.key_id)),
                    core::PublicHash(version.key_id.str())});
  }
  return "\nrecorded versions\n" + Table(rows);
}

std::string Listed(const std::vector<core::TransitKeyVersion>& versions) {
  std::string text;
  for (const core::TransitKeyVersion version : versions) {
    text.append(text.empty() ? "" : ", ").append(version.ToString());
  }
  return text;
}

std::string RetirementAdvice(const KeyUsageFacts& facts) {
  const auto evidence = Evidence(facts);
  if (!evidence) return {};
  const std::string lowest = evidence->lowest_needed.ToString();
  std::string text;
  if (!evidence->removable.empty()) {
    text += "retire: nothing here refers to version " + Listed(evidence->removable) +
            ": with the other evidence from the runbook, retire-versions --before-version " +
            lowest + " removes exactly these versions\n";
  }
  if (!evidence->waiting.empty()) {
    text += "wait: nothing here refers to version " + Listed(evidence->waiting) + ", but version " +
            lowest + " below is still needed: rewrite its objects first\n";
  }
  if (text.empty()) {
    text = "retire: nothing; every retired version is still referred to or none is left\n";
  }
  return text;
}

std::string Warnings(const KeyUsageFacts& facts) {
  std::string text;
  for (const KeySnapshot& version : Recorded(facts)) {
    const std::uint64_t objects = facts.census.ObjectsUnder(version.key_id);
    if (version.decrypts() || objects == 0) continue;
    const std::string number = std::to_string(version.version.number());
    text.append("warning: ").append(WithThousands(objects));
    text.append(" objects refer to version ").append(number);
    text.append(", which this node no longer decrypts: restore-versions --versions ");
    text.append(number).append(" restores it\n");
  }
  std::uint64_t unknown = 0;
  for (const auto& [group, objects] : facts.census.encrypted()) {
    const bool ours = group.provider_name == facts.provider_name;
    if (facts.state && ours && !VersionOf(facts, group.key_id)) unknown += objects;
  }
  if (unknown > 0) {
    text += "warning: " + WithThousands(unknown) +
            " objects of this provider name refer to key_ids that this node does not record: they "
            "are from another identity or from a newer version on another node; compare the nodes "
            "with rotation-plan\n";
  }
  if (const auto unexpected = Findings(facts).plaintext) {
    for (const auto& [group, objects] : *unexpected) {
      text += "warning: " + WithThousands(objects) + " objects of " + group.resource +
              " are in plaintext, and the EncryptionConfiguration has this resource encrypted: "
              "rewrite them\n";
    }
  }
  if (const std::uint64_t malformed = TotalOf(facts.census.malformed()); malformed > 0) {
    text += "warning: " + WithThousands(malformed) +
            " objects are malformed, and the versions that they need are unknown: find out what "
            "wrote them before you retire any version\n";
  }
  return text;
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
  report["takenAt"] = core::Rfc3339(std::chrono::sys_seconds(std::chrono::seconds(facts.taken_at)));
  report["clusterId"] = facts.cluster_id;
  report["providerName"] = facts.provider_name;
  report["recordedVersions"] = RecordedVersionsOf(facts);
  if (const auto unexpected = Findings(facts).plaintext) {
    report["unexpectedPlaintext"] = ByResource(*unexpected);
  }
  return report;
}

std::string DescribeKeyUsage(const KeyUsageFacts& facts) {
  const core::KeyCensus& census = facts.census;
  const Report report = ReportKeyUsage(facts);
  const Column objects{.title = "objects", .field = "objects"};
  const Column provider{.title = "provider", .field = "providerName"};
  const Column resource{.title = "resource", .field = "resource"};
  std::string text = "name: " + std::string(facts.name) +
                     "\nrevision: " + std::to_string(facts.revision) + "\nprefix: " + facts.prefix +
                     "\nkeysScanned: " + WithThousands(census.keys_scanned()) + '\n';
  text += Section(
      "encrypted", TotalOf(census.encrypted()), report.at("encrypted"),
      {objects, provider, resource, {"version", "transitVersion"}, {"keyIdHash", "keyIdHash"}});
  text += Section("plaintext", TotalOf(census.plaintext()), report.at("plaintext"),
                  {objects, resource});
  text += Section("otherProviders", TotalOf(census.other_providers()), report.at("otherProviders"),
                  {objects, {"kind", "kind"}, provider, resource});
  text += Section("malformed", TotalOf(census.malformed()), report.at("malformed"),
                  {objects, resource});
  text += RecordedTable(facts) + '\n' + RetirementAdvice(facts) + Warnings(facts);
  Report limitations = Report::object();
  limitations["limitations"] = report.at("limitations");
  return text + RenderFields(limitations);
}

std::string WithThousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

}  // namespace baokms::app
