#include "app/nodes/nodes_command.h"

#include <cstddef>
#include <cstdio>
#include <expected>
#include <fstream>
#include <utility>

#include "app/nodes/compare_nodes.h"
#include "app/nodes/node_names.h"
#include "app/nodes/node_status.h"
#include "app/nodes/nodes_report.h"
#include "app/process/system_clock.h"
#include "core/text/printable.h"

namespace baokms::app {
namespace {

constexpr const char* kCompare = "nodes compare";

std::expected<std::string, std::string> ReadOutput(const std::string& path) {
  // More than any status has.
  constexpr std::size_t kMostBytes = std::size_t{64} << 10U;
  std::ifstream file(path, std::ios::binary);
  std::string content(kMostBytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  // A directory opens, and then cannot be read.
  if (!file.eof() && content.size() <= kMostBytes) {
    return std::unexpected("cannot be read: check the path, and that this user may read it");
  }
  if (content.size() > kMostBytes) return std::unexpected("is too large for an output of status");
  return content;
}

std::expected<NodeStatus, std::string> ReadNode(const std::string& path, const std::string& name) {
  const auto output = ReadOutput(path);
  if (!output) return std::unexpected(output.error());
  return ParseNodeStatus(name, *output);
}

}  // namespace

ExitCode CompareNodesIn(const CompareRequest& request) {
  const std::vector<std::string> names = NodeNames(request.files);
  std::vector<NodeStatus> nodes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto node = ReadNode(request.files[i], names[i]);
    if (node) {
      nodes.push_back(*std::move(node));
    } else {
      std::fprintf(stderr, "%s: %s %s\n", kCompare,
                   core::Printable(request.files[i], core::Kept::kUtf8).c_str(),
                   node.error().c_str());
    }
  }
  if (nodes.size() < names.size()) return ExitCode::kConfiguration;
  const core::UnixSeconds now = SystemClock().Now().wall;
  const Comparison comparison = CompareNodes(nodes, now);
  std::fputs(
      (request.format == OutputFormat::kJson ? RenderJson(ReportNodes(nodes, comparison, now))
                                             : DescribeNodes(nodes, comparison, now))
          .c_str(),
      stdout);
  if (comparison.differences.empty()) return ExitCode::kOk;
  return FailCheck(kCompare, comparison.differences.front().message);
}

}  // namespace baokms::app
