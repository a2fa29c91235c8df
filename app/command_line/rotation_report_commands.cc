#include "app/command_line/commands.h"
#include "app/versions/rotation_commands.h"

namespace baokms::app {
namespace {

std::vector<ExitText> ReportExits() {
  return {{.code = ExitCode::kConfiguration,
           .when = "The configuration cannot be loaded or is invalid."},
          {.code = ExitCode::kCheckFailed,
           .when = "The login, the metadata or the state failed; what is known is printed."}};
}

}  // namespace

void AddRotationReports(CommandTree& tree) {
  tree.AddReport(
      {.name = "rotation-plan",
       .purpose = "Show this node's key versions beside OpenBao's",
       .examples =
           {{.command = "bao-kms-provider rotation-plan --config /etc/openbao-kms/config.yaml",
             .what = "After `bao write -f transit/keys/NAME/rotate`: is the new version seen, and "
                     "when is it used?"}},
       .notes = "Changes nothing and may run beside serve. rotationState pending with "
                "pendingPromotesAfter says when the new version becomes active.",
       .exits = ReportExits()},
      [&tree] { return PrintRotationPlan(tree.request(), tree.format()); });
  tree.AddReport(
      {.name = "verify-rotation",
       .purpose = "The same as rotation-plan, with what it cannot know",
       .examples = {{.command = "bao-kms-provider verify-rotation --config "
                                "/etc/openbao-kms/config.yaml",
                     .what = "What this node proves of a rotation, and what it does not"}},
       .notes = "Its confidence is limited: other nodes, etcd's objects, snapshots and "
                "backups are not seen from here; limitations names each.",
       .exits = ReportExits()},
      [&tree] { return PrintVerifiedRotation(tree.request(), tree.format()); });
}

}  // namespace baokms::app
