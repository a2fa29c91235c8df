// The command line: which command, with which flags (reports-and-labels.md, "Commands and flags").
#pragma once

#include "app/exit_code.h"

namespace baokms::app {

// Parses, runs the command and returns its exit code. Usage errors go to standard error.
ExitCode RunCommandLine(int argc, char** argv);

}  // namespace baokms::app
