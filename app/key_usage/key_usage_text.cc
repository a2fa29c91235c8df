#include "app/key_usage/key_usage_text.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "app/key_usage/key_usage_report.h"
#include "app/reports/wrapped_text.h"
#include "core/text/printable.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

using core::KeySnapshot;

enum class Style : std::uint8_t { kTitle, kGood, kWarning };

std::string Styled(std::string_view text, Style style, const TextLayout& layout) {
  if (!layout.color) return std::string(text);
  const char* const code = style == Style::kTitle  ? "\033[1m"
                           : style == Style::kGood ? "\033[32m"
                                                   : "\033[1;33m";
  return std::string(code).append(text).append("\033[0m");
}

// "word: text", broken between words; what goes on is indented.
std::string Paragraph(std::string_view word, Style style, std::string_view text,
                      const TextLayout& layout) {
  const std::string begin = Styled(word, style, layout) + ": ";
  if (layout.width == 0) return begin + std::string(text) + '\n';
  // The blank behind the colon is WrapUnder's.
  return begin.substr(0, begin.size() - 1) + WrapUnder(text, word.size() + 1, 2, layout.width);
}

struct Column {
  std::string_view title;
  std::string_view field;
};

constexpr Column kObjects{.title = "objects", .field = "objects"};
constexpr Column kProvider{.title = "provider", .field = "providerName"};
constexpr Column kResource{.title = "resource", .field = "resource"};
constexpr Column kVersion{.title = "version", .field = "transitVersion"};
constexpr Column kState{.title = "state", .field = "state"};
constexpr Column kKeyIdHash{.title = "keyIdHash", .field = "keyIdHash"};

std::string Cell(const Report& entry, const std::string& field) {
  if (!entry.contains(field)) return "-";
  const Report& value = entry.at(field);
  if (field == kObjects.field) return WithThousands(value.get<std::uint64_t>());
  // Names in etcd's values may be any bytes.
  return value.is_string() ? core::Printable(value.get<std::string>(), core::Kept::kAscii)
                           : value.dump();
}

bool IsNumber(const Column& column) {
  return column.field == kObjects.field || column.field == kVersion.field;
}

std::string Aligned(const std::string& cell, std::size_t width, const Column& column) {
  const std::string blanks(width - cell.size(), ' ');
  return IsNumber(column) ? blanks + cell : cell + blanks;
}

// `hash` within `room` columns, where there is a bound: enough of it to tell it from others.
std::string HashWithin(const std::string& hash, std::size_t room, const TextLayout& layout) {
  constexpr std::size_t kLeast = 12;
  if (layout.width == 0 || hash.size() <= room) return hash;
  return hash.substr(0, std::max(room, kLeast + 3) - 3) + "...";
}

