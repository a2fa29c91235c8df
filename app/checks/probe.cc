#include "app/checks/probe.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/grpc_kms/kms_socket_client.h"
#include "adapters/posix/descriptor.h"
#include "app/checks/check_report.h"
#include "app/checks/check_screen.h"
#include "app/checks/closed_directory.h"
#include "app/checks/probe_caller.h"
#include "app/process/progress_line.h"
#include "app/process/startup.h"
#include "app/process/system_random.h"
#include "core/model/key_id.h"
#include "core/text/printable.h"

namespace baokms::app {
namespace {

using adapters::grpc_kms::KmsSocketClient;

constexpr std::chrono::milliseconds kBetweenProbes{500};

// Why the path cannot be looked at.
CheckResult Closed(const std::string& path, const ProbeCaller& caller) {
  const auto closed = FindClosedDirectory(path);
  if (closed && !closed->holds_the_file) {
    return Fail(caller.who + " may not search a directory above the socket's: " +
                    core::Printable(closed->path, core::Kept::kAscii) + " (" +
                    DescribedMode(closed->status) + ")",
                "let everybody search that directory (chmod o+x), or choose another "
                "server.socketPath");
  }
  return Fail(caller.who + " may not search the socket's directory" +
                  (closed ? " (" + DescribedMode(closed->status) + ")" : ""),
              caller.is_kube_apiserver
                  ? "server.socketPath: give the directory the socket's group and mode 2750, and "
                    "kube-apiserver's process that group (server.socketGroup)"
                  : "add this user to server.socketGroup, and set the directory's mode to 2750");
}

CheckResult CheckPath(const std::string& path, const ProbeCaller& caller) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == EACCES) return Closed(path, caller);
    return Fail("nothing exists at this path",
                "start the provider, or give its server.socketPath with --socket");
  }
  if (S_ISSOCK(status.st_mode)) return Pass();
  return Fail("this is not a socket", "give the provider's server.socketPath with --socket");
}

CheckResult CheckAccessScope(const std::string& path, const ProbeCaller& caller) {
  struct stat status{};
  const bool owned = lstat(path.c_str(), &status) == 0 && status.st_uid == geteuid();
  // As kube-apiserver's user, that it is the owner is what kube-apiserver has too.
  if (!owned || caller.is_kube_apiserver) return Pass();
  return Warn("this user owns the socket",
              "the owner may use it regardless of its group and mode: run this as the user that "
              "kube-apiserver runs as");
}

CheckResult Unusable(const std::string& path, const ProbeCaller& caller) {
  struct stat status{};
  const bool seen = lstat(path.c_str(), &status) == 0;
  return Fail(
      caller.who + " may not use the socket" + (seen ? " (" + DescribedMode(status) + ")" : ""),
      caller.is_kube_apiserver
          ? "restart the provider, which sets the socket's group and mode from "
            "server.socketGroup and server.socketMode, and give kube-apiserver's process that "
            "group"
          : "add this user to server.socketGroup; server.socketMode must give the group access");
}

CheckResult CheckConnection(const std::string& path, const ProbeCaller& caller) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Fail("the path is too long for a socket address", "choose a shorter path");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const adapters::posix::Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // The sockets API's own way of passing an address.
  const int connected =
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int why = errno;
  if (connected == 0) return Pass();
  if (why == EACCES) return Unusable(path, caller);
  if (why == ECONNREFUSED) {
    return Fail("no process is listening", "start the provider, and check its log");
  }
  return Fail("could not connect", "check the provider's log");
}

// One probe through the socket; what one check learns the next ones use.
class SocketProbe {
 public:
  explicit SocketProbe(const ProbeRequest& request)
      : request_(request),
        deadline_(std::chrono::system_clock::now() +
                  std::chrono::duration_cast<std::chrono::system_clock::duration>(request.timeout)),
        client_(request.socket_path) {}

  CheckResult CheckStatus() {
    const auto reply = client_.Status(deadline_);
    if (!reply) return Failed(reply.error());
    status_ = *reply;
    if (status_.version != "v2") {
      return Fail("the provider reports a version other than v2",
                  "give the socket of a KMS v2 provider");
    }
    if (status_.healthz != "ok") {
      return Fail("the provider is not healthy",
                  "check the reasons of its /ready, or run doctor on this node");
    }
    return Pass("healthy");
  }

  CheckResult CheckEncrypt() {
    SystemRandom().Fill(text_);
    auto reply = client_.Encrypt(text_, deadline_);
    if (!reply) return Failed(reply.error());
    sealed_ = *std::move(reply);
    if (sealed_.key_id == status_.key_id) return Pass();
    // Between the two calls the key may have been promoted.
    const auto again = client_.Status(deadline_);
    if (again && again->key_id == sealed_.key_id) {
      status_ = *again;
      return Pass();
    }
    return Fail("its key_id differs from the one in Status",
                "report this as a defect: kube-apiserver would refuse it");
  }

