#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "app/build_info.h"
#include "app/config_commands.h"
#include "app/serve.h"

namespace baokms::app {
namespace {

class CommandLine {
 public:
  CommandLine()
      : root_("Kubernetes KMS v2 provider backed by OpenBao Transit", "bao-kms-provider") {
    root_.set_version_flag("--version", std::string(kVersion));
    root_.require_subcommand(0, 1);
    root_.footer("Run `bao-kms-provider help COMMAND` for a command's flags.");
    AddServe();
    AddConfig();
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
    serve.add_option("--allow-socket-parent", request_.allowed_socket_parents,
                     "A further directory that server.socketPath may stand in or below");
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
  std::vector<std::string> topic_;
  std::function<ExitCode()> command_;
};

}  // namespace

ExitCode RunCommandLine(int argc, char** argv) { return CommandLine().Run(argc, argv); }

}  // namespace baokms::app
