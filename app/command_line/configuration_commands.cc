#include <cstdio>
#include <memory>

#include "app/command_line/commands.h"
#include "app/config_commands.h"
#include "app/policy_commands.h"

namespace baokms::app {

void AddConfig(CommandTree& tree) {
  CLI::App& config =
      tree.Add(tree.root(), {.name = "config", .purpose = "Print the resolved configuration"},
               [&tree] { return PrintConfig(tree.request()); });
  config.require_subcommand(0, 1);
  tree.Add(config, {.name = "schema", .purpose = "Print the JSON Schema of the configuration file"},
           PrintConfigSchema);
  tree.Add(config,
           {.name = "fingerprint", .purpose = "Print the configuration's identity fingerprint"},
           [&tree] { return PrintConfigFingerprint(tree.request()); });
}

void AddPolicy(CommandTree& tree) {
  CLI::App& policy =
      tree.AddGroup({.name = "policy", .purpose = "Print policies that the provider needs"});
  const auto include_renewal = std::make_shared<bool>(true);
  CLI::App& openbao = tree.Add(
      policy, {.name = "openbao", .purpose = "Print the least-privilege policy for OpenBao (HCL)"},
      [&tree, include_renewal] {
        return PrintOpenBaoPolicy(
            tree.request(), *include_renewal ? TokenRenewal::kIncluded : TokenRenewal::kLeftOut);
      });
  tree.AddSocketParent(openbao);
  openbao
      .add_option("--include-token-renewal", *include_renewal,
                  "Whether the token may renew itself (--include-token-renewal=false)")
      ->default_str("true")
      ->expected(0, 1);
}

void AddVersion(CommandTree& tree) {
  tree.Add(tree.root(),
           {.name = "version", .purpose = "Print version, commit, build date and login sources"},
           PrintVersion);
}

}  // namespace baokms::app