  CheckResult CheckDecrypt() const {
    const auto reply = client_.Decrypt(sealed_, deadline_);
    if (!reply) return Failed(reply.error());
    if (*reply == text_) return Pass();
    return Fail("the plaintext differs from what was encrypted", "report this as a defect");
  }

  CheckResult CheckKeyId() const {
    const auto key_id = core::KeyId::Parse(status_.key_id);
    if (!key_id) {
      return Fail("the key_id is not well formed", "give the socket of a bao-kms-provider");
    }
    if (request_.expected_key_id.empty() || request_.expected_key_id == key_id->str()) {
      return Pass(key_id->str());
    }
    return Fail(key_id->str() + " is not the expected one",
                "compare the configurations and the state files of the two nodes with "
                "`bao-kms-provider config fingerprint` and rotation-plan");
  }

 private:
  static CheckResult Failed(core::RpcCode code) {
    std::string seen = "gRPC " + std::string(core::Name(code));
    switch (code) {
      case core::RpcCode::kDeadlineExceeded:
        return Fail(std::move(seen), "raise --timeout, or run doctor to find out what is slow");
      case core::RpcCode::kPermissionDenied:
        return Fail(std::move(seen), "OpenBao denied it: run verify-key on this node");
      case core::RpcCode::kResourceExhausted:
        return Fail(std::move(seen),
                    "the provider is at its limits; try again, and check server.maxConcurrent*");
      case core::RpcCode::kUnavailable:
        return Fail(std::move(seen),
                    "the provider closed the connection (check server.allowedPeers and its log), "
                    "or OpenBao is not usable: run doctor on this node");
      default:
        return Fail(std::move(seen), "run doctor on this node, and check the provider's log");
    }
  }

  const ProbeRequest& request_;
  const KmsSocketClient::Deadline deadline_;
  const KmsSocketClient client_;
  adapters::grpc_kms::SocketStatus status_;
  std::string text_ = std::string(32, '\0');  // random, and nobody's secret
  adapters::grpc_kms::SocketEncrypted sealed_;
};

std::vector<PlannedCheck> Plan(const ProbeRequest& request, const ProbeCaller& caller,
                               SocketProbe& probe) {
  using enum IfFailed;
  const std::string& path = request.socket_path;
  return {
      {"client.identity", "Caller identity", kSkipTheRest, [&caller] { return caller.identity; }},
      {"socket.path", "Socket path", kSkipTheRest,
       [&path, &caller] { return CheckPath(path, caller); }},
      {"socket.access_scope", "Socket access scope", kGoOn,
       [&path, &caller] { return CheckAccessScope(path, caller); }, Listed::kWhenSomethingIsWrong},
      {"socket.connect", "Socket connection", kSkipTheRest,
       [&path, &caller] { return CheckConnection(path, caller); }, Listed::kWhenSomethingIsWrong},
      {"kms.status", "KMS Status", kSkipTheRest, [&probe] { return probe.CheckStatus(); }},
      {"kms.encrypt", "KMS Encrypt", kSkipTheRest, [&probe] { return probe.CheckEncrypt(); }},
      {"kms.decrypt", "KMS Decrypt", kGoOn, [&probe] { return probe.CheckDecrypt(); }},
      {"kms.key_id", "KMS key ID", kGoOn, [&probe] { return probe.CheckKeyId(); }}};
}

// Until a probe finds nothing wrong, or the time is over; the one that is shown comes then.
void AwaitGoodProbe(const ProbeRequest& request, const ProbeCaller& caller) {
  // It does not get better by waiting.
  if (caller.identity.status == CheckStatus::kFail) return;
  ProgressLine progress;
  const auto give_up = std::chrono::steady_clock::now() + request.wait;
  while (std::chrono::steady_clock::now() < give_up) {
    SocketProbe probe(request);
    const std::string failure = RunChecks("probe", Plan(request, caller, probe)).FirstFailure();
    if (failure.empty()) return;
    progress.Show("waiting: " + failure);
    std::this_thread::sleep_for(kBetweenProbes);
  }
}

// Before anything else: a second thread would keep its rights.
ProbeCaller CallerOf(const ProbeRequest& request) {
  if (!request.as_kube_apiserver) return ThisUser();
  return request.user ? BecomeNamedUser(*request.user) : BecomeKubeApiserver(request.socket_path);
}

}  // namespace

ExitCode Probe(const ProbeRequest& request) {
  HardenProcess();
  const ProbeCaller caller = CallerOf(request);
  AwaitGoodProbe(request, caller);
  SocketProbe probe(request);
  return ShowChecks("probe", Plan(request, caller, probe), request.format);
}

}  // namespace baokms::app
