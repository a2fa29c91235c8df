#include "tests/support/harness/raft_cluster.h"

#include <signal.h>

#include <chrono>
#include <filesystem>

#include "tests/support/emulator/certificates.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/within.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

std::string NodeFile(std::size_t node, const std::string& what) {
  return "node" + std::to_string(node) + "." + what;
}

}  // namespace

RaftCluster::RaftCluster(const std::string& program, OwnNetwork& network)
    : network_(network), program_(program) {
  const emulator::CertificateAuthority authority("harness authority");
  emulator::LeafRequest leaf;
  leaf.common_name = "openbao under test";
  leaf.dns_sans = {"localhost"};
  for (std::size_t node = 0; node < kNodes; ++node) {
    leaf.ip_sans.push_back(OwnNetwork::AddressOf(HostOf(node)));
  }
  const emulator::CertificateAndKey pair = authority.Issue(leaf);
  directory_.Write("ca.pem", authority.pem(), 0644);
  directory_.Write("server.pem", pair.certificate_pem, 0644);
  directory_.Write("server.key", pair.private_key_pem, 0600);
  for (std::size_t node = 0; node < kNodes; ++node) {
    const std::string ip = OwnNetwork::AddressOf(HostOf(node));
    std::string join;
    for (std::size_t other = 0; other < kNodes; ++other) {
      if (other == node) continue;
      join += "  retry_join {\n    leader_api_addr = \"" + AddressOf(other) +
              "\"\n    leader_ca_cert_file = \"" + ca_file() + "\"\n  }\n";
    }
    directory_.Write(
        NodeFile(node, "hcl"),
        "storage \"raft\" {\n  path = \"" + directory_.MakeDirectory(NodeFile(node, "data"), 0700) +
            "\"\n  node_id = \"" + std::to_string(node) + "\"\n" + join +
            "}\nlistener \"tcp\" {\n  address = \"" + ip + ":8200\"\n  cluster_address = \"" + ip +
            ":8201\"\n  tls_cert_file = \"" + directory_.File("server.pem") +
            "\"\n  tls_key_file = \"" + directory_.File("server.key") + "\"\n}\napi_addr = \"" +
            AddressOf(node) + "\"\ncluster_addr = \"https://" + ip + ":8201\"\n");
    Launch(node);
  }
  const AdminReply made =
      CallNode(0, "PUT", "sys/init", {{"secret_shares", 1}, {"secret_threshold", 1}});
  if (!made.ok()) throw HarnessError("sys/init: " + made.text);
  unseal_key_ = made.json.at("keys").at(0).get<std::string>();
  root_token_ = made.json.at("root_token").get<std::string>();
  Unseal();
  WaitHealthy();
}

RaftCluster::~RaftCluster() = default;

std::string RaftCluster::AddressOf(std::size_t node) const {
  return "https://" + OwnNetwork::AddressOf(HostOf(node)) + ":8200";
}

AdminReply RaftCluster::CallNode(std::size_t node, const std::string& method,
                                 const std::string& path, const Json& data) const {
  const HttpAnswer answer = AskHttp({.method = method,
                                     .url = AddressOf(node) + "/v1/" + path,
                                     .body = data.is_null() ? "" : data.dump(),
                                     .ca_file = ca_file(),
                                     .timeout = method == "GET" ? 2s : 20s});
  Json json = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  return {.status = answer.status,
          .json = json.is_discarded() ? Json() : std::move(json),
          .text = answer.body};
}

std::size_t RaftCluster::Leader() {
  const bool found = Within(20s, 50ms, [this] {
    for (std::size_t node = 0; node < kNodes; ++node) {
      if (CallNode(node, "GET", "sys/health", Json()).status != 200) continue;
      leader_ = node;
      return true;
    }
    return false;
  });
  if (!found) throw HarnessError("the Raft cluster has no leader");
  return leader_;
}