// Columns as wide as their widest cell, numbers to the right; a hash, which comes last, is cut to
// the terminal's width.
std::string Table(const Report& list, const std::vector<Column>& columns,
                  const TextLayout& layout) {
  std::vector<std::vector<std::string>> rows(1);
  for (const Column& column : columns) rows[0].emplace_back(column.title);
  for (const Report& entry : list) {
    auto& row = rows.emplace_back();
    for (const Column& column : columns) row.push_back(Cell(entry, std::string(column.field)));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += "  ";
      const std::size_t room = layout.width - std::min(layout.width, line.size());
      line += columns[i].field == kKeyIdHash.field ? HashWithin(row[i], room, layout)
                                                   : Aligned(row[i], widths[i], columns[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string Section(const char* title, std::uint64_t total, const Report& list,
                    const std::vector<Column>& columns, const TextLayout& layout) {
  std::string text =
      '\n' + Styled(title, Style::kTitle, layout) + ": " + WithThousands(total) + " objects\n";
  return list.empty() ? text : text + Table(list, columns, layout);
}

std::string RecordedTable(const KeyUsageFacts& facts, const TextLayout& layout) {
  if (!facts.state) return {};
  Report list = Report::array();
  for (const KeySnapshot& version : Recorded(facts)) {
    list.push_back({{"transitVersion", version.version.number()},
                    {"state", core::Name(version.state)},
                    {"objects", facts.census.ObjectsUnder(version.key_id)},
                    {"keyIdHash", core::PublicHash(version.key_id.str())}});
  }
  return '\n' + Styled("recorded versions", Style::kTitle, layout) + '\n' +
         Table(list, {kVersion, kState, kObjects, kKeyIdHash}, layout);
}

std::string Listed(const std::vector<core::TransitKeyVersion>& versions) {
  std::string text;
  for (const core::TransitKeyVersion version : versions) {
    text.append(text.empty() ? "" : ", ").append(version.ToString());
  }
  return text;
}

std::string RetirementAdvice(const KeyUsageFacts& facts, const TextLayout& layout) {
  const auto evidence = Evidence(facts);
  if (!evidence) return Paragraph("no answer", Style::kWarning, WhyNoEvidence(facts), layout);
  const std::string lowest = evidence->lowest_needed.ToString();
  std::string text;
  if (!evidence->removable.empty()) {
    text += Paragraph("retire", Style::kGood,
                      "nothing here refers to version " + Listed(evidence->removable) +
                          ": with the other evidence from the runbook, retire-versions "
                          "--before-version " +
                          lowest + " removes exactly these versions",
                      layout);
  }
  if (!evidence->waiting.empty()) {
    text +=
        Paragraph("wait", Style::kWarning,
                  "nothing here refers to version " + Listed(evidence->waiting) + ", but version " +
                      lowest + " below is still needed: rewrite its objects first",
                  layout);
  }
  if (!text.empty()) return text;
  return Paragraph("retire", Style::kGood,
                   "nothing; every retired version is still referred to or none is left", layout);
}

std::string Warnings(const KeyUsageFacts& facts, const TextLayout& layout) {
  std::string text;
  const auto warn = [&](std::uint64_t objects, const std::string& what) {
    text += Paragraph("warning", Style::kWarning, WithThousands(objects) + what, layout);
  };
  for (const KeySnapshot& version : Recorded(facts)) {
    const std::uint64_t objects = facts.census.ObjectsUnder(version.key_id);
    if (version.decrypts() || objects == 0) continue;
    const std::string number = std::to_string(version.version.number());
    warn(objects, " objects refer to version " + number +
                      ", which this node no longer decrypts: restore-versions --versions " +
                      number + " restores it");
  }
  std::uint64_t unknown = 0;
  for (const auto& [group, objects] : facts.census.encrypted()) {
    const bool ours = group.provider_name == facts.provider_name;
    if (facts.state && ours && !VersionOf(facts, group.key_id)) unknown += objects;
  }
  if (unknown > 0) {
    warn(unknown,
         " objects of this provider name refer to key_ids that this node does not record: they "
         "are from another identity or from a newer version on another node; compare the nodes "
         "with rotation-plan");
  }
  if (const auto unexpected = FindingsOf(facts).plaintext) {
    for (const auto& [group, objects] : *unexpected) {
      warn(objects, " objects of " + group.resource +
                        " are in plaintext, and the EncryptionConfiguration has this resource "
                        "encrypted: rewrite them");
    }
  }
  if (const std::uint64_t malformed = TotalOf(facts.census.malformed()); malformed > 0) {
    warn(malformed,
         " objects are malformed, and the versions that they need are unknown: find out what "
         "wrote them before you retire any version");
  }
  return text;
}

}  // namespace

std::string DescribeKeyUsage(const KeyUsageFacts& facts, const TextLayout& layout) {
  const core::KeyCensus& census = facts.census;
  const Report report = ReportKeyUsage(facts);
  std::string text = RetirementAdvice(facts, layout) + Warnings(facts, layout);
  text.append("\nname: ").append(facts.name);
  text.append("\nrevision: ").append(std::to_string(facts.revision));
  text.append("\nprefix: ").append(facts.prefix);
  text.append("\nkeysScanned: ").append(WithThousands(census.keys_scanned())).append("\n");
  text += Section("encrypted", TotalOf(census.encrypted()), report.at("encrypted"),
                  {kObjects, kProvider, kResource, kVersion, kKeyIdHash}, layout);
  text += Section("plaintext", TotalOf(census.plaintext()), report.at("plaintext"),
                  {kObjects, kResource}, layout);
  text += Section("otherProviders", TotalOf(census.other_providers()), report.at("otherProviders"),
                  {kObjects, {"kind", "kind"}, kProvider, kResource}, layout);
  text += Section("malformed", TotalOf(census.malformed()), report.at("malformed"),
                  {kObjects, kResource}, layout);
  text += RecordedTable(facts, layout) + '\n';
  for (const Report& limitation : report.at("limitations")) {
    text += Paragraph("limitations", Style::kTitle, limitation.get<std::string>(), layout);
  }
  return text;
}

std::string WithThousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

}  // namespace baokms::app
