// One case of the contract: the server of this process, and mounts, key, role and policy that no
// other case uses.
#pragma once

#include <string>

#include "core/text/base64.h"
#include "tests/contract/ports_under_test.h"
#include "tests/support/harness/openbao_setup.h"

namespace baokms::testing {

// The one server of this process, started at the first use: the emulator, or with
// BAOKMS_CONTRACT_TARGET=openbao the real one. "emulator-2.6.2" is the emulator as that release.
OpenBaoUnderTest& ServerUnderTest();
// For a case that stops and starts it: a new one with Raft storage, if it is the real one. Before
// anything else in the case.
void UseRaftStorage();
// Whether the variable has a value that ServerUnderTest knows.
bool KnownTarget();
void StopServerUnderTest();
// Whether it is of this release or a later one; openbao-observed.md, "Between releases".
bool Since(int major, int minor);

inline constexpr const char* kDenied = "1 error occurred:\n\t* permission denied\n\n";
inline const std::string kHello = core::Base64Encode("hello");
inline constexpr const char* kAad = R"({"aad_version":"v1"})";

struct ContractCase {
  // `options`: mounts, key, role and policy get names of their own.
  explicit ContractCase(SetupOptions options = {});

  // Of the transit mount: Path("encrypt", key) is "<mount>/encrypt/<key>".
  std::string Path(const std::string& verb, const std::string& key) const {
    return setup.options().transit_mount + "/" + verb + "/" + key;
  }
  std::string Path(const std::string& verb) const { return Path(verb, setup.options().key_name); }
  // As root, within the case's namespace.
  AdminReply Root(const std::string& method, const std::string& path,
                  const Json& data = Json()) const {
    return setup.Admin(method, path, data);
  }
  ports::TokenRef LoginToken() const { return TokenOf(setup.Login()); }
  // "vault:v1:..." of "hello" under kAad.
  std::string Ciphertext();

  OpenBaoUnderTest& server;
  OpenBaoSetup setup;
  PortsUnderTest ports;
  ports::TokenRef root;
};

}  // namespace baokms::testing
