#include "app/command_line/run.h"

#include <algorithm>
#include <cstdio>

#include "app/command_line/command_words.h"
#include "app/command_line/commands.h"
#include "app/command_line/usage_errors.h"
#include "app/process/standard_streams.h"

namespace baokms::app {
namespace {

ExitCode Run(std::vector<std::string> words) {
  CommandTree tree;
  AddEveryCommand(tree);
  const CommandPage page = DescribeRoot(tree);
  auto checked = CheckWords(page, words);
  if (!checked) return RefuseUsage(checked.error());
  words = *checked;
  try {
    std::ranges::reverse(*checked);  // as CLI11 takes them
    tree.root().parse(std::move(*checked));
  } catch (const CLI::Success& help_or_version) {
    tree.root().exit(help_or_version);
    return ExitCode::kOk;
  } catch (const CLI::ParseError& error) {
    return RefuseUsage(ExplainParseError(page, words, error));
  }
  if (tree.chosen()) return tree.chosen()();
  std::fputs(tree.root().help().c_str(), stdout);
  return ExitCode::kOk;
}

}  // namespace

void AddEveryCommand(CommandTree& tree) {
  tree.Heading("Serve");
  AddServe(tree);
  tree.Heading("Find out what is wrong");
  AddStatus(tree);
  AddNodes(tree);
  AddChecks(tree);
  AddExpiration(tree);
  AddBenchmark(tree);
  tree.Heading("Rotate the key and retire old versions");
  AddRotationReports(tree);
  AddKeyUsage(tree);
  AddStateChanges(tree);
  tree.Heading("Set up");
  AddInit(tree);
  AddPolicy(tree);
  AddConfig(tree);
  AddCompletion(tree);
  tree.Heading("About this program");
  AddVersion(tree);
  AddHelp(tree);
}

ExitCode RunCommandLine(int argc, char** argv) {
  return FinishOutput(Run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc)));
}

}  // namespace baokms::app
