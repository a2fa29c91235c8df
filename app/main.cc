#include <cstdio>
#include <exception>

#include "app/command_line/run.h"
#include "app/process/startup.h"

int main(int argc, char** argv) {
  baokms::app::BeginProcess();
  try {
    return static_cast<int>(baokms::app::RunCommandLine(argc, argv));
  } catch (const std::exception&) {
    std::fputs("internal error: the program cannot continue\n", stderr);
    return static_cast<int>(baokms::app::ExitCode::kOther);
  }
}
