#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/config_yaml/go_duration.h"
#include "app/build_info.h"
#include "app/change_commands.h"
#include "app/config_commands.h"
#include "app/doctor.h"
#include "app/policy_commands.h"
#include "app/probe.h"
#include "app/rotation_commands.h"
#include "app/serve.h"
#include "core/model/key_id.h"
#include "core/registry_json.h"

namespace baokms::app {
namespace {

// A decimal number of at least `least`, and nothing else.
std::optional<std::int64_t> ParseNumber(const std::string& text, std::int64_t least) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end || number < least) return std::nullopt;
  return number;
}

core::TransitKeyVersion Version(std::int64_t checked) {
  return *core::TransitKeyVersion::FromNumber(checked);
}

// "1,2"; empty when any part is no version.
std::vector<core::TransitKeyVersion> ParseVersions(const std::string& text) {
  std::vector<core::TransitKeyVersion> versions;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto number = ParseNumber(text.substr(begin, end - begin), 1);
    if (!number) return {};
    versions.push_back(Version(*number));
    begin = end + 1;
  }
  return versions;
}

// CLI11's validators return what is wrong, or nothing.
std::string CheckVersionAboveOne(const std::string& text) {
  return ParseNumber(text, 2) ? "" : "must be a version above 1";
}
std::string CheckVersionList(const std::string& text) {
  return ParseVersions(text).empty() ? "must be versions from 1 up, separated by commas" : "";
}
std::string CheckStateHash(const std::string& text) {
  return core::IsRegistryHash(text) ? "" : "must be the stateHash that a plan printed";
}
std::optional<std::chrono::nanoseconds> ParseTimeout(const std::string& text) {
  const auto duration = adapters::config_yaml::ParseGoDuration(text);
  return duration && *duration > std::chrono::nanoseconds(0) ? duration : std::nullopt;
}
std::string CheckOutput(const std::string& text) {
  return ParseOutputFormat(text) ? "" : "must be text or json";
}

class CommandLine {
 public:
  CommandLine()
      : root_("Kubernetes KMS v2 provider backed by OpenBao Transit", "bao-kms-provider") {
    root_.set_version_flag("--version", std::string(kVersion));
    root_.require_subcommand(0, 1);
    root_.footer("Run `bao-kms-provider help COMMAND` for a command's flags.");
    AddServe();
    AddChecks();
    AddProbe();
    AddRotationReports();
    AddRetireVersions();
    AddRestoreVersions();
    AddMigrateState();
    AddConfig();
    AddPolicy();
    AddCommand(root_, "version", "Print version, commit, build date and login sources",
               PrintVersion);
    AddHelp();
  }

  ExitCode Run(int argc, char** argv) {
    try {
      root_.parse(argc, argv);
    } catch (const CLI::Success& help_or_version) {
      root_.exit(help_or_version);
      return ExitCode::kOk;
    } catch (const CLI::ParseError& error) {
      std::fprintf(stderr, "usage: %s\nRun `bao-kms-provider --help` for the commands.\n",
                   error.what());
      return ExitCode::kUsage;
    }
    if (!command_) {
      std::fputs(root_.help().c_str(), stdout);
      return ExitCode::kOk;
    }
    return command_();
  }

 private:
  // Common flags, remembered only when given: an empty address switches a listener off.
  void AddCommonFlags(CLI::App& command) {
    auto& overrides = request_.overrides;
    command.add_option("--config", overrides.config_path,
                       "Configuration file (else $BAO_KMS_PROVIDER_CONFIG)");
    command.add_option("--log-level", overrides.log_level, "debug, info, warn or error");
    command.add_option("--metrics-address", overrides.metrics_address,
                       "host:port of the metrics listener; empty: off");
    command.add_option("--health-address", overrides.health_address,
                       "host:port of the health listener; empty: off");
  }

  CLI::App& AddCommand(CLI::App& parent, const std::string& name, const std::string& purpose,
                       std::function<ExitCode()> run) {
    CLI::App& command = *parent.add_subcommand(name, purpose);
    AddCommonFlags(command);
    // Of a group and its subcommand the innermost wins; the group's own callback comes last.
    command.callback([this, run = std::move(run)] {
      if (!command_) command_ = run;
    });
    return command;
  }

  void AddServe() {
    CLI::App& serve = AddCommand(root_, "serve", "Serve KMS v2 on the configured socket",
                                 [this] { return Serve(request_); });
    AddSocketParent(serve);
  }

  // Of every command that validates the configuration.
  void AddSocketParent(CLI::App& command) {
    command.add_option("--allow-socket-parent", request_.allowed_socket_parents,
                       "A further directory that server.socketPath may stand in or below");
  }

  void AddOutput(CLI::App& command) {
    command.add_option("--output", output_, "text or json")
        ->default_str("text")
        ->check(CheckOutput);
  }

  CLI::App& AddReport(const std::string& name, const std::string& purpose,
                      std::function<ExitCode()> run) {
    CLI::App& command = AddCommand(root_, name, purpose, std::move(run));
    AddSocketParent(command);
    AddOutput(command);
    return command;
  }

  void AddChecks() {
    AddReport("doctor", "Check what this node needs to serve, and say what to mend",
              [this] { return Doctor(request_, encryption_config_, Format()); })
        .add_option("--encryption-config", encryption_config_,
                    "kube-apiserver's EncryptionConfiguration, to be checked as well");
    AddReport("verify-key", "Check the Transit key, the token's policy and this node's state",
              [this] { return VerifyKey(request_, Format()); });
  }

