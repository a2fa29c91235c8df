// A KMS v2 plugin that has nothing in common with the provider (tests/kubeapiserver/kmsplugin).
#pragma once

#include <memory>
#include <string>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::e2e {

// Says why and is true when the program is not there.
bool SkippedWithoutOtherPlugin();

class OtherPlugin {
 public:
  // Serves; REQUIREd.
  OtherPlugin();

  std::string socket() const { return directory_.File("kms.sock"); }

 private:
  testing::TempDirectory directory_;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace baokms::e2e
