// One function a group of commands; each adds its commands to the tree.
#pragma once

#include "app/command_line/command_tree.h"

namespace baokms::app {

void AddServe(CommandTree& tree);
void AddChecks(CommandTree& tree);  // doctor, verify-key, probe
void AddStatus(CommandTree& tree);
void AddNodes(CommandTree& tree);
void AddExpiration(CommandTree& tree);
void AddRotationReports(CommandTree& tree);
void AddKeyUsage(CommandTree& tree);
void AddStateChanges(
    CommandTree& tree);  // retire- and restore-versions, recover- and migrate-state
void AddBenchmark(CommandTree& tree);
void AddInit(CommandTree& tree);
void AddConfig(CommandTree& tree);
void AddPolicy(CommandTree& tree);
void AddCompletion(CommandTree& tree);
void AddVersion(CommandTree& tree);
void AddHelp(CommandTree& tree);

// All of them, in the order of the root's help.
void AddEveryCommand(CommandTree& tree);

}  // namespace baokms::app
