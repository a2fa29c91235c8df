#include <cstdio>
#include <memory>

#include "app/command_line/commands.h"
#include "app/configuration/config_commands.h"
#include "app/configuration/policy_commands.h"

namespace baokms::app {
namespace {

std::vector<ExitText> ReadExits() {
  return {
      {.code = ExitCode::kConfiguration,
       .when = "The configuration cannot be read, is malformed, or lacks a value that is needed."}};
}

}  // namespace

void AddConfig(CommandTree& tree) {
  CLI::App& config = tree.Add(
      tree.root(),
      {.name = "config",
       .purpose = "Print the resolved configuration",
       .examples = {{.command = "bao-kms-provider config --config /etc/openbao-kms/config.yaml",
                     .what = "The result of the file, the environment and the flags"}},
       .notes = "Values are printed but not validated; doctor validates them. The four common "
                "flags and $BAO_KMS_PROVIDER_CONFIG, _LOG_LEVEL, _SERVER_METRICS_ADDRESS and "
                "_SERVER_HEALTH_ADDRESS override the file.",
       .exits = ReadExits()},
      [&tree] { return PrintConfig(tree.request()); });
  config.require_subcommand(0, 1);
  tree.Add(config,
           {.name = "schema",
            .purpose = "Print the JSON Schema of the configuration file",
            .examples = {{.command = "bao-kms-provider config schema > config.schema.json",
                          .what = "For an editor that supports JSON Schema 2020-12"}},
            .notes = "Does not read a configuration."},
           PrintConfigSchema);
  tree.Add(config,
           {.name = "fingerprint",
            .purpose = "Print the configuration's identity fingerprint",
            .examples = {{.command = "bao-kms-provider config fingerprint --config "
                                     "/etc/openbao-kms/config.yaml",
                          .what = "It must be the same on every control-plane node"}},
            .notes = "A hash of the fields that must not change once data is encrypted.",
            .exits = ReadExits()},
           [&tree] { return PrintConfigFingerprint(tree.request()); });
}

void AddPolicy(CommandTree& tree) {
  CLI::App& policy =
      tree.AddGroup({.name = "policy",
                     .purpose = "Print policies that the provider needs",
                     .examples = {{.command = "bao-kms-provider policy openbao --help",
                                   .what = "The policy of the provider's token"}}});
  const auto include_renewal = std::make_shared<bool>(true);
  CLI::App& openbao = tree.Add(
      policy,
      {.name = "openbao",
       .purpose = "Print the least-privilege policy for OpenBao (HCL)",
       .examples =
           {{.command = "bao-kms-provider policy openbao --config /etc/openbao-kms/config.yaml \\\n"
                        "      | bao policy write openbao-kms -",
             .what = "Write it to OpenBao"}},
       .notes = "Needs a valid configuration, for the mount path and the key name.",
       .exits = {{.code = ExitCode::kConfiguration,
                  .when = "The configuration cannot be loaded or is invalid."}}},
      [&tree, include_renewal] {
        return PrintOpenBaoPolicy(
            tree.request(), *include_renewal ? TokenRenewal::kIncluded : TokenRenewal::kLeftOut);
      });
  tree.AddSocketParent(openbao);
  openbao
      .add_option("--include-token-renewal", *include_renewal,
                  "Whether the policy allows the token to renew itself")
      ->type_name("true|false")
      ->default_str("true")
      ->expected(0, 1);
}

void AddVersion(CommandTree& tree) {
  tree.Add(tree.root(),
           {.name = "version",
            .purpose = "Print version, commit, build date and login sources",
            .examples = {{.command = "bao-kms-provider version",
                          .what = "What was built, and which login sources it includes"}}},
           PrintVersion);
}

}  // namespace baokms::app
