#include "tests/support/etcd/etcd_under_test.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "tests/support/emulator/certificates.h"
#include "tests/support/etcd/etcd_writes.pb.h"
#include "tests/support/harness/free_port.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/skip.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPutsATransaction = 128;

std::optional<std::string> OnPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty()) continue;
    folder.append("/").append(program);
    if (access(folder.c_str(), X_OK) == 0) return folder;
  }
  return std::nullopt;
}

// A request that meets a cluster without a leader times out, whatever comes after it. That may be
// repeated: it puts the same.
template <typename Connection>
std::int64_t PutAll(Connection& connection, const etcd_writes::Txn& transaction) {
  for (const auto deadline = std::chrono::steady_clock::now() + 30s;;) {
    try {
      return connection.Call("/etcdserverpb.KV/Txn", transaction);
    } catch (const HarnessError& error) {
      const bool timed_out = std::string_view(error.what()).contains("request timed out");
      if (!timed_out || std::chrono::steady_clock::now() > deadline) throw;
    }
  }
}

}  // namespace

struct EtcdUnderTest::Connection {
  std::shared_ptr<grpc::Channel> channel;

  template <typename Request>
  std::int64_t Call(const char* method, const Request& request) const {
    return Ask<etcd_writes::Reply>(method, request).header().revision();
  }

  template <typename Reply, typename Request>
  Reply Ask(const char* method, const Request& request) const {
    const grpc::internal::RpcMethod rpc(method, grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + 30s);
    Reply reply;
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall(channel.get(), rpc, &context, request, &reply);
    if (!status.ok()) throw HarnessError(std::string(method) + ": " + status.error_message());
    return reply;
  }
};

std::optional<std::string> FindEtcd() {
  const char* named = std::getenv("BAOKMS_ETCD");
  if (named != nullptr && *named != '\0') {
    if (access(named, X_OK) == 0) return named;
    return std::nullopt;
  }
  return OnPath("etcd");
}

bool SkippedWithoutEtcd() {
  return !FindEtcd() && SaySkipped("no etcd: install etcd-server, or set BAOKMS_ETCD to its path");
}

EtcdUnderTest::EtcdUnderTest(EtcdTransport transport, std::vector<std::string> arguments)
    : EtcdUnderTest(NotStarted(), transport, std::move(arguments)) {
  Start();
}

std::unique_ptr<EtcdUnderTest> EtcdUnderTest::LaunchMember(std::vector<std::string> arguments) {
  auto member = std::unique_ptr<EtcdUnderTest>(
      new EtcdUnderTest(NotStarted(), EtcdTransport::kPlain, std::move(arguments)));
  member->Launch();
  return member;
}

EtcdUnderTest::EtcdUnderTest(NotStarted, EtcdTransport transport,
                             std::vector<std::string> arguments)
    : transport_(transport),
      arguments_(std::move(arguments)),
      port_(FreePort()),
      peer_port_(FreePort()) {
  WriteCertificates();
}

EtcdUnderTest::~EtcdUnderTest() = default;

std::string EtcdUnderTest::url() const {
  return (transport_ == EtcdTransport::kPlain ? "http://127.0.0.1:" : "https://127.0.0.1:") +
         std::to_string(port_);
}

void EtcdUnderTest::WriteCertificates() {
  const auto issue = [this](const std::string& ca_file, const std::string& leaf_name) {
    const emulator::CertificateAuthority authority("etcd test " + ca_file);
    directory_.Write(ca_file + ".pem", authority.pem(), 0644);
    emulator::LeafRequest client;
    client.common_name = "census";
    client.client = true;
    const emulator::CertificateAndKey pair = authority.Issue(client);
    directory_.Write(leaf_name + ".pem", pair.certificate_pem, 0644);
    directory_.Write(leaf_name + ".key", pair.private_key_pem, 0600);
    emulator::LeafRequest server;
    server.common_name = "etcd";
    server.dns_sans = {"localhost"};
    server.ip_sans = {"127.0.0.1"};
    const emulator::CertificateAndKey served = authority.Issue(server);
    directory_.Write("server-of-" + ca_file + ".pem", served.certificate_pem, 0644);
    directory_.Write("server-of-" + ca_file + ".key", served.private_key_pem, 0600);
  };
  issue("ca", "client");
  issue("foreign-ca", "foreign");
}

void EtcdUnderTest::Start() {
  Launch();
  WaitUp();
}

