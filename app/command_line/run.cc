#include "app/command_line/run.h"

#include <cstdio>

#include "app/command_line/commands.h"

namespace baokms::app {

void AddEveryCommand(CommandTree& tree) {
  AddServe(tree);
  AddChecks(tree);
  AddRotationReports(tree);
  AddStateChanges(tree);
  AddInit(tree);
  AddConfig(tree);
  AddPolicy(tree);
  AddVersion(tree);
  AddHelp(tree);
}

ExitCode RunCommandLine(int argc, char** argv) {
  CommandTree tree;
  AddEveryCommand(tree);
  try {
    tree.root().parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    tree.root().exit(help_or_version);
    return ExitCode::kOk;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "usage: %s\nRun `bao-kms-provider --help` for the commands.\n",
                 error.what());
    return ExitCode::kUsage;
  }
  if (!tree.chosen()) {
    std::fputs(tree.root().help().c_str(), stdout);
    return ExitCode::kOk;
  }
  return tree.chosen()();
}

}  // namespace baokms::app
