#include "tests/support/emulator/emulator.h"

#include <csignal>
#include <utility>

#include "tests/support/emulator/control.h"
#include "tests/support/emulator/operation.h"

namespace baokms::emulator {
namespace {

constexpr std::string_view kControlPrefix = "/emulator/";

}  // namespace

Emulator::Emulator(Options options)
    : options_(std::move(options)),
      router_(clock_, options_.release),
      tls_(options_.tls),
      issuer_key_(GenerateSigningKey(SigningKeyKind::kEcP256)),
      client_authority_("openbao-emulator client CA") {
  Token root;
  root.id = options_.root_token;
  root.policies = {"root"};
  root.path = "auth/token/root";
  root.mount = "auth/token/";
  root.orphan = true;
  router_.tokens().Create(std::move(root), /*ttl=*/0);
}

Emulator::~Emulator() { Stop(); }

std::expected<std::uint16_t, std::string> Emulator::Start() {
  // A peer that is gone is an error of SSL_write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto loaded = tls_.Load(); !loaded) return std::unexpected(loaded.error());
  HttpServer::Options api;
  api.address = options_.address;
  api.port = options_.port;
  api.max_connections = options_.max_connections;
  api.tls = [this] { return tls_.context(); };
  api.handle = [this](const HttpRequest& request, Connection& connection) {
    return ServeApi(request, connection);
  };
  api.on_accept = [this] { counters_.Accepted(); };
  api.on_handshake = [this](const Peer& peer, bool done) { counters_.Handshake(peer, done); };
  api_ = std::make_unique<HttpServer>(std::move(api));
  const auto port = api_->Start();
  if (!port) return std::unexpected(port.error());
  port_ = *port;
  if (options_.with_control_port) {
    HttpServer::Options control;
    control.address = options_.address;
    control.port = options_.control_port;
    control.handle = [this](const HttpRequest& request, Connection& connection) {
      return ServeControl(request, connection);
    };
    control_ = std::make_unique<HttpServer>(std::move(control));
    const auto control_port = control_->Start();
    if (!control_port) return std::unexpected(control_port.error());
    control_port_ = *control_port;
  }
  return port_;
}

void Emulator::Stop() {
  if (control_ != nullptr) control_->Stop();
  if (api_ != nullptr) api_->Stop();
}

std::string Emulator::Address() const {
  return "https://" + options_.address + ":" + std::to_string(port_);
}

std::string Emulator::ControlAddress() const {
  return "http://" + options_.address + ":" + std::to_string(control_port_);
}

bool Emulator::ServeApi(const HttpRequest& request, Connection& connection) {
  const std::string_view path =
      std::string_view(request.path).substr(request.path.starts_with("/v1/") ? 4 : 0);
  const bool login = path.ends_with("/login");
  const std::string_view operation = ClassifyOperation(
      request.method, path,
      login ? router_.AuthMountType(request.Header("x-vault-namespace"), path) : std::string());
  counters_.Begin(operation);
  const auto fault = faults_.Take(operation, path);
  if (fault && fault->delay_ms > 0 && !connection.Sleep(fault->delay_ms)) return false;
  Routed routed;
  if (!fault || fault->execute) {
    routed = router_.Route(request);
  } else {
    Router::AddUsualHeaders(request, &routed.reply);
  }
  if (fault) ChangeReply(*fault, &routed.reply);
  counters_.End(operation, request, routed.reply.status, fault.has_value(), routed.batch_items);
  if (fault) return WriteWithFault(*fault, routed.reply, connection);
  return connection.Write(Serialize(routed.reply, UsualFraming(routed.reply)));
}

bool Emulator::ServeControl(const HttpRequest& request, Connection& connection) {
  ApiReply answer{404, {{"error", "control paths begin with /emulator/"}}};
  if (request.path.starts_with(kControlPrefix)) {
    const Json data =
        request.body.empty() ? Json::object() : Json::parse(request.body, nullptr, false);
    answer = data.is_discarded()
                 ? ApiReply{400, {{"error", "the body is not JSON"}}}
                 : Control(request.method, request.path.substr(kControlPrefix.size()), data);
  }
  const HttpReply reply{
      answer.status, {{"Content-Type", "application/json"}}, answer.body.dump() + "\n"};
  return connection.Write(Serialize(reply, Framing::kContentLength));
}

Emulator::ApiReply Emulator::Api(const std::string& method, const std::string& path,
                                 const Json& data, const std::string& name_space) {
  const Peer nobody;
  HttpRequest request;
  request.method = method;
  request.path = "/v1/" + path;
  request.peer = &nobody;
  request.headers["x-vault-token"] = options_.root_token;
  if (!name_space.empty()) request.headers["x-vault-namespace"] = name_space;
  if (!data.is_null()) request.body = data.dump();
  const Routed routed = router_.Route(request);
  return {routed.reply.status,
          routed.reply.body.empty() ? Json() : Json::parse(routed.reply.body, nullptr, false)};
}

Emulator::ApiReply Emulator::Control(const std::string& method, const std::string& path,
                                     const Json& data) {
  return ControlApi(*this).Handle(method, path, data);
}

std::expected<void, std::string> Emulator::QueueFault(const Json& json) {
  auto fault = FaultFromJson(json);
  if (!fault) return std::unexpected(fault.error());
  faults_.Add(*std::move(fault));
  return {};
}

std::uint64_t Emulator::Requests(std::string_view operation) const {
  const Json operations = counters_.Totals()["operations"];
  const auto found = operations.find(operation);
  return found == operations.end() ? 0 : (*found)["requests"].get<std::uint64_t>();
}

std::string Emulator::MintJwt(const Json& claims, std::int64_t valid_seconds) {
  const std::int64_t now = clock_.UnixSeconds();
  Json full = {{"iat", now}, {"nbf", now}, {"exp", now + valid_seconds}};
  full.update(claims);
  // A null claim removes a default one.
  for (auto claim = full.begin(); claim != full.end();) {
    claim = claim->is_null() ? full.erase(claim) : std::next(claim);
  }
  return emulator::MintJwt(issuer_key_.get(), full);
}

CertificateAndKey Emulator::IssueClientCertificate(LeafRequest request) const {
  request.client = true;
  return client_authority_.Issue(request);
}

}  // namespace baokms::emulator