void EtcdUnderTest::Launch() {
  const std::string peer = "http://127.0.0.1:" + std::to_string(peer_port_);
  std::vector<std::string> argv = {FindEtcd().value_or("etcd"),
                                   "--name=test",
                                   "--data-dir=" + directory_.File("data"),
                                   "--listen-client-urls=" + url(),
                                   "--advertise-client-urls=" + url(),
                                   "--listen-peer-urls=" + peer,
                                   "--initial-advertise-peer-urls=" + peer,
                                   "--initial-cluster=test=" + peer,
                                   "--initial-cluster-token=test-" + std::to_string(peer_port_),
                                   "--quota-backend-bytes=8589934592",
                                   "--log-level=error"};
  if (transport_ != EtcdTransport::kPlain) {
    argv.push_back("--cert-file=" + directory_.File("server-of-ca.pem"));
    argv.push_back("--key-file=" + directory_.File("server-of-ca.key"));
  }
  if (transport_ == EtcdTransport::kTlsWithClientCertificates) {
    argv.emplace_back("--client-cert-auth");
    argv.push_back("--trusted-ca-file=" + ca_file());
  }
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<ChildProcess>(ChildProcess::Options{
      .argv = argv, .stdout_file = directory_.File("log"), .stderr_file = directory_.File("log")});
}

void EtcdUnderTest::WaitUp() {
  if (!connection_) {
    std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
    if (transport_ != EtcdTransport::kPlain) {
      credentials =
          grpc::SslCredentials({.pem_root_certs = ReadWholeFile(ca_file()),
                                .pem_private_key = ReadWholeFile(client_key_file()),
                                .pem_cert_chain = ReadWholeFile(client_certificate_file())});
    }
    connection_ = std::make_unique<Connection>(
        Connection{grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), credentials)});
  }
  // A first write: the cluster has a leader. Of a connection from before a restart the first call
  // may be lost.
  for (const auto deadline = std::chrono::steady_clock::now() + 30s;;) {
    try {
      Put({{"/begun", "x"}});
      return;
    } catch (const HarnessError& error) {
      if (process_->Running() && std::chrono::steady_clock::now() < deadline) continue;
      throw HarnessError(std::string("etcd does not come up: ") + error.what() + "\n" +
                         ReadWholeFile(directory_.File("log")));
    }
  }
}

void EtcdUnderTest::Stop() {
  process_->Signal(SIGTERM);
  if (!process_->Wait(20s)) process_->Signal(SIGKILL);
  process_.reset();
}

std::vector<std::string> EtcdUnderTest::KeyUsageCommand() const {
  return {"key-usage",   "--etcd-endpoints",        url(),        "--etcd-cacert",  ca_file(),
          "--etcd-cert", client_certificate_file(), "--etcd-key", client_key_file()};
}

std::int64_t EtcdUnderTest::Put(const Objects& objects) {
  std::int64_t revision = 0;
  etcd_writes::Txn transaction;
  std::size_t bytes = 0;
  const auto flush = [&] {
    if (transaction.success().empty()) return;
    revision = PutAll(*connection_, transaction);
    transaction.Clear();
    bytes = 0;
  };
  for (const auto& [key, value] : objects) {
    // etcd takes requests up to 1.5 MiB unless it was told otherwise.
    if (bytes + value.size() > 1000 * 1000) flush();
    etcd_writes::Put& put = *transaction.add_success()->mutable_put();
    put.set_key(key);
    put.set_value(value);
    bytes += value.size();
    if (transaction.success_size() == kPutsATransaction) flush();
  }
  flush();
  return revision;
}

std::int64_t EtcdUnderTest::Delete(const std::string& key) {
  etcd_writes::DeleteRange request;
  request.set_key(key);
  return connection_->Call("/etcdserverpb.KV/DeleteRange", request);
}

std::optional<std::string> EtcdUnderTest::Get(const std::string& key) const {
  etcd_writes::Range request;
  request.set_key(key);
  const auto reply = connection_->Ask<etcd_writes::RangeReply>("/etcdserverpb.KV/Range", request);
  if (reply.kvs().empty()) return std::nullopt;
  return reply.kvs(0).value();
}

void EtcdUnderTest::Compact(std::int64_t revision) {
  etcd_writes::Compaction request;
  request.set_revision(revision);
  request.set_physical(true);
  connection_->Call("/etcdserverpb.KV/Compact", request);
}

int EtcdUnderTest::Control(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {"etcdctl", "--endpoints=" + url()};
  if (transport_ != EtcdTransport::kPlain) {
    argv.push_back("--cacert=" + ca_file());
    argv.push_back("--cert=" + client_certificate_file());
    argv.push_back("--key=" + client_key_file());
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ChildProcess control({.argv = argv,
                        .environment = {{"ETCDCTL_API", "3"}},
                        .stdout_file = directory_.File("etcdctl"),
                        .stderr_file = directory_.File("etcdctl")});
  const auto ended = control.Wait(20s);
  return ended ? ended->code.value_or(-1) : -1;
}

std::string EtcdUnderTest::ControlOutput(const std::vector<std::string>& arguments) const {
  const int code = Control(arguments);
  std::string output = ReadWholeFile(directory_.File("etcdctl"));
  if (code != 0) throw HarnessError("etcdctl: " + output);
  return output;
}

}  // namespace baokms::testing
