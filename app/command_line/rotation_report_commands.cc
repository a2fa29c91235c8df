#include <chrono>
#include <memory>

#include "app/command_line/commands.h"
#include "app/command_line/duration_flag.h"
#include "app/versions/rotation_commands.h"

namespace baokms::app {
namespace {

std::vector<ExitText> ReportExits() {
  return {{.code = ExitCode::kConfiguration,
           .when = "The configuration cannot be loaded or is invalid."},
          {.code = ExitCode::kCheckFailed,
           .when = "The login, the metadata or the state failed; the known part of the report is "
                   "printed."}};
}

}  // namespace

void AddRotationReports(CommandTree& tree) {
  tree.AddReport(
      {.name = "rotation-plan",
       .purpose = "Show this node's key versions next to OpenBao's",
       .examples = {{.command =
                         "bao-kms-provider rotation-plan --config /etc/openbao-kms/config.yaml",
                     .what = "After `bao write -f transit/keys/NAME/rotate`: is the new version "
                             "seen, and when is it used?"}},
       .notes = "Changes nothing and may run while serve is running. With rotationState pending, "
                "pendingPromotesAfter is the time from which the new version becomes active.",
       .exits = ReportExits()},
      [&tree] { return PrintRotationPlan(tree.request(), tree.format()); });
  const auto wait = std::make_shared<std::chrono::nanoseconds>(0);
  CLI::App& verify = tree.AddReport(
      {.name = "verify-rotation",
       .purpose = "Print the same as rotation-plan, and what it cannot know",
       .examples = {{.command = "bao-kms-provider verify-rotation --config "
                                "/etc/openbao-kms/config.yaml",
                     .what = "What this node can prove about a rotation, and what it cannot"},
                    {.command = "bao-kms-provider verify-rotation --wait 15m",
                     .what = "In a pipeline: go on when the new version is active on this node"}},
       .notes = "Its confidence is limited: it cannot see other nodes, etcd's objects, snapshots "
                "and backups from here; limitations lists each of these.",
       .exits = {{.code = ExitCode::kConfiguration,
                  .when = "The configuration cannot be loaded or is invalid."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "The login, the metadata or the state failed, or the rotation was not "
                          "over within --wait; the known part of the report is printed."}}},
      [&tree, wait] { return PrintVerifiedRotation(tree.request(), tree.format(), *wait); });
  AddDuration(verify, "--wait", *wait,
              "Wait until the key's newest version is active on this node, at most this long: 5m, "
              "1h; at most 24h");
}

}  // namespace baokms::app
