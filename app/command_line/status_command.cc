#include "app/status/status_command.h"

#include <memory>

#include "app/command_line/commands.h"
#include "app/command_line/duration_flag.h"

namespace baokms::app {

void AddStatus(CommandTree& tree) {
  const auto request = std::make_shared<StatusRequest>();
  CLI::App& command = tree.AddReport(
      {.name = "status",
       .purpose = "Ask the running provider how it is",
       .examples = {{.command = "bao-kms-provider status",
                     .what = "Is it ready, which version encrypts, what failed last?"},
                    {.command = "bao-kms-provider status --watch",
                     .what = "Follow a rotation until the new version is active"},
                    {.command = "bao-kms-provider status --wait 2m --output json",
                     .what = "In a pipeline: go on when the provider is ready"}},
       .notes = "Reads /status of server.healthAddress, or, where that is off or does not answer, "
                "Status on the socket, which knows only whether the provider is ready and under "
                "which key it encrypts. Asks neither OpenBao nor the state file and changes "
                "nothing.",
       .exits = {{.code = ExitCode::kOk, .when = "The provider is ready."},
                 {.code = ExitCode::kConfiguration,
                  .when = "The configuration cannot be loaded or is invalid."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "It is not ready, not within --wait, or no provider answers; the report "
                          "is printed."}}},
      [&tree, request] {
        request->format = tree.format();
        return Status(tree.request(), *request);
      });
  AddDuration(command, "--wait", request->wait,
              "Wait until the provider is ready, at most this long: 30s, 2m; at most 24h");
  command.add_flag("--watch", request->watch,
                   "Go on until Ctrl-C: anew each second on a terminal, a line for each change in "
                   "a pipe; text only");
  command.parse_complete_callback([&tree, request] {
    if (!request->watch) return;
    if (request->wait.count() != 0) {
      throw CLI::ValidationError("--watch", "cannot be given together with --wait");
    }
    if (tree.format() == OutputFormat::kJson) {
      throw CLI::ValidationError("--watch", "is for text: ask again and again for JSON");
    }
  });
}

}  // namespace baokms::app