// In a network namespace of its own, which ends with it.
void RaftCluster::Launch(std::size_t node) {
  const std::string connected = directory_.File(NodeFile(node, "connected"));
  std::filesystem::remove(connected);
  const std::string script = "while [ ! -e " + connected + " ]; do sleep 0.02; done; exec " +
                             program_ + " server -config=" + directory_.File(NodeFile(node, "hcl"));
  processes_[node] = std::make_unique<ChildProcess>(
      ChildProcess::Options{.argv = {"unshare", "-n", "sh", "-c", script},
                            .stdout_file = directory_.File(NodeFile(node, "log")),
                            .stderr_file = directory_.File(NodeFile(node, "log"))});
  // Until unshare has made it, the namespace is still ours.
  const std::filesystem::path ours = "/proc/thread-self/ns/net";
  const std::filesystem::path its = "/proc/" + std::to_string(processes_[node]->pid()) + "/ns/net";
  const bool apart = Within(5s, 5ms, [&] {
    return std::filesystem::read_symlink(ours) != std::filesystem::read_symlink(its);
  });
  if (!apart) throw HarnessError("no network namespace for OpenBao");
  network_.Connect(processes_[node]->pid(), HostOf(node));
  directory_.Write(NodeFile(node, "connected"), "", 0600);
  const bool answers = Within(
      30s, 50ms, [&] { return CallNode(node, "GET", "sys/seal-status", Json()).status == 200; });
  if (!answers) {
    throw HarnessError("OpenBao does not answer: " +
                       ReadWholeFile(directory_.File(NodeFile(node, "log"))));
  }
}

void RaftCluster::UnsealNode(std::size_t node) {
  const bool unsealed = Within(30s, 100ms, [&] {
    const AdminReply reply = CallNode(node, "PUT", "sys/unseal", {{"key", unseal_key_}});
    return reply.ok() && !reply.json.value("sealed", true);
  });
  if (!unsealed) throw HarnessError("a node of the Raft cluster does not unseal");
}

// For a while: a leader that was away believes for a moment that it still is one.
void RaftCluster::WaitHealthy() {
  constexpr int kTimes = 10;
  int times = 0;
  const bool healthy = Within(60s, 200ms, [&] {
    Leader();
    int leaders = 0;
    for (std::size_t node = 0; node < kNodes; ++node) {
      leaders += CallNode(node, "GET", "sys/health", Json()).status == 200 ? 1 : 0;
    }
    const AdminReply reply = Admin("GET", "sys/storage/raft/autopilot/state");
    const bool now = leaders == 1 && reply.ok() && reply.data().value("healthy", false) &&
                     reply.data().value("failure_tolerance", 0) == 1;
    times = now ? times + 1 : 0;
    return times == kTimes;
  });
  if (!healthy) throw HarnessError("the Raft cluster does not get healthy");
}

void RaftCluster::Pause(std::size_t node) { processes_[node]->Signal(SIGSTOP); }
void RaftCluster::Resume(std::size_t node) { processes_[node]->Signal(SIGCONT); }
void RaftCluster::Kill(std::size_t node) { processes_[node].reset(); }
void RaftCluster::Restart(std::size_t node) {
  Launch(node);
  UnsealNode(node);
}
void RaftCluster::StepDown() {
  Leader();
  MustAdmin("PUT", "sys/step-down");
}

void RaftCluster::Seal() { MustAdmin("PUT", "sys/seal"); }
void RaftCluster::Unseal() {
  for (std::size_t node = 0; node < kNodes; ++node) UnsealNode(node);
  Leader();
}
void RaftCluster::Stop() {
  for (std::size_t node = 0; node < kNodes; ++node) Kill(node);
}
void RaftCluster::Start() {
  for (std::size_t node = 0; node < kNodes; ++node) Launch(node);
  Unseal();
}
void RaftCluster::RevokeTokensOf(const std::string& auth_mount) {
  MustAdmin("PUT", "sys/leases/revoke-prefix/" + auth_mount, {{"sync", true}});
}

}  // namespace baokms::testing
