// Another KMS v2 plugin, measured beside the provider.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// Ended with this object, if `command` started it.
class Peer {
 public:
  struct Options {
    std::string socket;
    // A program and its arguments, for sh, which finds in its environment BENCH_ADDRESS
    // (https://...), BENCH_CA (a file), BENCH_TOKEN (may encrypt, decrypt and read the key, and
    // look itself up), BENCH_MOUNT, BENCH_KEY and BENCH_SOCKET. Empty: the plugin serves already,
    // on an OpenBao of its own.
    std::string command;
  };

  // Throws HarnessError when the socket cannot be connected to within 10 s.
  Peer(const Options& options, const OpenBaoUnderTest& openbao, const OpenBaoSetup& setup);

  const std::string& socket() const { return options_.socket; }
  pid_t pid() const { return pid_; }

 private:
  Options options_;
  TempDirectory directory_;
  std::unique_ptr<ChildProcess> process_;
  pid_t pid_ = 0;
};

}  // namespace baokms::testing
