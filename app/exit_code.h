// Exit codes (configuration-and-cli.md, "Commands").
#pragma once

namespace baokms::app {

enum class ExitCode : int {
  kOk = 0,
  kOther = 1,
  kUsage = 2,
  kConfiguration = 3,
  kCheckFailed = 4,
  kRuntime = 5,
};

}  // namespace baokms::app
