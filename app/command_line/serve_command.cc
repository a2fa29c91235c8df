#include "app/command_line/commands.h"
#include "app/serve/serve.h"

namespace baokms::app {

void AddServe(CommandTree& tree) {
  CLI::App& serve = tree.Add(
      tree.root(),
      {.name = "serve",
       .purpose = "Serve KMS v2 on the configured socket",
       .examples = {{.command = "bao-kms-provider serve --config /etc/openbao-kms/config.yaml",
                     .what = "The command that the service unit runs"}},
       .notes = "Checks the configuration, logs in to OpenBao, loads or creates the key registry, "
                "and probes the key before it serves. SIGTERM and SIGINT stop it within 15s: it "
                "finishes the calls in progress and removes the socket. SIGHUP reads logging.level "
                "again. --config must be an absolute path.",
       .exits = {{.code = ExitCode::kOk, .when = "Stopped by SIGTERM or SIGINT."},
                 {.code = ExitCode::kConfiguration,
                  .when = "The configuration, or a file that it names, is refused: each problem is "
                          "printed with its field."},
                 {.code = ExitCode::kRuntime,
                  .when = "Any later failure: OpenBao, the key, the registry or the socket. The "
                          "last line gives advice; doctor gives more."}}},
      [&tree] { return Serve(tree.request()); });
  tree.AddSocketParent(serve);
}

}  // namespace baokms::app
