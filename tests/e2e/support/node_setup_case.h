// A bundle of `bao-kms-provider init` on a scratch machine, and the phases of its node-setup.sh.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/scratch_machine.h"

namespace baokms::e2e {

// Where the script puts things on a node.
inline constexpr const char* kRecord = "/run/openbao-kms-setup.checked";
inline constexpr const char* kConfig = "/etc/openbao-kms/config.yaml";
inline constexpr const char* kDropIn =
    "/etc/systemd/system/bao-kms-provider.service.d/node-setup.conf";
inline constexpr const char* kJwt = "/var/lib/openbao-kms/identity.jwt";

struct NodeSetup {
  NodeSetup();

  bool Skipped() const { return machine.Skipped(); }
  // `init` with `values`; CHECKs that it worked. In the machine as /bundle.
  void Init(std::vector<std::string> flags = {});
  void InitStaticPod();

  // A phase in the machine.
  CommandResult Phase(std::vector<std::string> arguments) const;
  // The same; CHECKs exit 0 and an empty standard error. What it said.
  std::string Passes(std::vector<std::string> arguments) const;
  // CHECKs exit 1, these words, and that no file changed but the note of a check.
  void Fails(std::vector<std::string> arguments, std::string_view words) const;

  std::vector<std::string> InstallFlags() const {
    return {"install", "--ca", "/given/ca.pem", "--credential", "/given/identity.jwt"};
  }
  void PrepareAndInstall() const;
  std::vector<std::string> CheckFlags() const {
    return {"check", "--program", "/usr/local/bin/bao-kms-provider"};
  }
  std::vector<std::string> StartFlags(std::string seconds = "20") const {
    return {"start", "--program", "/usr/local/bin/bao-kms-provider", "--wait", std::move(seconds)};
  }
  // In the place of systemctl: notes its arguments in /systemctl.log; `is-active` says no.
  void StandInForSystemctl() const;
  void InstallUnit() const;

  // The provider as the machine's systemd or kubelet would run it.
  std::vector<std::string> ServeAs(const std::string& uid, const std::string& gid,
                                   const std::string& socket_gid) const;

  ScratchMachine machine;
  Bench bench;
  Json values;
};

inline bool Mentions(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace baokms::e2e
