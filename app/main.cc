// The order matters and later work must not change it: the environment and the libraries' logs
// first, then the configuration, the sandbox, the first thread (design: docs/overview.md).
#include <cstdio>
#include <exception>

#include "app/command_line/run.h"
#include "app/process/environment.h"
#include "app/process/library_logs.h"
#include "app/process/standard_streams.h"

int main(int argc, char** argv) {
  baokms::app::OccupyClosedStreams();
  baokms::app::ScrubEnvironment();
  baokms::app::SilenceLibraryLogs();
  try {
    return static_cast<int>(baokms::app::RunCommandLine(argc, argv));
  } catch (const std::exception&) {
    std::fputs("internal error: the program cannot go on\n", stderr);
    return static_cast<int>(baokms::app::ExitCode::kOther);
  }
}
