// A control-plane node that is set up by a bundle of `init` on a booted machine, with an OpenBao
// outside of it, and a stand-in for the kubelet that asks the provider once, as kube-apiserver
// would.
#pragma once

#include <string>

#include "tests/systemd/booted_machine.h"

namespace baokms::systemd_tests {

struct Node {
  // Says so when this machine cannot have one.
  static bool Skipped();

  Node() : Node(BootedMachine::Options{}) {}
  explicit Node(const BootedMachine::Options& options);

  // `init` with `values`; the bundle is in the machine's /root/bundle. Before or after Boot.
  void Init(const Arguments& flags = {}) const;
  // A phase of node-setup.sh; CHECKs that it passes. What it said.
  std::string Phase(const std::string& phase_and_flags) const;
  // All phases on the booted machine, up to a provider that serves.
  void SetUp() const;
  // Set up, and booted anew while OpenBao is away.
  void BootWithoutOpenBao();

  // probe, as a member of the socket's group.
  bool Answers() const;
  // Within 20 s; CHECKed.
  void CheckAnswers() const;
  // Until the provider is active and its process is not `before`; CHECKed.
  void AwaitAnother(pid_t before, Milliseconds timeout) const;
  // What `systemctl status` shows as Status.
  std::string StatusText() const { return machine.Property("StatusText"); }

  e2e::Bench bench;
  BootedMachine machine;
  e2e::Json values;
};

inline constexpr const char* kInstallFlags =
    "install --ca /root/ca.pem --credential /root/identity.jwt";

}  // namespace baokms::systemd_tests
