#include "app/command_line/command_tree.h"

#include <cstdio>
#include <utility>

#include "app/build_info.h"
#include "app/command_line/command_page.h"
#include "app/command_line/command_words.h"
#include "app/command_line/help_text.h"

namespace baokms::app {
namespace {

CommandText RootText() {
  return {
      .name = "bao-kms-provider",
      .purpose = "",
      .examples = {{.command = "bao-kms-provider help doctor",
                    .what = "What a command does, its flags, exit codes and examples"},
                   {.command = "bao-kms-provider doctor --config /etc/openbao-kms/config.yaml",
                    .what = "The API server does not start: check what this node needs to serve"}},
      .notes =
          "Runs on each control-plane node and serves kube-apiserver over a Unix socket. Start "
          "with `doctor` when something is wrong.",
      .exits = {
          {.code = ExitCode::kConfiguration,
           .when = "The configuration cannot be read or is invalid: each problem is printed with "
                   "its field on standard error."},
          {.code = ExitCode::kCheckFailed,
           .when = "A check failed, or a change was refused: the output shows why and what to do."},
          {.code = ExitCode::kRuntime,
           .when = "serve failed after it had accepted its configuration."}}};
}

}  // namespace

CommandTree::CommandTree()
    : root_("Kubernetes KMS v2 provider backed by OpenBao Transit", "bao-kms-provider") {
  texts_.emplace(&root_, RootText());
  root_.formatter_fn([this](const CLI::App* command, const std::string&, CLI::AppFormatMode) {
    return RenderHelp(DescribeCommand(*this, *command));
  });
  root_.set_help_flag("-h,--help", "Print this help");
  root_.set_version_flag("--version", std::string(kVersion), "Print only the version");
  root_.require_subcommand(0, 1);
}

const CommandText* CommandTree::TextOf(const CLI::App& command) const {
  const auto found = texts_.find(&command);
  return found == texts_.end() ? nullptr : &found->second;
}

CLI::App& CommandTree::AddBare(CLI::App& parent, const CommandText& text, Action run) {
  CLI::App& command = *parent.add_subcommand(std::string(text.name), std::string(text.purpose));
  texts_.emplace(&command, text);
  command.group(&parent == &root_ ? heading_ : "Commands");
  command.get_help_ptr()->group(std::string(kCommonFlags));
  // Of a group and its subcommand the innermost wins; the group's own callback comes last.
  command.callback([this, run = std::move(run)] {
    if (!chosen_) chosen_ = run;
  });
  return command;
}

CLI::App& CommandTree::Add(CLI::App& parent, const CommandText& text, Action run) {
  CLI::App& command = AddBare(parent, text, std::move(run));
  AddCommonFlags(command);
  return command;
}

CLI::App& CommandTree::AddGroup(const CommandText& text) {
  CLI::App& group = Add(root_, text, [this, name = std::string(text.name)] {
    std::fputs(root_.get_subcommand(name)->help().c_str(), stdout);
    return ExitCode::kOk;
  });
  group.require_subcommand(0, 1);
  return group;
}

CLI::App& CommandTree::AddReport(const CommandText& text, Action run) {
  CLI::App& command = Add(root_, text, std::move(run));
  AddSocketParent(command);
  AddOutput(command);
  return command;
}

// Remembered only when given: an empty address switches a listener off.
void CommandTree::AddCommonFlags(CLI::App& command) {
  auto& overrides = request_.overrides;
  const auto add = [&command](const std::string& name, std::optional<std::string>& value,
                              const std::string& stands_for, const std::string& description) {
    command.add_option(name, value, description)
        ->type_name(stands_for)
        ->group(std::string(kCommonFlags));
  };
  add("--config", overrides.config_path, "FILE",
      "Configuration file; default $BAO_KMS_PROVIDER_CONFIG, else /etc/openbao-kms/config.yaml if "
      "it exists. serve and doctor need an absolute path");
  add("--log-level", overrides.log_level, "debug|info|warn|error", "Overrides logging.level");
  add("--metrics-address", overrides.metrics_address, "HOST:PORT",
      "Overrides server.metricsAddress; --metrics-address= disables the listener");
  add("--health-address", overrides.health_address, "HOST:PORT",
      "Overrides server.healthAddress; --health-address= disables the listener");
}

void CommandTree::AddSocketParent(CLI::App& command) {
  command
      .add_option("--allow-socket-parent", request_.allowed_socket_parents,
                  "Another directory, besides /run/openbao-kms, that may contain "
                  "server.socketPath, directly or in a subdirectory")
      ->type_name("DIR")
      ->group(std::string(kCommonFlags));
}

void CommandTree::AddOutput(CLI::App& command) {
  command.add_option("--output", output_, "Format of the report")
      ->type_name("text|json")
      ->default_str("text")
      ->check([](const std::string& text) {
        return ParseOutputFormat(text) ? "" : NotAChoice(text, {"text", "json"});
      });
}

OutputFormat CommandTree::format() const { return *ParseOutputFormat(output_); }

}  // namespace baokms::app
