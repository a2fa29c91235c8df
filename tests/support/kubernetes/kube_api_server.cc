#include "tests/support/kubernetes/kube_api_server.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tests/support/emulator/certificates.h"
#include "tests/support/harness/free_port.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/within.h"
#include "tests/support/skip.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kToken = "token-of-the-administrator";

}  // namespace

std::optional<std::string> FindKubeApiServer() {
  const char* named = std::getenv("BAOKMS_KUBEAPISERVER");
  const std::string program = named != nullptr ? named : BAOKMS_KUBEAPISERVER_PATH;
  if (!program.empty() && access(program.c_str(), X_OK) == 0) return program;
  return std::nullopt;
}

bool SkippedWithoutKubeApiServer() {
  return !FindKubeApiServer() &&
         SaySkipped(std::string("no kube-apiserver: ") + BAOKMS_KUBEAPISERVER_MISSING);
}

KubeApiServer::KubeApiServer(const EtcdUnderTest& etcd) : etcd_(etcd), port_(FreePort()) {
  WriteKeys();
}

KubeApiServer::~KubeApiServer() = default;

void KubeApiServer::WriteKeys() const {
  const emulator::CertificateAuthority authority("kube-apiserver test");
  directory_.Write("ca.pem", authority.pem(), 0644);
  emulator::LeafRequest server;
  server.common_name = "kube-apiserver";
  server.dns_sans = {"localhost"};
  server.ip_sans = {"127.0.0.1"};
  const emulator::CertificateAndKey pair = authority.Issue(server);
  directory_.Write("server.pem", pair.certificate_pem);
  directory_.Write("server.key", pair.private_key_pem);
  directory_.Write("tokens.csv", std::string(kToken) + ",admin,admin,\"system:masters\"\n");
}

void KubeApiServer::WriteEncryptionConfiguration(std::string_view yaml) const {
  directory_.Write("encryption.yaml", yaml);
}

void KubeApiServer::Launch(const std::vector<std::string>& wrapper) {
  process_.reset();
  const std::string file = directory_.path() + "/";
  std::vector<std::string> argv = wrapper;
  argv.insert(
      argv.end(),
      {FindKubeApiServer().value_or("kube-apiserver"), "--etcd-servers=" + etcd_.url(),
       "--etcd-cafile=" + etcd_.ca_file(), "--etcd-certfile=" + etcd_.client_certificate_file(),
       "--etcd-keyfile=" + etcd_.client_key_file(), "--bind-address=127.0.0.1",
       "--advertise-address=127.0.0.1", "--secure-port=" + std::to_string(port_),
       "--tls-cert-file=" + file + "server.pem", "--tls-private-key-file=" + file + "server.key",
       "--token-auth-file=" + file + "tokens.csv", "--authorization-mode=RBAC",
       // Nobody hands out pods, and no controller makes service accounts for them.
       "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none",
       "--service-account-issuer=https://issuer.example",
       "--service-account-key-file=" + file + "server.pem",
       "--service-account-signing-key-file=" + file + "server.key",
       "--encryption-provider-config=" + encryption_configuration(),
       "--encryption-provider-config-automatic-reload=true", "--v=2"});
  argv.insert(argv.end(), more_arguments_.begin(), more_arguments_.end());
  process_ = std::make_unique<ChildProcess>(ChildProcess::Options{
      .argv = argv, .stdout_file = directory_.File("log"), .stderr_file = directory_.File("log")});
}

bool KubeApiServer::WaitReady(std::chrono::milliseconds timeout) {
  return Within(timeout, 100ms, [this] { return !process_->Running() || Ready(); }) &&
         process_->Running();
}

void KubeApiServer::Start() {
  Launch();
  if (WaitReady()) return;
  const std::string whole = log();
  throw HarnessError("kube-apiserver does not get ready:\n" +
                     whole.substr(whole.size() - std::min<std::size_t>(whole.size(), 4000)));
}

void KubeApiServer::Kill() { process_.reset(); }

void KubeApiServer::Restart() {
  Kill();
  Start();
}

bool KubeApiServer::Running() const { return process_ && process_->Running(); }

HttpQuestion KubeApiServer::Question(const std::string& method, const std::string& path,
                                     const Json& object) const {
  HttpQuestion question;
  question.method = method;
  question.url = "https://127.0.0.1:" + std::to_string(port_) + path;
  question.headers = {{"Authorization", std::string("Bearer ") + kToken},
                      {"Content-Type", "application/json"}};
  if (!object.is_null()) question.body = object.dump();
  question.ca_file = directory_.File("ca.pem");
  question.timeout = 30s;
  return question;
}

std::optional<double> KubeApiServer::Metric(std::string_view name,
                                            const std::vector<std::string>& labels) const {
  std::optional<double> sum;
  std::istringstream lines(Metrics());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    if (line[name.size()] != '{' && line[name.size()] != ' ') continue;
    const bool all = std::ranges::all_of(
        labels, [&](const std::string& label) { return line.find(label) != std::string::npos; });
    if (all) sum = sum.value_or(0) + std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

std::vector<std::string> KubeApiServer::LogLines(std::string_view words) const {
  std::vector<std::string> found;
  std::istringstream lines(log());
  for (std::string line; std::getline(lines, line);) {
    if (line.find(words) != std::string::npos) found.push_back(line);
  }
  return found;
}

}  // namespace baokms::testing
