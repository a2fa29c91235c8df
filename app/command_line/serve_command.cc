#include "app/command_line/commands.h"
#include "app/serve/serve.h"

namespace baokms::app {

void AddServe(CommandTree& tree) {
  CLI::App& serve = tree.Add(
      tree.root(),
      {.name = "serve",
       .purpose = "Serve KMS v2 on the configured socket",
       .examples = {{.command = "bao-kms-provider serve --config /etc/openbao-kms/config.yaml",
                     .what = "What the service unit runs"}},
       .notes = "Checks the configuration, logs in to OpenBao, loads or makes the key registry, "
                "probes the key, and only then serves. SIGTERM and SIGINT end it within 15s "
                "(calls in flight are finished, the socket is removed), SIGHUP reads logging.level "
                "again. --config must be an absolute path.",
       .exits = {{.code = ExitCode::kOk, .when = "Ended by SIGTERM or SIGINT."},
                 {.code = ExitCode::kConfiguration,
                  .when = "The configuration, or a file that it names, is refused: each problem "
                          "with its field."},
                 {.code = ExitCode::kRuntime,
                  .when = "Everything after that: OpenBao, the key, the registry, the socket. "
                          "The last line says what to do; doctor says more."}}},
      [&tree] { return Serve(tree.request()); });
  tree.AddSocketParent(serve);
}

}  // namespace baokms::app
