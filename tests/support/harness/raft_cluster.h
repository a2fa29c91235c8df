// Three real OpenBao servers in one Raft cluster, each behind a cable of its own.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/openbao_under_test.h"
#include "tests/support/harness/own_network.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

class RaftCluster final : public OpenBaoUnderTest {
 public:
  static constexpr std::size_t kNodes = 3;

  // Started, initialized, unsealed, with three voters and a leader.
  RaftCluster(const std::string& program, OwnNetwork& network);
  ~RaftCluster() override;

  std::string name() const override { return "openbao"; }
  // Of the leader that Leader found last.
  std::string address() const override { return AddressOf(leader_); }
  std::string ca_file() const override { return directory_.File("ca.pem"); }
  std::string root_token() const override { return root_token_; }
  std::string AddressOf(std::size_t node) const;

  // The node that says it is the active one, asked for 20 s; throws HarnessError without one.
  std::size_t Leader();

  // All nodes are voters that keep up, so that the cluster can lose one.
  void WaitHealthy();

  void Pause(std::size_t node);
  void Resume(std::size_t node);
  void Kill(std::size_t node);
  void Restart(std::size_t node);  // and unsealed
  void StepDown();
  OwnNetwork& network() { return network_; }
  static int HostOf(std::size_t node) { return static_cast<int>(node) + 1; }

  // All nodes.
  void Seal() override;
  void Unseal() override;
  void Stop() override;
  void Start() override;
  void RevokeTokensOf(const std::string& auth_mount) override;

 private:
  void Launch(std::size_t node);
  void UnsealNode(std::size_t node);
  AdminReply CallNode(std::size_t node, const std::string& method, const std::string& path,
                      const Json& data) const;

  OwnNetwork& network_;
  std::string program_;
  TempDirectory directory_;
  std::string root_token_;
  std::string unseal_key_;
  std::size_t leader_ = 0;
  std::array<std::unique_ptr<ChildProcess>, kNodes> processes_;
};

}  // namespace baokms::testing
