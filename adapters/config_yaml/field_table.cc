#include "adapters/config_yaml/field_table.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "adapters/config_yaml/go_duration.h"

namespace baokms::adapters::config_yaml {
namespace {

using core::Configuration;

// An accessor without captures becomes the slot of the type it refers to.
template <typename Access>
constexpr Slot MakeSlot(Access access) {
  using Value = std::remove_reference_t<std::invoke_result_t<Access, Configuration&>>;
  if constexpr (std::is_enum_v<Value>) {
    return WordSlot{
        [](Configuration& c, std::size_t word) { Access{}(c) = static_cast<Value>(word); },
        [](const Configuration& c) {
          // One accessor serves both ways; this only reads through it.
          return static_cast<std::size_t>(Access{}(const_cast<Configuration&>(c)));
        }};
  } else {
    return static_cast<Value& (*)(Configuration&)>(access);
  }
}

// Spelling out the accessor in every row would bury the table.
#define BAOKMS_AT(member) MakeSlot([](Configuration& c) -> auto& { return c.member; })

// The most of a duration: what somebody waits for, and intervals, delays and lifetimes. Above them
// a deadline would be no time that a clock shows.
constexpr std::int64_t kHour = std::chrono::nanoseconds(std::chrono::hours(1)).count();
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kYear = 365 * kDay;

constexpr auto kRequired = Need::kRequired;
constexpr auto kIdentity = Bearing::kIdentity;

// clang-format off
constexpr auto kFields = std::to_array<Field>({
  {.name = "configVersion", .slot = BAOKMS_AT(config_version), .default_value = "v1alpha1",
   .need = kRequired, .description = "Version of this file's format: v1alpha1. Required in a file."},

  {.name = "server.socketPath", .slot = BAOKMS_AT(server.socket_path), .default_value = "/run/openbao-kms/kms.sock",
   .need = kRequired, .rule = TextRule::kSocketPath,
   .description = "The KMS socket that kube-apiserver connects to."},
  {.name = "server.socketMode", .slot = BAOKMS_AT(server.socket_mode), .default_value = "0660", .need = kRequired,
   .description = "Permission bits of the socket."},
  {.name = "server.socketGroup", .slot = BAOKMS_AT(server.socket_group), .need = kRequired, .rule = TextRule::kGroup,
   .description = "Group of the socket: a name, or a numeric gid in quotes."},
  {.name = "server.metricsAddress", .slot = BAOKMS_AT(server.metrics_address), .default_value = "127.0.0.1:8081",
   .rule = TextRule::kListenAddress, .description = "Listen address of /metrics; empty disables it."},
  {.name = "server.healthAddress", .slot = BAOKMS_AT(server.health_address), .default_value = "127.0.0.1:8082",
   .rule = TextRule::kListenAddress, .description = "Listen address of /live and /ready; empty disables it."},
  {.name = "server.maxConcurrentStatus", .slot = BAOKMS_AT(server.max_concurrent_status), .default_value = "16",
   .least = 1, .most = 1024, .description = "Maximum concurrent Status calls; further calls are refused immediately."},
  {.name = "server.maxConcurrentEncrypt", .slot = BAOKMS_AT(server.max_concurrent_encrypt), .default_value = "32",
   .least = 1, .most = 1024, .description = "Maximum concurrent Encrypt calls; further calls are refused immediately."},
  {.name = "server.maxConcurrentDecrypt", .slot = BAOKMS_AT(server.max_concurrent_decrypt), .default_value = "64",
   .least = 1, .most = 1024, .description = "Maximum concurrent Decrypt calls; further calls are refused immediately."},
  {.name = "server.allowedPeers.uids", .slot = BAOKMS_AT(server.allowed_peers.uids),
   .description = "User ids that may connect; with no uids and no gids, only the socket's mode decides."},
  {.name = "server.allowedPeers.gids", .slot = BAOKMS_AT(server.allowed_peers.gids),
   .description = "Group ids that may connect; with no uids and no gids, only the socket's mode decides."},

  {.name = "openbao.address", .slot = BAOKMS_AT(openbao.address), .need = kRequired, .rule = TextRule::kHttpsAddress,
   .description = "Address of the OpenBao API."},
  {.name = "openbao.namespace", .slot = BAOKMS_AT(openbao.openbao_namespace), .bearing = kIdentity,
   .rule = TextRule::kNamespace, .description = "OpenBao namespace, sent as X-Vault-Namespace; empty for none."},
  {.name = "openbao.caCertFile", .slot = BAOKMS_AT(openbao.ca_cert_file), .need = kRequired,
   .rule = TextRule::kAbsolutePath,
   .description = "CA certificates that OpenBao's certificate must chain to; read again when the file changes."},
  {.name = "openbao.tlsServerName", .slot = BAOKMS_AT(openbao.tls_server_name), .need = kRequired,
   .rule = TextRule::kServerName, .description = "Name that OpenBao's certificate must contain."},
  {.name = "openbao.timeout", .slot = BAOKMS_AT(openbao.timeout), .default_value = "2s", .least = 1,
   .most = kDay, .description = "Time budget of one Encrypt, Decrypt or probe call, including retries."},
  {.name = "openbao.instanceId", .slot = BAOKMS_AT(openbao.instance_id), .need = kRequired, .bearing = kIdentity,
   .description = "Your name for this OpenBao cluster; part of every key_id."},
  {.name = "openbao.failoverAddresses", .slot = BAOKMS_AT(openbao.failover_addresses), .rule = TextRule::kHttpsAddress,
   .description = "More addresses of the same cluster, with the same CA and server name, tried when the current one fails."},

  {.name = "auth.method", .slot = BAOKMS_AT(auth.method), .default_value = "jwt", .words = "jwt|cert",
   .description = "How to log in to OpenBao; cert needs a build with a certificate source."},
  {.name = "auth.loginBeforeTokenExpiry", .slot = BAOKMS_AT(auth.login_before_token_expiry), .default_value = "5m",
   .least = 1, .most = kYear, .description = "Remaining token lifetime at which the token is renewed."},
  {.name = "auth.tokenRenewalIncrement", .slot = BAOKMS_AT(auth.token_renewal_increment), .default_value = "1h",
   .least = 1, .most = kYear, .description = "Lifetime requested at renewal; must exceed loginBeforeTokenExpiry."},
  {.name = "auth.loginTimeout", .slot = BAOKMS_AT(auth.login_timeout), .default_value = "0s",
   .most = kDay, .description = "Time budget of one background login; 0s means the larger of openbao.timeout and 5s."},

  {.name = "auth.jwt.source", .slot = BAOKMS_AT(auth.jwt.source), .default_value = "file", .branch = Branch::kJwt,
   .words = "file|oauth2|spiffe", .description = "Where the JWT comes from; spiffe needs a build with SPIFFE."},
  {.name = "auth.jwt.mountPath", .slot = BAOKMS_AT(auth.jwt.mount_path), .branch = Branch::kJwt, .need = kRequired,
   .rule = TextRule::kAuthMountPath, .description = "Mount path of the JWT auth method, including auth/."},
  {.name = "auth.jwt.role", .slot = BAOKMS_AT(auth.jwt.role), .branch = Branch::kJwt, .need = kRequired,
   .description = "Role of the JWT auth method."},
  {.name = "auth.jwt.jwtFile", .slot = BAOKMS_AT(auth.jwt.jwt_file), .branch = Branch::kJwtFile, .need = kRequired,
   .rule = TextRule::kAbsolutePath, .description = "File with the JWT, read again at every login."},
  {.name = "auth.jwt.minRemainingTtl", .slot = BAOKMS_AT(auth.jwt.min_remaining_ttl), .default_value = "2m",
   .branch = Branch::kJwt, .least = 1, .most = kYear, .description = "A JWT with less remaining lifetime is refused before login."},
  {.name = "auth.jwt.clockSkewLeeway", .slot = BAOKMS_AT(auth.jwt.clock_skew_leeway), .default_value = "30s",
   .branch = Branch::kJwt, .most = kDay, .description = "Tolerance for a JWT's nbf and iat."},
  {.name = "auth.jwt.expectedIssuer", .slot = BAOKMS_AT(auth.jwt.expected_issuer), .branch = Branch::kJwt,
   .description = "Issuer that the JWT must have; required by source oauth2. Empty: not checked here."},
  {.name = "auth.jwt.expectedAudience", .slot = BAOKMS_AT(auth.jwt.expected_audience), .branch = Branch::kJwt,
   .description = "The JWT must have one of these audiences; required by sources oauth2 and spiffe. Empty: not checked here."},
  {.name = "auth.jwt.expectedSubject", .slot = BAOKMS_AT(auth.jwt.expected_subject), .branch = Branch::kJwt,
   .description = "Subject that the JWT must have; source spiffe needs this or the issuer. Empty: not checked here."},

  {.name = "auth.jwt.oauth2.tokenUrl", .slot = BAOKMS_AT(auth.jwt.oauth2.token_url), .branch = Branch::kJwtOauth2,
   .need = kRequired, .rule = TextRule::kTokenUrl, .description = "Token endpoint for the client credentials grant."},
  {.name = "auth.jwt.oauth2.clientId", .slot = BAOKMS_AT(auth.jwt.oauth2.client_id), .branch = Branch::kJwtOauth2,
   .need = kRequired, .description = "Client identifier."},
  {.name = "auth.jwt.oauth2.clientSecretFile", .slot = BAOKMS_AT(auth.jwt.oauth2.client_secret_file),
   .branch = Branch::kJwtOauth2, .need = kRequired, .rule = TextRule::kAbsolutePath,
   .description = "File with the client secret, read again at every grant."},
  {.name = "auth.jwt.oauth2.authMethod", .slot = BAOKMS_AT(auth.jwt.oauth2.auth_method),
   .default_value = "client_secret_basic", .branch = Branch::kJwtOauth2,
   .words = "client_secret_basic|client_secret_post", .description = "How the client secret is sent."},
  {.name = "auth.jwt.oauth2.scopes", .slot = BAOKMS_AT(auth.jwt.oauth2.scopes), .branch = Branch::kJwtOauth2,
   .rule = TextRule::kScopeToken, .description = "Scopes to request."},
  {.name = "auth.jwt.oauth2.audience", .slot = BAOKMS_AT(auth.jwt.oauth2.audience), .branch = Branch::kJwtOauth2,
   .description = "Audience parameter of the grant."},
  {.name = "auth.jwt.oauth2.resources", .slot = BAOKMS_AT(auth.jwt.oauth2.resources), .branch = Branch::kJwtOauth2,
   .rule = TextRule::kResourceUri, .description = "Resource parameters of the grant (RFC 8707)."},
  {.name = "auth.jwt.oauth2.caCertFile", .slot = BAOKMS_AT(auth.jwt.oauth2.ca_cert_file), .branch = Branch::kJwtOauth2,
   .rule = TextRule::kAbsolutePath, .description = "CA certificates for the token endpoint; empty: the system's."},
  {.name = "auth.jwt.oauth2.proxyUrl", .slot = BAOKMS_AT(auth.jwt.oauth2.proxy_url), .branch = Branch::kJwtOauth2,
   .rule = TextRule::kProxyUrl,
   .description = "HTTP proxy (CONNECT, without credentials) to the token endpoint, and to nothing else; empty: none."},

  {.name = "auth.jwt.spiffe.workloadAPISocket", .slot = BAOKMS_AT(auth.jwt.spiffe.workload_api_socket),
   .branch = Branch::kJwtSpiffe, .need = kRequired, .rule = TextRule::kWorkloadSocket,
   .description = "Socket of the SPIFFE Workload API."},
  {.name = "auth.jwt.spiffe.spiffeID", .slot = BAOKMS_AT(auth.jwt.spiffe.spiffe_id), .branch = Branch::kJwtSpiffe,
   .need = kRequired, .rule = TextRule::kSpiffeId, .description = "SPIFFE ID to request a JWT-SVID for."},
  {.name = "auth.jwt.spiffe.audience", .slot = BAOKMS_AT(auth.jwt.spiffe.audience), .branch = Branch::kJwtSpiffe,
   .need = kRequired, .description = "Audience to request a JWT-SVID for."},

  {.name = "auth.cert.mountPath", .slot = BAOKMS_AT(auth.cert.mount_path), .branch = Branch::kCert, .need = kRequired,
   .rule = TextRule::kAuthMountPath, .description = "Mount path of the certificate auth method, including auth/."},
  {.name = "auth.cert.source", .slot = BAOKMS_AT(auth.cert.source), .branch = Branch::kCert, .need = kRequired,
   .words = "|pkcs11|spiffe", .description = "Where the client certificate and its key come from; each source needs its build option."},
  {.name = "auth.cert.name", .slot = BAOKMS_AT(auth.cert.name), .branch = Branch::kCert,
   .description = "OpenBao's certificate role; empty lets OpenBao choose."},
  {.name = "auth.cert.minRemainingTtl", .slot = BAOKMS_AT(auth.cert.min_remaining_ttl), .default_value = "24h",
   .branch = Branch::kCert, .least = 1,
   .most = kYear, .description = "A certificate with less remaining lifetime is refused before login; default 5m with source spiffe."},
  {.name = "auth.cert.clockSkewLeeway", .slot = BAOKMS_AT(auth.cert.clock_skew_leeway), .default_value = "30s",
   .branch = Branch::kCert, .most = kDay, .description = "Tolerance for a certificate's validity window."},

  {.name = "auth.cert.pkcs11.certificateFile", .slot = BAOKMS_AT(auth.cert.pkcs11.certificate_file),
   .branch = Branch::kCertPkcs11, .need = kRequired, .rule = TextRule::kAbsolutePath,
   .description = "Certificate chain in PEM, leaf first; no private key."},
  {.name = "auth.cert.pkcs11.modulePath", .slot = BAOKMS_AT(auth.cert.pkcs11.module_path),
   .branch = Branch::kCertPkcs11, .need = kRequired, .rule = TextRule::kAbsolutePath,
   .description = "The PKCS#11 module, a shared library."},
  {.name = "auth.cert.pkcs11.tokenLabel", .slot = BAOKMS_AT(auth.cert.pkcs11.token_label),
   .branch = Branch::kCertPkcs11, .description = "Label of the token; either this or tokenSerial is required."},
  {.name = "auth.cert.pkcs11.tokenSerial", .slot = BAOKMS_AT(auth.cert.pkcs11.token_serial),
   .branch = Branch::kCertPkcs11, .most = 16,
   .description = "Serial number of the token, as text; tells tokens with one label apart."},
  {.name = "auth.cert.pkcs11.keyLabel", .slot = BAOKMS_AT(auth.cert.pkcs11.key_label), .branch = Branch::kCertPkcs11,
   .need = kRequired, .description = "Label of the private key."},
  {.name = "auth.cert.pkcs11.pinFile", .slot = BAOKMS_AT(auth.cert.pkcs11.pin_file), .branch = Branch::kCertPkcs11,
   .need = kRequired, .rule = TextRule::kAbsolutePath, .description = "File with the token's PIN."},
  {.name = "auth.cert.pkcs11.maxSessions", .slot = BAOKMS_AT(auth.cert.pkcs11.max_sessions),
   .branch = Branch::kCertPkcs11, .need = kRequired, .least = 2, .most = INT32_MAX,
   .description = "Maximum sessions with the token; one is reserved for the login state."},

  {.name = "auth.cert.spiffe.workloadAPISocket", .slot = BAOKMS_AT(auth.cert.spiffe.workload_api_socket),
   .branch = Branch::kCertSpiffe, .need = kRequired, .rule = TextRule::kWorkloadSocket,
   .description = "Socket of the SPIFFE Workload API."},
  {.name = "auth.cert.spiffe.spiffeID", .slot = BAOKMS_AT(auth.cert.spiffe.spiffe_id), .branch = Branch::kCertSpiffe,
   .need = kRequired, .rule = TextRule::kSpiffeId, .description = "SPIFFE ID of the X.509-SVID to use."},
  {.name = "auth.cert.spiffe.trustDomain", .slot = BAOKMS_AT(auth.cert.spiffe.trust_domain),
   .branch = Branch::kCertSpiffe, .need = kRequired, .rule = TextRule::kTrustDomain,
   .description = "Trust domain of that SPIFFE ID."},

  {.name = "transit.mountPath", .slot = BAOKMS_AT(transit.mount_path), .need = kRequired, .bearing = kIdentity,
   .rule = TextRule::kMountPath, .description = "Mount of the Transit engine."},
  {.name = "transit.keyName", .slot = BAOKMS_AT(transit.key_name), .need = kRequired, .bearing = kIdentity,
   .rule = TextRule::kKeyName, .description = "Name of the Transit key."},
  {.name = "transit.keyIdScope.providerName", .slot = BAOKMS_AT(transit.key_id_scope.provider_name), .need = kRequired,
   .bearing = kIdentity, .description = "The provider's name in the EncryptionConfiguration; part of every key_id."},
  {.name = "transit.keyIdScope.clusterId", .slot = BAOKMS_AT(transit.key_id_scope.cluster_id), .need = kRequired,
   .bearing = kIdentity, .description = "Your name for the Kubernetes cluster; part of every key_id."},
  {.name = "transit.keyIdScope.transitMountId", .slot = BAOKMS_AT(transit.key_id_scope.transit_mount_id),
   .need = kRequired, .bearing = kIdentity, .description = "Your name for the Transit mount; part of every key_id."},
  {.name = "transit.keyIdScope.keyLineageId", .slot = BAOKMS_AT(transit.key_id_scope.key_lineage_id),
   .need = kRequired, .bearing = kIdentity,
   .description = "Identifies the lineage of this key; a key recreated under the same name gets a new lineage id."},
  {.name = "transit.coalesce", .slot = BAOKMS_AT(transit.coalesce), .default_value = "true",
   .description = "Whether calls that wait for a busy connection are sent together as one Transit batch."},

  {.name = "bootstrap.graceTimeout", .slot = BAOKMS_AT(bootstrap.grace_timeout), .default_value = "60s",
   .most = kDay, .description = "How long startup retries until the first probes succeed; 0s means one attempt."},
  {.name = "bootstrap.retryInterval", .slot = BAOKMS_AT(bootstrap.retry_interval), .default_value = "5s", .least = 1,
   .most = kYear, .description = "Pause between those attempts."},

  {.name = "status.probeInterval", .slot = BAOKMS_AT(status.probe_interval), .default_value = "30s", .least = 1,
   .most = kYear, .description = "Interval of metadata probes; must be below statusMaxStaleness."},
  {.name = "status.deepProbeInterval", .slot = BAOKMS_AT(status.deep_probe_interval), .default_value = "5m", .least = 1,
   .most = kYear, .description = "Interval of encrypt and decrypt probes."},
  {.name = "status.statusMaxStaleness", .slot = BAOKMS_AT(status.status_max_staleness), .default_value = "2m", .least = 1,
   .most = kYear, .description = "Maximum age of the last successful metadata probe before Status becomes unhealthy."},

  {.name = "state.path", .slot = BAOKMS_AT(state.path), .default_value = "/var/lib/openbao-kms/state/key-registry.json",
   .need = kRequired, .rule = TextRule::kCleanPath, .description = "File of the key registry; its checkpoint and lock are stored in the same directory."},

  {.name = "rotation.mode", .slot = BAOKMS_AT(rotation.mode), .default_value = "observed", .words = "observed",
   .description = "The provider follows rotations; it never rotates a key itself."},
  {.name = "rotation.activationDelay", .slot = BAOKMS_AT(rotation.activation_delay), .default_value = "2m", .least = 1,
   .most = kYear, .description = "Delay between a stable observation of a new version and its use."},
  {.name = "rotation.requireStableObservationCount", .slot = BAOKMS_AT(rotation.require_stable_observation_count),
   .default_value = "3", .least = 1, .description = "Number of observations that make a new version stable."},
  {.name = "rotation.rejectVersionRollback", .slot = BAOKMS_AT(rotation.reject_version_rollback), .default_value = "true",
   .description = "Whether a latest version below the active one makes Status unhealthy."},

  {.name = "logging.level", .slot = BAOKMS_AT(logging.level), .default_value = "info",
   .words = "debug|info|warn|error", .description = "Lowest level that is logged."},
  {.name = "logging.format", .slot = BAOKMS_AT(logging.format), .default_value = "json", .words = "json|text",
   .description = "Format of log lines on standard error."},
  {.name = "logging.logOpenBaoRequestIDs", .slot = BAOKMS_AT(logging.log_openbao_request_ids), .default_value = "true",
   .description = "Whether OpenBao request ids may be logged."},
  {.name = "logging.debugCorrelation.enabled", .slot = BAOKMS_AT(logging.debug_correlation.enabled),
   .default_value = "false", .description = "Logs hashed request uids and OpenBao request ids for a limited time; needs level debug."},
  {.name = "logging.debugCorrelation.ttl", .slot = BAOKMS_AT(logging.debug_correlation.ttl), .default_value = "15m",
   .most = kHour, .description = "Time after which debug correlation ends."},
  {.name = "logging.debugCorrelation.incidentId", .slot = BAOKMS_AT(logging.debug_correlation.incident_id), .most = 64,
   .description = "Your reference for the incident; required by debug correlation."},

  {.name = "hardening.lockMemory", .slot = BAOKMS_AT(hardening.lock_memory), .default_value = "true",
   .description = "Lock secret buffers in memory."},
  {.name = "hardening.seccomp", .slot = BAOKMS_AT(hardening.seccomp), .default_value = "true",
   .description = "Restrict system calls to those needed for serving."},
  {.name = "hardening.landlock", .slot = BAOKMS_AT(hardening.landlock), .default_value = "true",
   .description = "Restrict file access to what is needed for serving."},
});
// clang-format on
#undef BAOKMS_AT

std::string_view DescribeText(TextRule rule) {
  switch (rule) {
    case TextRule::kIdentifier:
      return "";
    case TextRule::kAbsolutePath:
    case TextRule::kCleanPath:
      return "absolute path";
    case TextRule::kSocketPath:
      return "absolute path below /run/openbao-kms or /var/run/openbao-kms";
    case TextRule::kMountPath:
      return "relative mount path";
    case TextRule::kAuthMountPath:
      return "mount path beginning with auth/";
    case TextRule::kNamespace:
      return "relative path, no '%'";
    case TextRule::kKeyName:
      return "letters, digits, '_', '.', '-'; no '.' or '-' at the ends";
    case TextRule::kServerName:
      return "DNS name or IP address";
    case TextRule::kListenAddress:
      return "host:port or empty";
    case TextRule::kGroup:
      return "group name or numeric gid";
    case TextRule::kHttpsAddress:
      return "https URL, no user info, query or fragment";
    case TextRule::kTokenUrl:
      return "https URL, no user info or fragment";
    case TextRule::kProxyUrl:
      return "http://host:port";
    case TextRule::kResourceUri:
      return "absolute URI, no user info or fragment";
    case TextRule::kScopeToken:
      return "RFC 6749 scope token";
    case TextRule::kTrustDomain:
      return "SPIFFE trust domain";
    case TextRule::kSpiffeId:
      return "spiffe://domain/path";
    case TextRule::kWorkloadSocket:
      return "unix:// and an absolute path";
  }
  return "";
}

}  // namespace

std::span<const Field> Fields() { return kFields; }

const Field* FindField(std::string_view name) {
  const auto found = std::ranges::find(kFields, name, &Field::name);
  return found == kFields.end() ? nullptr : &*found;
}

bool IsSection(std::string_view name) {
  return std::ranges::any_of(kFields, [&](const Field& field) {
    return field.name.size() > name.size() && field.name.starts_with(name) &&
           field.name[name.size()] == '.';
  });
}

std::string_view LastPart(std::string_view name) {
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

std::vector<std::string_view> Words(const Field& field) {
  std::vector<std::string_view> words;
  for (std::string_view rest = field.words;;) {
    const std::size_t bar = rest.find('|');
    words.push_back(rest.substr(0, bar));
    if (bar == std::string_view::npos) return words;
    rest.remove_prefix(bar + 1);
  }
}

std::string DescribeRule(const Field& field) {
  if (field.name == "configVersion") return "v1alpha1";
  if (std::holds_alternative<WordSlot>(field.slot)) {
    std::string text;
    for (const std::string_view word : Words(field)) {
      if (word.empty()) continue;
      if (!text.empty()) text += ", ";
      text += word;
    }
    return text;
  }
  if (std::holds_alternative<IntegerSlot>(field.slot)) {
    if (field.most >= INT32_MAX) return "at least " + std::to_string(field.least);
    return std::to_string(field.least) + ".." + std::to_string(field.most);
  }
  if (std::holds_alternative<DurationSlot>(field.slot)) {
    std::string text = field.least > 0 ? "above 0s" : "0s or more";
    if (field.most != INT64_MAX) {
      text += ", at most " + FormatGoDuration(std::chrono::nanoseconds(field.most));
    }
    return text;
  }
  if (std::holds_alternative<OctalModeSlot>(field.slot)) return "no access for others, no execute";
  if (std::holds_alternative<BooleanSlot>(field.slot)) return "";
  if (std::holds_alternative<IdListSlot>(field.slot)) return "numeric ids";
  std::string text(DescribeText(field.rule));
  if (field.most != INT64_MAX) text = "at most " + std::to_string(field.most) + " bytes";
  return text;
}

std::string_view DescribeBranch(Branch branch) {
  switch (branch) {
    case Branch::kAlways:
      return "";
    case Branch::kJwt:
      return "auth.method jwt";
    case Branch::kJwtFile:
      return "auth.jwt.source file";
    case Branch::kJwtOauth2:
      return "auth.jwt.source oauth2";
    case Branch::kJwtSpiffe:
      return "auth.jwt.source spiffe";
    case Branch::kCert:
      return "auth.method cert";
    case Branch::kCertPkcs11:
      return "auth.cert.source pkcs11";
    case Branch::kCertSpiffe:
      return "auth.cert.source spiffe";
  }
  return "";
}

std::string_view DescribeType(const Field& field) {
  constexpr std::array<std::string_view, std::variant_size_v<Slot>> kTypes{
      "string",   "octal string",    "integer",          "boolean",
      "duration", "list of strings", "list of integers", "word"};
  return kTypes[field.slot.index()];
}

bool BranchHolds(Branch branch, const Configuration& configuration) {
  const core::AuthConfiguration& auth = configuration.auth;
  const bool jwt = auth.method == core::AuthMethod::kJwt;
  switch (branch) {
    case Branch::kAlways:
      return true;
    case Branch::kJwt:
      return jwt;
    case Branch::kJwtFile:
      return jwt && auth.jwt.source == core::JwtSource::kFile;
    case Branch::kJwtOauth2:
      return jwt && auth.jwt.source == core::JwtSource::kOauth2;
    case Branch::kJwtSpiffe:
      return jwt && auth.jwt.source == core::JwtSource::kSpiffe;
    case Branch::kCert:
      return !jwt;
    case Branch::kCertPkcs11:
      return !jwt && auth.cert.source == core::CertSource::kPkcs11;
    case Branch::kCertSpiffe:
      return !jwt && auth.cert.source == core::CertSource::kSpiffe;
  }
  return true;
}

}  // namespace baokms::adapters::config_yaml
