// A real OpenBao server, started for the test on a free port of 127.0.0.1 with a certificate of the
// harness's own authority.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// BAOKMS_OPENBAO, else `bao` on PATH; none when neither can be executed.
std::optional<std::string> FindRealOpenBao();
// For a test that skips: what is missing and how to get it.
std::string HowToGetOpenBao();

enum class OpenBaoStorage { kMemory, kRaft };

class RealOpenBao final : public OpenBaoUnderTest {
 public:
  // Started, initialised and unsealed. Raft storage is that of a cluster of one node, which takes
  // some four seconds to start. Only it survives Stop and Start: without it Stop throws
  // HarnessError. `listener` is what its configuration says besides address and certificate:
  // "tls_max_version = \"tls12\"".
  // `strict_listener`: the same of a second one, at strict_address(); none when empty.
  explicit RealOpenBao(const std::string& program, OpenBaoStorage storage = OpenBaoStorage::kMemory,
                       const std::string& listener = "", const std::string& strict_listener = "");
  ~RealOpenBao() override;

  std::string name() const override { return "openbao"; }
  std::string address() const override { return address_; }
  std::string strict_address() const { return strict_address_; }
  OpenBaoStorage storage() const { return storage_; }
  std::string ca_file() const override { return directory_.File("ca.pem"); }
  std::string root_token() const override { return root_token_; }

  void Seal() override;
  void Unseal() override;
  void Stop() override;
  void Start() override;
  void RevokeTokensOf(const std::string& auth_mount) override;

  // A backup of its Raft storage, and the server set back to it; stopped and started for both.
  void SaveStorage();
  void RestoreStorage();

  std::string log() const;
  // Of the process that runs now.
  pid_t pid() const { return process_->pid(); }

 private:
  void Launch();
  void Initialise();

  TempDirectory directory_;
  std::string program_;
  OpenBaoStorage storage_;
  std::string address_;
  std::string strict_address_;
  std::string root_token_;
  std::string unseal_key_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace baokms::testing