  void AddProbe() {
    CLI::App& probe =
        AddCommand(root_, "probe", "Ask the running provider through its socket", [this] {
          probe_.format = Format();
          if (!timeout_.empty()) probe_.timeout = *ParseTimeout(timeout_);
          return Probe(probe_);
        });
    AddOutput(probe);
    probe.add_option("--socket", probe_.socket_path, "The provider's socket; an absolute path")
        ->capture_default_str()
        ->check([](const std::string& path) {
          return path.starts_with('/') ? std::string() : "must be an absolute path";
        });
    probe.add_option("--timeout", timeout_, "How long the whole may take, for instance 10s")
        ->default_str("10s")
        ->check([](const std::string& text) {
          return ParseTimeout(text) ? std::string() : "must be a duration above 0s, such as 10s";
        });
    probe
        .add_option("--expected-key-id", probe_.expected_key_id,
                    "The key_id that another node's probe printed")
        ->check([](const std::string& text) {
          return core::KeyId::Parse(text) ? std::string() : "must be the key_id that probe printed";
        });
  }

  void AddRotationReports() {
    AddReport("rotation-plan", "Show this node's key versions beside OpenBao's",
              [this] { return PrintRotationPlan(request_, Format()); });
    AddReport("verify-rotation", "The same, with what it cannot know",
              [this] { return PrintVerifiedRotation(request_, Format()); });
  }

  // A command that changes the state: a plan unless --apply.
  CLI::App& AddChange(const std::string& name, const std::string& purpose,
                      std::function<ExitCode()> run) {
    CLI::App& command = AddReport(name, purpose, std::move(run));
    CLI::Option* expected = command
                                .add_option("--expected-state-hash", change_.expected_state_hash,
                                            "The stateHash of the plan that is applied")
                                ->check(CheckStateHash);
    command.add_flag("--apply", change_.apply, "Change the state; the provider must be stopped")
        ->needs(expected);
    return command;
  }

  void AddRetireVersions() {
    AddChange("retire-versions", "Stop decrypting old key versions on this node",
              [this] {
                return RetireVersions(request_, Change(),
                                      Version(*ParseNumber(before_version_, 2)));
              })
        .add_option("--before-version", before_version_, "Versions below this one are removed")
        ->required()
        ->check(CheckVersionAboveOne);
  }

  void AddRestoreVersions() {
    CLI::App& command =
        AddChange("restore-versions", "Decrypt removed key versions again on this node",
                  [this] { return RestoreVersions(request_, Change(), versions_); });
    command
        .add_option("--versions", version_lists_,
                    "Removed versions, separated by commas; all or none")
        ->required()
        ->check(CheckVersionList);
    command.parse_complete_callback([this] {
      for (const std::string& list : version_lists_) {
        for (const core::TransitKeyVersion version : ParseVersions(list)) {
          if (versions_.insert(version).second) continue;
          throw CLI::ValidationError("--versions", "names a version twice");
        }
      }
    });
  }

  void AddMigrateState() {
    AddChange("migrate-state", "Carry a v1alpha1 state file over to v1alpha2",
              [this] { return MigrateState(request_, Change()); });
  }

  OutputFormat Format() const { return *ParseOutputFormat(output_); }
  ChangeRequest Change() const {
    ChangeRequest change = change_;
    change.format = Format();
    return change;
  }

  void AddConfig() {
    CLI::App& config = AddCommand(root_, "config", "Print the resolved configuration",
                                  [this] { return PrintConfig(request_); });
    config.require_subcommand(0, 1);
    AddCommand(config, "schema", "Print the JSON Schema of the configuration file",
               PrintConfigSchema);
    AddCommand(config, "fingerprint", "Print the configuration's identity fingerprint",
               [this] { return PrintConfigFingerprint(request_); });
  }

  void AddPolicy() {
    CLI::App& policy =
        AddCommand(root_, "policy", "Print policies that the provider needs", [this] {
          std::fputs(root_.get_subcommand("policy")->help().c_str(), stdout);
          return ExitCode::kOk;
        });
    policy.require_subcommand(0, 1);
    CLI::App& openbao =
        AddCommand(policy, "openbao", "Print the least-privilege policy for OpenBao (HCL)", [this] {
          return PrintOpenBaoPolicy(
              request_, include_renewal_ ? TokenRenewal::kIncluded : TokenRenewal::kLeftOut);
        });
    AddSocketParent(openbao);
    openbao
        .add_option("--include-token-renewal", include_renewal_,
                    "Whether the token may renew itself (--include-token-renewal=false)")
        ->default_str("true")
        ->expected(0, 1);
  }

  void AddHelp() {
    CLI::App& help = *root_.add_subcommand("help", "Print the help of a command");
    help.add_option("topic", topic_, "The command, for instance `config schema`");
    help.callback([this] { command_ = [this] { return PrintHelp(); }; });
  }

  ExitCode PrintHelp() {
    const CLI::App* command = &root_;
    for (const std::string& word : topic_) {
      const auto found = command->get_subcommands(
          [&word](const CLI::App* candidate) { return candidate->get_name() == word; });
      if (found.empty()) {
        std::fputs("usage: no such command\n", stderr);
        return ExitCode::kUsage;
      }
      command = found.front();
    }
    std::fputs(command->help().c_str(), stdout);
    return ExitCode::kOk;
  }

  CLI::App root_;
  ConfigurationRequest request_;
  std::string output_ = "text";
  ChangeRequest change_;
  std::string encryption_config_;
  ProbeRequest probe_;
  std::string timeout_;
  bool include_renewal_ = true;
  std::string before_version_;
  std::vector<std::string> version_lists_;
  std::set<core::TransitKeyVersion> versions_;
  std::vector<std::string> topic_;
  std::function<ExitCode()> command_;
};

}  // namespace

ExitCode RunCommandLine(int argc, char** argv) { return CommandLine().Run(argc, argv); }

}  // namespace baokms::app
