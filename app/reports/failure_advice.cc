#include "app/reports/failure_advice.h"

#include "app/process/environment.h"

namespace baokms::app {
namespace {

std::string Line(std::string_view name, std::string_view advice) {
  std::string line(name);
  if (!advice.empty()) line.append(": ").append(advice);
  return line;
}

// Empty unless nothing answered and the environment names a proxy.
std::string UnusedProxyNote(const core::Error& error, std::string_view instead) {
  const std::string_view proxy = UnusedProxy();
  const auto status = error.openbao_status();
  const bool away = status == core::OpenBaoStatus::kConnectionFailed ||
                    status == core::OpenBaoStatus::kDnsFailed || error == core::DeadlineExceeded();
  if (proxy.empty() || !away) return {};
  return "; " + std::string(proxy) + " is set and not used: " + std::string(instead);
}

}  // namespace

std::string_view AdviceFor(core::ErrorClass error) {
  switch (error) {
    case core::ErrorClass::kOpenBaoTlsFailed:
      return "TLS to OpenBao failed: check openbao.caCertFile and openbao.tlsServerName against "
             "the server's certificate";
    case core::ErrorClass::kOpenBaoDnsFailed:
      return "the host name in openbao.address could not be resolved";
    case core::ErrorClass::kOpenBaoConnectionFailed:
      return "could not connect to openbao.address: check the address and that OpenBao is running";
    case core::ErrorClass::kOpenBaoSealed:
      return "OpenBao is sealed: unseal it";
    case core::ErrorClass::kOpenBaoUnavailable:
      return "OpenBao failed (5xx), or another server answered in its place: check its log, and "
             "check that openbao.address is OpenBao itself";
    case core::ErrorClass::kOpenBaoRateLimited:
      return "OpenBao's rate limit was reached: raise the quota for this client";
    case core::ErrorClass::kTransitPolicyDenied:
      return "OpenBao denied the request: the token's policy lacks what `bao-kms-provider` needs "
             "on transit.keyName (read keys, update encrypt and decrypt, read config/keys)";
    case core::ErrorClass::kTransitKeyMissing:
      return "OpenBao has no such Transit mount or key: check transit.mountPath, transit.keyName "
             "and openbao.namespace";
    case core::ErrorClass::kTimeout:
      return "OpenBao did not answer within openbao.timeout, or within auth.loginTimeout for the "
             "login";
    case core::ErrorClass::kAuthFailed:
      return "the login to OpenBao failed: check auth.* and the role";
    default:
      return {};
  }
}

std::string_view AdviceFor(core::TlsFailure why) {
  switch (why) {
    case core::TlsFailure::kClosed:
      return "the server closed the connection in the TLS handshake: is openbao.address a balancer "
             "without a live node, or a port that is not OpenBao's?";
    case core::TlsFailure::kNotTls:
      return "the server at openbao.address does not speak TLS: use OpenBao's TLS port, and a "
             "listener without tls_disable";
    case core::TlsFailure::kNoCommonVersion:
      return "the server has no TLS version in common with the provider: allow TLS 1.2 or 1.3 "
             "there (tls_min_version, tls_max_version)";
    case core::TlsFailure::kHandshakeRefused:
      return "the server refused the TLS handshake: allow a modern cipher suite there, and check "
             "whether something in front of OpenBao wants a client certificate";
    case core::TlsFailure::kUnknownAuthority:
      return "openbao.caCertFile: add the certificate of the CA that signed OpenBao's server "
             "certificate";
    case core::TlsFailure::kWrongName:
      return "openbao.tlsServerName: set a name that is in the server's certificate";
    case core::TlsFailure::kExpired:
      return "the server's certificate, or a CA certificate, has expired: renew OpenBao's server "
             "certificate, or correct this node's clock";
    case core::TlsFailure::kNotYetValid:
      return "the server's certificate, or a CA certificate, is not valid yet: correct this node's "
             "clock, or the clock of the machine that issued the certificate";
    case core::TlsFailure::kCertificateRefused:
      return "the server's certificate cannot be used: issue one for a TLS server (serverAuth), "
             "with an RSA key of 2048 bits or an EC key, signed with SHA-256 or better";
    case core::TlsFailure::kWantsCertificate:
      return "the server wants a client certificate (tls_require_and_verify_client_cert): use "
             "auth.method cert, or remove that setting from OpenBao's listener";
    case core::TlsFailure::kEndedEarly:
      return "the server ended the connection right after the TLS handshake: it may want a client "
             "certificate (tls_require_and_verify_client_cert), or not accept the one it was "
             "shown; "
             "check its log";
    case core::TlsFailure::kOursRefused:
      return "the server does not accept the client certificate: OpenBao's listener must trust the "
             "CA that issued it (tls_client_ca_file)";
    case core::TlsFailure::kOther:
      break;
  }
  return AdviceFor(core::ErrorClass::kOpenBaoTlsFailed);
}

std::string ProxyNote(const core::Error& error) {
  return UnusedProxyNote(error, "this node must reach the server without a proxy");
}

std::string AdviceFor(const core::LoginFailure& failure) {
  if (failure.advice.empty()) return AdviceFor(failure.error);
  std::string advice(failure.advice);
  switch (failure.status) {
    case core::LoginStatus::kOauth2Proxy:
      return advice;
    case core::LoginStatus::kOauth2Request:
      return advice + UnusedProxyNote(failure.error,
                                      "only auth.jwt.oauth2.proxyUrl names a proxy for the token "
                                      "endpoint");
    default:
      return advice + ProxyNote(failure.error);
  }
}

std::string AdviceFor(const core::Error& error) {
  if (const auto why = core::TlsFailureOf(error)) return std::string(AdviceFor(*why));
  if (error == core::StandbyRedirect()) {
    return "a standby node redirects, which is not followed: name all nodes of OpenBao in "
           "openbao.failoverAddresses, or let the nodes forward requests to the active one";
  }
  if (error == core::ForeignRedirect() || error == core::ForeignReply()) {
    return "something in front of OpenBao answered in its place (a proxy, a balancer or a login "
           "page that redirects, or refuses the path, the method or the size of the request): "
           "check that openbao.address is OpenBao itself";
  }
  return std::string(AdviceFor(error.error_class())) + ProxyNote(error);
}

std::string_view AdviceFor(core::Reason reason) {
  switch (reason) {
    case core::Reason::kUpsertAllowed:
      return "the Transit mount may create keys on encrypt: set disable_upsert=true on its "
             "config/keys";
    case core::Reason::kProfileInvalid:
      return "the Transit key does not meet the required profile: it must be an aes256-gcm96 key "
             "that is not exportable, without plaintext backup, derivation, convergent encryption "
             "and deletion_allowed, with its minimum versions within its range of versions, and "
             "with a creation time listed for each version";
    case core::Reason::kVersionRollback:
      return "the latest version of the Transit key is older than one this node has used: OpenBao "
             "was restored from an older backup";
    case core::Reason::kMetadataUnverified:
      return "the Transit key's metadata contradicts the recorded state: a version that must "
             "decrypt is gone, disallowed or was recreated";
    case core::Reason::kStateSaveFailed:
      return "state.path could not be written: check the directory's owner, mode and free space";
    case core::Reason::kEncryptionBlocked:
      return "the active version is below the key's min_encryption_version: encryption works again "
             "after the pending rotation is promoted";
    case core::Reason::kRetiredVersionUndecryptable:
      return "objects under these versions cannot be read: lower min_decryption_version on the "
             "key, "
             "or, when no object and no backup needs them any more, retire them with "
             "`bao-kms-provider retire-versions`";
    case core::Reason::kDeepProbeInvalid:
      return "in a probe, OpenBao's encrypt and decrypt did not agree";
    default:
      return {};
  }
}

std::string_view AdviceWithoutState() {
  return "make the state anew with recover-state, or copy the state file and its checkpoint from "
         "another node or from a backup of any node of this cluster; if no node has ever served "
         "with this key, so that nothing is encrypted under it, adopt it with recover-state "
         "--adopt";
}

std::string NameAndAdvice(const core::Error& error, std::string_view own_advice) {
  return Line(core::Name(error.error_class()),
              own_advice.empty() ? AdviceFor(error) : std::string(own_advice) + ProxyNote(error));
}

std::string NameAndAdvice(core::Reason reason) {
  return Line(core::Name(reason), AdviceFor(reason));
}

}  // namespace baokms::app
