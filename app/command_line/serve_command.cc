#include "app/command_line/commands.h"
#include "app/serve.h"

namespace baokms::app {

void AddServe(CommandTree& tree) {
  CLI::App& serve =
      tree.Add(tree.root(), {.name = "serve", .purpose = "Serve KMS v2 on the configured socket"},
               [&tree] { return Serve(tree.request()); });
  tree.AddSocketParent(serve);
}

}  // namespace baokms::app
