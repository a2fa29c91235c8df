#include "app/serve/confinement.h"

#include <charconv>
#include <filesystem>
#include <optional>

#include "adapters/jwt/token_endpoint.h"
#include "adapters/transit_http/transport/proxy_address.h"
#include "adapters/transit_http/transport/server_address.h"
#include "app/process/system_call_filter.h"

namespace baokms::app {
namespace {

namespace transit_http = adapters::transit_http;

constexpr std::uint16_t kDns = 53;

// What the C library, OpenSSL and libcurl read on their own: how names are looked up, shared
// libraries that are loaded late, the system's CA certificates.
constexpr const char* kSystem[] = {"/etc",
                                   "/lib",
                                   "/lib64",
                                   "/run/NetworkManager",
                                   "/run/resolvconf",
                                   "/run/systemd/resolve",
                                   "/sys/devices/system/cpu",
                                   "/usr/lib",
                                   "/usr/lib64",
                                   "/usr/share/ca-certificates",
                                   "/var/lib/ca-certificates"};

// Those that this system has: for one that it lacks, the closest directory above it would be far
// too much.
std::vector<std::string> SystemDirectories() {
  std::vector<std::string> there;
  for (const char* directory : kSystem) {
    std::error_code error;
    if (std::filesystem::is_directory(directory, error)) there.emplace_back(directory);
  }
  return there;
}

// The file's directory, and the one of the file that it leads to: links are followed.
void AddDirectoriesOf(const std::string& file, std::vector<std::string>& directories) {
  if (file.empty()) return;
  directories.push_back(std::filesystem::path(file).parent_path().string());
  std::error_code error;
  const auto real = std::filesystem::canonical(file, error);
  if (!error) directories.push_back(real.parent_path().string());
}

void AddPort(const std::string& port, std::vector<std::uint16_t>& ports) {
  std::uint16_t number = 0;
  const char* end = port.data() + port.size();
  if (std::from_chars(port.data(), end, number).ptr == end && !port.empty()) {
    ports.push_back(number);
  }
}

void AddServer(const std::string& url, std::vector<std::uint16_t>& ports) {
  if (const auto server = transit_http::ServerAddress::Parse(url, {})) AddPort(server->port, ports);
}

std::vector<std::uint16_t> ConnectPorts(const core::Configuration& configuration) {
  std::vector<std::uint16_t> ports = {kDns};  // for answers that are too long for UDP
  AddServer(configuration.openbao.address, ports);
  for (const std::string& url : configuration.openbao.failover_addresses) AddServer(url, ports);
  const core::Oauth2Configuration& oauth2 = configuration.auth.jwt.oauth2;
  AddServer(adapters::jwt::TokenEndpoint::Of(oauth2.token_url).origin, ports);
  if (const auto proxy = transit_http::ProxyAddress::Parse(oauth2.proxy_url)) {
    AddPort(proxy->port, ports);
  }
  return ports;
}

std::vector<std::uint16_t> ListenPorts(const core::ServerConfiguration& server) {
  std::vector<std::uint16_t> ports;
  for (const std::string& address : {server.health_address, server.metrics_address}) {
    if (const auto colon = address.rfind(':'); colon != std::string::npos) {
      AddPort(address.substr(colon + 1), ports);
    }
  }
  return ports;
}

}  // namespace

LandlockRules NeededAccess(const core::Configuration& configuration,
                           const std::string& config_file) {
  const core::JwtConfiguration& jwt = configuration.auth.jwt;
  LandlockRules rules{.readable = SystemDirectories(),
                      .connect_ports = ConnectPorts(configuration),
                      .listen_ports = ListenPorts(configuration.server),
                      .foreign_module = core::RunsForeignModule(configuration.auth)};
  for (const std::string& file : {config_file, configuration.openbao.ca_cert_file, jwt.jwt_file,
                                  jwt.oauth2.client_secret_file, jwt.oauth2.ca_cert_file}) {
    AddDirectoriesOf(file, rules.readable);
  }
  for (const std::string& file : {configuration.server.socket_path, configuration.state.path}) {
    AddDirectoriesOf(file, rules.writable);
  }
  return rules;
}

Confinement::Confinement(const core::Configuration& configuration, const std::string& config_file)
    : configuration_(configuration),
      files_(configuration.hardening.landlock
                 ? EnforceLandlock(NeededAccess(configuration, config_file))
                 : LandlockScope::kNone) {}

void Confinement::TellOfFiles(adapters::telemetry::Telemetry& log) const {
  if (!configuration_.hardening.landlock) {
    log.Note(core::LogLevel::kInfo, "landlock.off", "hardening.landlock");
  } else if (files_ == LandlockScope::kNone) {
    log.Note(core::LogLevel::kWarn, "landlock.unavailable", "kernel");
  } else {
    log.Note(core::LogLevel::kInfo, "landlock.enforced", Name(files_));
  }
}

void Confinement::RestrictCalls(adapters::telemetry::Telemetry& log) const {
  const AllowedCalls calls = core::RunsForeignModule(configuration_.auth)
                                 ? AllowedCalls::kForeignModule
                                 : AllowedCalls::kServing;
  if (!configuration_.hardening.seccomp) {
    log.Note(core::LogLevel::kInfo, "seccomp.off", "hardening.seccomp");
  } else if (FilterSystemCalls(calls)) {
    log.Note(core::LogLevel::kInfo, "seccomp.enforced", Name(calls));
  } else {
    log.Note(core::LogLevel::kWarn, "seccomp.unavailable", "kernel");
  }
}

}  // namespace baokms::app
