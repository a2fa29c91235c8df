#include "app/command_line/command_tree.h"

#include <cstdio>
#include <utility>

#include "app/build_info.h"

namespace baokms::app {
namespace {

std::string Footer(const CommandText& text) {
  std::string footer;
  if (!text.notes.empty()) footer.append(text.notes).append("\n");
  if (!text.examples.empty()) footer.append(footer.empty() ? "" : "\n").append("Examples:\n");
  for (const Example& example : text.examples) {
    footer.append("  # ").append(example.what).append("\n  ").append(example.command).append("\n");
  }
  return footer;
}

}  // namespace

CommandTree::CommandTree()
    : root_("Kubernetes KMS v2 provider backed by OpenBao Transit", "bao-kms-provider") {
  root_.set_version_flag("--version", std::string(kVersion));
  root_.require_subcommand(0, 1);
  root_.footer("Run `bao-kms-provider help COMMAND` for a command's flags.");
}

const CommandText* CommandTree::TextOf(const CLI::App& command) const {
  const auto found = texts_.find(&command);
  return found == texts_.end() ? nullptr : &found->second;
}

CLI::App& CommandTree::AddBare(CLI::App& parent, const CommandText& text, Action run) {
  CLI::App& command = *parent.add_subcommand(std::string(text.name), std::string(text.purpose));
  texts_.emplace(&command, text);
  command.footer(Footer(text));
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
  command.add_option("--config", overrides.config_path,
                     "Configuration file (else $BAO_KMS_PROVIDER_CONFIG)");
  command.add_option("--log-level", overrides.log_level, "debug, info, warn or error");
  command.add_option("--metrics-address", overrides.metrics_address,
                     "host:port of the metrics listener; empty: off");
  command.add_option("--health-address", overrides.health_address,
                     "host:port of the health listener; empty: off");
}

void CommandTree::AddSocketParent(CLI::App& command) {
  command.add_option("--allow-socket-parent", request_.allowed_socket_parents,
                     "A further directory that server.socketPath may stand in or below");
}

void CommandTree::AddOutput(CLI::App& command) {
  command.add_option("--output", output_, "text or json")
      ->default_str("text")
      ->check([](const std::string& text) {
        return ParseOutputFormat(text) ? std::string() : "must be text or json";
      });
}

OutputFormat CommandTree::format() const { return *ParseOutputFormat(output_); }

}  // namespace baokms::app
