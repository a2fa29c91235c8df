#include "app/command_line/commands.h"
#include "app/rotation_commands.h"

namespace baokms::app {

void AddRotationReports(CommandTree& tree) {
  tree.AddReport(
      {.name = "rotation-plan", .purpose = "Show this node's key versions beside OpenBao's"},
      [&tree] { return PrintRotationPlan(tree.request(), tree.format()); });
  tree.AddReport({.name = "verify-rotation", .purpose = "The same, with what it cannot know"},
                 [&tree] { return PrintVerifiedRotation(tree.request(), tree.format()); });
}

}  // namespace baokms::app
