#include "tests/support/harness/real_openbao.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/support/emulator/certificates.h"
#include "tests/support/harness/free_port.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/within.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

// A cluster of one node. The multiplier is the smallest: the node elects itself sooner.
std::string RaftStorage(const std::string& directory, const std::string& cluster_endpoint) {
  return "storage \"raft\" {\n  path = \"" + directory +
         "\"\n  node_id = \"one\"\n  performance_multiplier = \"1\"\n}\ncluster_addr = \"https://" +
         cluster_endpoint + "\"\n";
}

}  // namespace

std::optional<std::string> FindRealOpenBao() {
  const char* named = std::getenv("BAOKMS_OPENBAO");
  if (named != nullptr && *named != '\0') {
    if (access(named, X_OK) == 0) return named;
    return std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/bao";
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::string HowToGetOpenBao() {
  return "no OpenBao server program: put `bao` (2.5 or newer, openbao.org) on PATH or set "
         "BAOKMS_OPENBAO to its path";
}

RealOpenBao::RealOpenBao(const std::string& program, OpenBaoStorage storage,
                         const std::string& listener, const std::string& strict_listener)
    : program_(program), storage_(storage) {
  const emulator::CertificateAuthority authority("harness authority");
  emulator::LeafRequest leaf;
  leaf.common_name = "openbao under test";
  leaf.dns_sans = {"localhost"};
  leaf.ip_sans = {"127.0.0.1", "::1"};
  const emulator::CertificateAndKey pair = authority.Issue(leaf);
  directory_.Write("ca.pem", authority.pem(), 0644);
  directory_.Write("server.pem", pair.certificate_pem, 0644);
  directory_.Write("server.key", pair.private_key_pem, 0600);

  const std::string endpoint = "127.0.0.1:" + std::to_string(FreePort());
  address_ = "https://" + endpoint;
  const std::string cluster_endpoint = "127.0.0.1:" + std::to_string(FreePort());
  const std::string where =
      storage == OpenBaoStorage::kMemory
          ? "storage \"inmem\" {}\n"
          : RaftStorage(directory_.MakeDirectory("data", 0700), cluster_endpoint);
  const auto listen = [this](const std::string& at, const std::string& settings) {
    return "listener \"tcp\" {\n  address = \"" + at + "\"\n  tls_cert_file = \"" +
           directory_.File("server.pem") + "\"\n  tls_key_file = \"" +
           directory_.File("server.key") + "\"\n" + settings + "\n}\n";
  };
  // Without it the port after the endpoint's is taken, which may be in use.
  std::string listeners =
      listen(endpoint, "  cluster_address = \"" + cluster_endpoint + "\"\n" + listener);
  if (!strict_listener.empty()) {
    const std::string second = "127.0.0.1:" + std::to_string(FreePort());
    strict_address_ = "https://" + second;
    listeners += listen(second, strict_listener);
  }
  directory_.Write("server.hcl", where + listeners + "api_addr = \"" + address_ + "\"\n");
  Launch();
  Initialise();
  Unseal();
}

RealOpenBao::~RealOpenBao() = default;

void RealOpenBao::Launch() {
  process_ = std::make_unique<ChildProcess>(ChildProcess::Options{
      .argv = {program_, "server", "-config=" + directory_.File("server.hcl")},
      .stdout_file = directory_.File("log"),
      .stderr_file = directory_.File("log")});
  const bool answers = Within(30s, 20ms, [this] {
    if (!process_->Running()) throw HarnessError("OpenBao ended at once: " + log());
    return Call("GET", "sys/health", Json(), "").status != 0;
  });
  if (!answers) throw HarnessError("OpenBao does not answer: " + log());
}

void RealOpenBao::Initialise() {
  const AdminReply made =
      Call("PUT", "sys/init", {{"secret_shares", 1}, {"secret_threshold", 1}}, "");
  if (!made.ok()) throw HarnessError("sys/init: " + made.text);
  unseal_key_ = made.json.at("keys").at(0).get<std::string>();
  root_token_ = made.json.at("root_token").get<std::string>();
}

void RealOpenBao::Seal() {
  MustAdmin("PUT", "sys/seal");
  const bool sealed =
      Within(10s, 20ms, [this] { return Call("GET", "sys/health", Json(), "").status == 503; });
  if (!sealed) throw HarnessError("OpenBao does not seal");
}

void RealOpenBao::Unseal() {
  const AdminReply reply = Call("PUT", "sys/unseal", {{"key", unseal_key_}}, "");
  if (!reply.ok()) throw HarnessError("sys/unseal: " + reply.text);
  // The mounts are set up a moment after the seal is open.
  const bool serves = Within(30s, 20ms, [this] {
    return Call("GET", "sys/health", Json(), "").status == 200 && Admin("GET", "sys/mounts").ok();
  });
  if (!serves) throw HarnessError("OpenBao does not serve after unsealing: " + log());
}

void RealOpenBao::Stop() {
  if (storage_ == OpenBaoStorage::kMemory) {
    throw HarnessError("this OpenBao would lose its data: it needs Raft storage");
  }
  process_->Signal(SIGTERM);
  if (!process_->Wait(20s)) process_->Signal(SIGKILL);
  process_.reset();
}

void RealOpenBao::Start() {
  Launch();
  Unseal();
}

void RealOpenBao::RevokeTokensOf(const std::string& auth_mount) {
  MustAdmin("PUT", "sys/leases/revoke-prefix/" + auth_mount, {{"sync", true}});
}

void RealOpenBao::SaveStorage() {
  Stop();
  std::filesystem::remove_all(directory_.File("saved"));
  std::filesystem::copy(directory_.File("data"), directory_.File("saved"),
                        std::filesystem::copy_options::recursive);
  Start();
}

void RealOpenBao::RestoreStorage() {
  Stop();
  std::filesystem::remove_all(directory_.File("data"));
  std::filesystem::copy(directory_.File("saved"), directory_.File("data"),
                        std::filesystem::copy_options::recursive);
  Start();
}

std::string RealOpenBao::log() const { return ReadWholeFile(directory_.File("log")); }

}  // namespace baokms::testing
