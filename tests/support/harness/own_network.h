// A network of the test's own: an empty network namespace with loopback and one bridge, in which
// processes get a cable each that can be pulled. Needs root, `ip`, `unshare` and `nsenter`.
#pragma once

#include <sys/types.h>

#include <string>

namespace baokms::testing {

// The calling thread, and what it starts from now on, lives in it until the end. One at a time.
class OwnNetwork {
 public:
  // Empty: nothing.
  static std::string WhatIsMissing();

  // Throws HarnessError when the system refuses.
  OwnNetwork();
  ~OwnNetwork();
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

  // Of host `number`, 1 to 80: "10.231.0.11" for 1.
  static std::string AddressOf(int number);
  // Connects `process`, which runs in a network namespace of its own, as host `number`.
  void Connect(pid_t process, int number);
  // From now on, no packet to or from host `number` arrives, and nobody is told. And back.
  void PullCable(int number);
  void PlugIn(int number);

 private:
  int before_ = -1;
};

}  // namespace baokms::testing
