#include "app/nodes/nodes_command.h"

#include <memory>
#include <set>

#include "app/command_line/commands.h"

namespace baokms::app {

void AddNodes(CommandTree& tree) {
  CLI::App& nodes =
      tree.AddGroup({.name = "nodes",
                     .purpose = "Look at several nodes of a cluster at once",
                     .examples = {{.command = "bao-kms-provider nodes compare --help",
                                   .what = "Whether all nodes encrypt under the same key"}}});
  const auto request = std::make_shared<CompareRequest>();
  CLI::App& compare = tree.AddBare(
      nodes,
      {.name = "compare",
       .purpose = "Compare what the nodes of a cluster say of themselves",
       .examples = {{.command =
                         "bao-kms-provider nodes compare node-1.json node-2.json node-3.json",
                     .what = "The outputs of `status --output json`, one file for each node"}},
       .notes = "Reads the files and asks nobody. A node is called by its file's name. It compares "
                "the identity fingerprint, the active version and the hash of the active key_id, "
                "and says which nodes differ in what, and when a rotation that is under way "
                "explains it. Different versions of the program are a warning.",
       .exits = {{.code = ExitCode::kOk, .when = "All nodes agree; there may be warnings."},
                 {.code = ExitCode::kConfiguration,
                  .when = "A file cannot be read or is not an output of status: each is named."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "The nodes do not agree, or one does not say under which key it "
                          "encrypts; the report is printed."}}},
      [&tree, request] {
        request->format = tree.format();
        return CompareNodesIn(*request);
      });
  compare
      .add_option("files", request->files,
                  "The outputs of `status --output json` of at least two nodes, or their pages "
                  "/status")
      ->type_name("FILE");
  tree.AddOutput(compare);
  compare.parse_complete_callback([request] {
    const std::set<std::string> different(request->files.begin(), request->files.end());
    if (different.size() < request->files.size()) {
      throw CLI::ValidationError("FILE", "is given twice; give each node's output once");
    }
    if (different.size() < 2) {
      throw CLI::ValidationError("FILE", "must be the outputs of at least two nodes");
    }
  });
}

}  // namespace baokms::app
