#include "app/nodes/nodes_report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/text/duration_words.h"
#include "core/text/rfc3339.h"

namespace baokms::app {
namespace {

constexpr std::size_t kColumns = 8;
using Row = std::array<std::string, kColumns>;

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }
std::string OrDash(std::int64_t number) { return number == 0 ? "-" : std::to_string(number); }

// Enough to tell them apart by eye; the JSON has the whole.
std::string Beginning(const std::string& hash) {
  constexpr std::size_t kShown = 12;
  return hash.size() > kShown ? hash.substr(0, kShown) + ".." : OrDash(hash);
}

// A clock that is ahead makes no negative age.
std::chrono::seconds AgeOf(core::UnixSeconds taken_at, core::UnixSeconds now) {
  return std::chrono::seconds(std::max<core::UnixSeconds>(0, now - taken_at));
}

Row RowOf(const NodeStatus& node, core::UnixSeconds now) {
  return {node.node,
          node.source == "none" ? "no answer" : (node.ready ? "yes" : "no"),
          OrDash(node.version),
          OrDash(node.pending_version),
          Beginning(node.key_id_hash),
          Beginning(node.identity_fingerprint),
          OrDash(node.program_version),
          node.taken_at ? core::DurationWords(AgeOf(*node.taken_at, now)) : "-"};
}

std::string Line(const Row& row, const std::array<std::size_t, kColumns>& widths) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

Report EntryOf(const NodeStatus& node, core::UnixSeconds now) {
  Report entry = {{"node", node.node}, {"source", node.source}};
  if (node.taken_at) {
    entry["takenAt"] = core::Rfc3339(*node.taken_at);
    entry["ageSeconds"] = AgeOf(*node.taken_at, now).count();
  }
  entry["ready"] = node.ready;
  entry["reasons"] = node.reasons;
  const auto add_text = [&](const char* field, const std::string& text) {
    if (!text.empty()) entry[field] = text;
  };
  const auto add_number = [&](const char* field, std::int64_t number) {
    if (number != 0) entry[field] = number;
  };
  add_text("programVersion", node.program_version);
  add_text("identityFingerprint", node.identity_fingerprint);
  add_number("activeTransitVersion", node.version);
  add_text("activeKeyIdHash", node.key_id_hash);
  add_number("pendingTransitVersion", node.pending_version);
  add_text("pendingKeyIdHash", node.pending_key_id_hash);
  if (node.pending_promotes_after) {
    entry["pendingPromotesAfter"] = core::Rfc3339(*node.pending_promotes_after);
  }
  return entry;
}

// What all of them agree on.
std::string Agreement(const std::vector<NodeStatus>& nodes) {
  const auto versioned =
      std::ranges::find_if(nodes, [](const NodeStatus& node) { return node.version != 0; });
  return "all " + std::to_string(nodes.size()) + " nodes encrypt under " +
         (versioned == nodes.end()
              ? std::string("the same key_id")
              : "version " + std::to_string(versioned->version) + " and the same key_id") +
         '\n';
}

}  // namespace

Report ReportNodes(const std::vector<NodeStatus>& nodes, const Comparison& comparison,
                   core::UnixSeconds now) {
  Report report = {{"name", "nodes-compare"},
                   {"comparedAt", core::Rfc3339(now)},
                   {"equal", comparison.differences.empty()},
                   {"nodes", Report::array()},
                   {"differences", Report::array()},
                   {"warnings", comparison.warnings}};
  for (const NodeStatus& node : nodes) report["nodes"].push_back(EntryOf(node, now));
  for (const Difference& difference : comparison.differences) {
    report["differences"].push_back({{"field", difference.field},
                                     {"message", difference.message},
                                     {"advice", difference.advice},
                                     {"explainedByPending", difference.explained_by_pending}});
  }
  return report;
}

std::string DescribeNodes(const std::vector<NodeStatus>& nodes, const Comparison& comparison,
                          core::UnixSeconds now) {
  std::vector<Row> rows{
      {"node", "ready", "version", "pending", "key_id hash", "fingerprint", "program", "age"}};
  for (const NodeStatus& node : nodes) rows.push_back(RowOf(node, now));
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) text += Line(row, widths);
  for (const Difference& difference : comparison.differences) {
    text += "differs: " + difference.message + "\n    " + difference.advice + '\n';
  }
  for (const std::string& warning : comparison.warnings) text += "warning: " + warning + '\n';
  return comparison.differences.empty() ? text + Agreement(nodes) : text;
}

}  // namespace baokms::app
