#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/overrides.h"
#include "app/command_line/help_text.h"
#include "app/reference/field_facts.h"
#include "app/reference/pages.h"
#include "app/reference/roff_page.h"

namespace baokms::app {
namespace {

void AddFlags(RoffPage& page, const CommandPage& command, bool common) {
  for (const FlagPage& flag : command.flags) {
    if (flag.is_common == common && !flag.is_argument) {
      page.Item(flag.name == "--help" ? "-h, --help" : flag.Synopsis(), flag.FullDescription());
    }
  }
}

void AddExits(RoffPage& page, const CommandPage& command) {
  for (const ExitText& exit : ExitCodesOf(command)) {
    page.Item(std::to_string(static_cast<int>(exit.code)), exit.when);
  }
}

void AddCommand(RoffPage& page, const CommandPage& command) {
  page.Subsection(command.Usage().substr(std::string_view("bao-kms-provider ").size()));
  page.Paragraph(command.purpose + ".");
  if (!command.notes.empty()) page.Paragraph(command.notes);
  AddFlags(page, command, /*common=*/false);
  if (!command.exits.empty()) {
    std::string exits = "Exit status:";
    for (const ExitText& exit : command.exits) {
      exits.append(" `")
          .append(std::to_string(static_cast<int>(exit.code)))
          .append("` ")
          .append(exit.when);
    }
    page.Paragraph(exits);
  }
  for (const CommandPage& each : command.commands) AddCommand(page, each);
}

void AddEnvironment(RoffPage& page) {
  page.Section("ENVIRONMENT");
  page.Paragraph(
      "Flags override the environment, and the environment overrides the file. In each pair, the "
      "first variable that is not empty is used. No other environment variable changes the "
      "configuration, and proxies are not taken from the environment.");
  for (const auto& [field, variables] : adapters::config_yaml::DescribeOverrides()) {
    page.Item(std::string(variables[0]).append(", ").append(variables[1]),
              field.empty() ? "The configuration file, when --config is not given."
                            : "Overrides `" + std::string(field) + "`.");
  }
  page.Item("NO_COLOR", "Set to any value: no color on a terminal.");
}

void AddFiles(RoffPage& page) {
  page.Section("FILES");
  page.Item("/etc/openbao-kms/config.yaml",
            "The configuration, bao-kms-provider.yaml(5), at the path that packages and examples "
            "use; it must always be given by --config or the environment.");
  for (const char* name : {"server.socketPath", "state.path"}) {
    const auto& field = *adapters::config_yaml::FindField(name);
    page.Item(field.default_value, std::string(field.description) + " Default of `" + name + "`.");
  }
}

void AddExamples(RoffPage& page, const CommandPage& command) {
  for (const Example& example : command.examples) {
    page.Paragraph(example.what);
    page.Example(example.command);
  }
  for (const CommandPage& each : command.commands) AddExamples(page, each);
}

}  // namespace

std::string CommandManual(const CommandPage& root, const Edition& edition) {
  RoffPage page("BAO-KMS-PROVIDER", "8", edition, "System Manager's Manual");
  page.Section("NAME");
  page.NameLine("bao-kms-provider", root.purpose);
  page.Section("SYNOPSIS");
  page.Paragraph("`bao-kms-provider` COMMAND [FLAGS]");
  page.Section("DESCRIPTION");
  page.Paragraph(root.notes);
  page.Paragraph(
      "kube-apiserver encrypts objects with its own data keys; the provider encrypts and decrypts "
      "those keys with a key in OpenBao Transit. Reports and help go to standard output, errors "
      "and logs to standard error. No command prints a secret.");
  page.Section("COMMANDS");
  for (const CommandPage& command : root.commands) AddCommand(page, command);
  page.Section("OPTIONS");
  page.Paragraph("Of the program itself:");
  AddFlags(page, root, /*common=*/false);
  page.Paragraph("Of the commands that read the configuration:");
  AddFlags(page, *root.FindCommand("serve"), /*common=*/true);
  page.Section("EXIT STATUS");
  AddExits(page, root);
  AddEnvironment(page);
  AddFiles(page);
  page.Section("SIGNALS");
  page.Item("SIGTERM, SIGINT",
            "`serve` stops accepting calls, finishes the calls in progress within 15s, removes its "
            "socket and exits with 0.");
  page.Item("SIGHUP", "`serve` reads `logging.level` again, and nothing else.");
  page.Section("EXAMPLES");
  AddExamples(page, root);
  page.Section("SEE ALSO");
  page.Paragraph("`bao-kms-provider.yaml`(5)");
  return page.text();
}

}  // namespace baokms::app
