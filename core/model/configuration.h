// The resolved configuration (configuration-and-cli.md, "File"): every field of the file, after
// defaults and overrides. Plain values; who holds one from LoadConfiguration holds a valid one.
// Defaults, rules and descriptions live in the field table of adapters/config_yaml, once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace baokms::core {

// Enumerators stand in the order of their words in the field table; kNone is "not chosen".
enum class AuthMethod : std::uint8_t { kJwt, kCert };
enum class JwtSource : std::uint8_t { kFile, kOauth2, kSpiffe };
enum class CertSource : std::uint8_t { kNone, kPkcs11, kSpiffe };
enum class ClientAuthMethod : std::uint8_t { kClientSecretBasic, kClientSecretPost };
enum class RotationMode : std::uint8_t { kObserved };
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kJson, kText };

struct AllowedPeers {
  std::vector<std::uint32_t> uids;  // both empty: the socket's mode alone decides
  std::vector<std::uint32_t> gids;
};

struct ServerConfiguration {
  std::string socket_path;
  std::uint32_t socket_mode = 0;  // permission bits
  std::string socket_group;       // a name, or a numeric gid in decimal
  std::string metrics_address;    // host:port; empty: off
  std::string health_address;     // host:port; empty: off
  std::int64_t max_concurrent_status = 0;
  std::int64_t max_concurrent_encrypt = 0;
  std::int64_t max_concurrent_decrypt = 0;
  AllowedPeers allowed_peers;
};

struct OpenBaoConfiguration {
  std::string address;  // https URL
  std::string openbao_namespace;
  std::string ca_cert_file;
  std::string tls_server_name;
  std::chrono::nanoseconds timeout{};
  std::string instance_id;
  std::vector<std::string> failover_addresses;  // https URLs
};

struct Oauth2Configuration {
  std::string token_url;
  std::string client_id;
  std::string client_secret_file;
  ClientAuthMethod auth_method = ClientAuthMethod::kClientSecretBasic;
  std::vector<std::string> scopes;
  std::string audience;
  std::vector<std::string> resources;
  std::string ca_cert_file;  // empty: the system's roots
  std::string proxy_url;     // http://host:port; empty: none
};

struct JwtSpiffeConfiguration {
  std::string workload_api_socket;  // unix:///absolute/path
  std::string spiffe_id;
  std::string audience;
};

struct JwtConfiguration {
  JwtSource source = JwtSource::kFile;
  std::string mount_path;  // with its auth/
  std::string role;
  std::string jwt_file;
  std::chrono::nanoseconds min_remaining_ttl{};
  std::chrono::nanoseconds clock_skew_leeway{};
  std::string expected_issuer;  // empty: not checked
  std::vector<std::string> expected_audience;
  std::string expected_subject;
  Oauth2Configuration oauth2;
  JwtSpiffeConfiguration spiffe;
};

struct Pkcs11Configuration {
  std::string certificate_file;
  std::string module_path;
  std::string token_label;   // empty: any; never both empty
  std::string token_serial;  // empty: any
  std::string key_label;
  std::string pin_file;
  std::int64_t max_sessions = 0;
};

struct CertSpiffeConfiguration {
  std::string workload_api_socket;  // unix:///absolute/path
  std::string spiffe_id;
  std::string trust_domain;
};

struct CertConfiguration {
  std::string mount_path;  // with its auth/
  CertSource source = CertSource::kNone;
  std::string name;  // OpenBao's cert role; may be empty
  std::chrono::nanoseconds min_remaining_ttl{};
  std::chrono::nanoseconds clock_skew_leeway{};
  Pkcs11Configuration pkcs11;
  CertSpiffeConfiguration spiffe;
};

struct AuthConfiguration {
  AuthMethod method = AuthMethod::kJwt;
  std::chrono::nanoseconds login_before_token_expiry{};
  std::chrono::nanoseconds token_renewal_increment{};
  std::chrono::nanoseconds login_timeout{};  // resolved: never 0 in a loaded configuration
  JwtConfiguration jwt;
  CertConfiguration cert;
};

// Whether a library that only its vendor knows runs in the process (auth.md,
// "adapters/certauth_pkcs11").
inline bool RunsForeignModule(const AuthConfiguration& auth) {
  return auth.method == AuthMethod::kCert && auth.cert.source == CertSource::kPkcs11;
}

struct KeyIdScope {
  std::string provider_name;
  std::string cluster_id;
  std::string transit_mount_id;
  std::string key_lineage_id;
};

struct TransitConfiguration {
  std::string mount_path;
  std::string key_name;
  KeyIdScope key_id_scope;
  bool coalesce = true;
};

struct BootstrapConfiguration {
  std::chrono::nanoseconds grace_timeout{};  // 0: one try
  std::chrono::nanoseconds retry_interval{};
};

struct StatusConfiguration {
  std::chrono::nanoseconds probe_interval{};
  std::chrono::nanoseconds deep_probe_interval{};
  std::chrono::nanoseconds status_max_staleness{};
};

struct StateConfiguration {
  std::string path;
};

struct RotationConfiguration {
  RotationMode mode = RotationMode::kObserved;
  std::chrono::nanoseconds activation_delay{};
  std::int64_t require_stable_observation_count = 0;
  bool reject_version_rollback = true;
};

struct DebugCorrelation {
  bool enabled = false;
  std::chrono::nanoseconds ttl{};
  std::string incident_id;
};

struct LoggingConfiguration {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kJson;
  bool log_openbao_request_ids = true;
  DebugCorrelation debug_correlation;
};

struct HardeningConfiguration {
  bool lock_memory = true;
  bool seccomp = true;
  bool landlock = true;
};

struct Configuration {
  std::string config_version;
  ServerConfiguration server;
  OpenBaoConfiguration openbao;
  AuthConfiguration auth;
  TransitConfiguration transit;
  BootstrapConfiguration bootstrap;
  StatusConfiguration status;
  StateConfiguration state;
  RotationConfiguration rotation;
  LoggingConfiguration logging;
  HardeningConfiguration hardening;
};

}  // namespace baokms::core
