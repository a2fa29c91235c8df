#include <algorithm>
#include <set>
#include <string>

#include "adapters/config_yaml/canonical_address.h"
#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/text_rules.h"
#include "adapters/config_yaml/validate.h"

namespace baokms::adapters::config_yaml {
namespace {

using core::AuthMethod;
using core::CertSource;
using core::JwtSource;

// A relation is judged only when its other side could be read, too.
bool Readable(const Draft& draft, std::string_view field) { return !draft.refused.contains(field); }

void ValidateVersion(Draft& draft) {
  const std::string& version = draft.value.config_version;
  if (!version.empty() && version != "v1alpha1") {
    draft.Complain("configVersion", "must be v1alpha1");
  }
}

// Whether a socket at one of them keeps another from the other one, as far as the texts tell.
bool SameListener(const HostPort& a, const HostPort& b) {
  if (a.port != b.port || a.port == 0) return false;
  const std::string first = CanonicalHost(a.host);
  const std::string second = CanonicalHost(b.host);
  if (first == second) return true;
  const auto clashes = [](const std::string& host, const std::string& other) {
    if (host == "localhost") return other == "127.0.0.1" || other == "::1";
    // 0.0.0.0 is IPv4 alone; the other wildcards take both families.
    return IsWildcard(host) && (host != "0.0.0.0" || !IsIpv6(other) || other == "::");
  };
  return clashes(first, second) || clashes(second, first);
}

void ValidateListeners(Draft& draft) {
  const auto metrics = SplitHostPort(draft.value.server.metrics_address);
  const auto health = SplitHostPort(draft.value.server.health_address);
  if (!metrics || !health || !SameListener(*metrics, *health)) return;
  if (!Readable(draft, "server.metricsAddress")) return;
  draft.Complain("server.healthAddress", "must differ from server.metricsAddress");
}

void ValidateOpenBao(Draft& draft) {
  const core::OpenBaoConfiguration& openbao = draft.value.openbao;
  std::set<std::string> seen{CanonicalHttpsAddress(openbao.address)};
  for (const std::string& address : openbao.failover_addresses) {
    if (!address.empty() && !seen.insert(CanonicalHttpsAddress(address)).second) {
      draft.Complain("openbao.failoverAddresses",
                     "must not repeat openbao.address or another entry");
      return;
    }
  }
}

void ValidateTokenLifetimes(Draft& draft) {
  const core::AuthConfiguration& auth = draft.value.auth;
  if (Readable(draft, "auth.loginBeforeTokenExpiry") &&
      auth.token_renewal_increment <= auth.login_before_token_expiry) {
    draft.Complain("auth.tokenRenewalIncrement", "must be longer than auth.loginBeforeTokenExpiry");
  }
}

void ValidateStatus(Draft& draft) {
  const core::StatusConfiguration& status = draft.value.status;
  if (Readable(draft, "status.statusMaxStaleness") &&
      status.probe_interval >= status.status_max_staleness) {
    draft.Complain("status.probeInterval", "must be shorter than status.statusMaxStaleness");
  }
}

void ValidateSource(SourceState state, std::string_view field, const std::string& name,
                    const std::string& build_option, Draft& draft) {
  switch (state) {
    case SourceState::kAvailable:
      return;
    case SourceState::kNotBuilt:
      draft.Complain(field, "source " + name +
                                " is not available in this build; it needs the build option " +
                                build_option);
      return;
  }
}

void ValidateJwt(const AvailableSources& sources, Draft& draft) {
  const core::JwtConfiguration& jwt = draft.value.auth.jwt;
  if (!Readable(draft, "auth.jwt.source")) return;
  const auto only_with = [&](std::string_view name, JwtSource source, std::string_view word) {
    if (jwt.source != source && draft.written.contains(name)) {
      draft.Complain(name, "is allowed only with auth.jwt.source " + std::string(word));
    }
  };
  only_with("auth.jwt.jwtFile", JwtSource::kFile, "file");
  only_with("auth.jwt.oauth2", JwtSource::kOauth2, "oauth2");
  only_with("auth.jwt.spiffe", JwtSource::kSpiffe, "spiffe");
  if (jwt.source == JwtSource::kOauth2) {
    if (jwt.expected_issuer.empty()) {
      draft.Complain("auth.jwt.expectedIssuer", "is required with auth.jwt.source oauth2");
    }
  }
  if (jwt.source == JwtSource::kSpiffe) {
    ValidateSource(sources.jwt_spiffe, "auth.jwt.source", "spiffe", "BAOKMS_WITH_SPIFFE", draft);
    if (jwt.expected_issuer.empty() && jwt.expected_subject.empty()) {
      draft.Complain(
          "auth.jwt.expectedSubject",
          "either this or auth.jwt.expectedIssuer is required with auth.jwt.source spiffe");
    }
  }
  if (jwt.source != JwtSource::kFile && jwt.expected_audience.empty()) {
    draft.Complain("auth.jwt.expectedAudience", jwt.source == JwtSource::kOauth2
                                                    ? "needs an entry with auth.jwt.source oauth2"
                                                    : "needs an entry with auth.jwt.source spiffe");
  }
}

void ValidateCert(const AvailableSources& sources, Draft& draft) {
  const core::CertConfiguration& cert = draft.value.auth.cert;
  if (cert.source == CertSource::kPkcs11) {
    ValidateSource(sources.cert_pkcs11, "auth.cert.source", "pkcs11", "BAOKMS_WITH_PKCS11", draft);
    if (cert.pkcs11.token_label.empty() && cert.pkcs11.token_serial.empty() &&
        Readable(draft, "auth.cert.pkcs11.tokenLabel") &&
        Readable(draft, "auth.cert.pkcs11.tokenSerial")) {
      draft.Complain("auth.cert.pkcs11.tokenLabel",
                     "either this or auth.cert.pkcs11.tokenSerial is required with "
                     "auth.cert.source pkcs11");
    }
  }
  if (cert.source != CertSource::kSpiffe) return;
  ValidateSource(sources.cert_spiffe, "auth.cert.source", "spiffe", "BAOKMS_WITH_SPIFFE", draft);
  const std::string& domain = cert.spiffe.trust_domain;
  if (!domain.empty() && !CheckTrustDomain(domain) && !CheckSpiffeId(cert.spiffe.spiffe_id) &&
      !cert.spiffe.spiffe_id.starts_with("spiffe://" + domain + "/")) {
    draft.Complain("auth.cert.spiffe.spiffeID", "must be in auth.cert.spiffe.trustDomain");
  }
}

void ValidateDebugCorrelation(Draft& draft) {
  const core::LoggingConfiguration& logging = draft.value.logging;
  if (!logging.debug_correlation.enabled) return;
  const auto require = [&](bool met, std::string_view field, std::string_view message) {
    if (!met) draft.Complain(field, std::string(message));
  };
  const std::string with = " with logging.debugCorrelation.enabled";
  require(logging.level == core::LogLevel::kDebug, "logging.level", "must be debug" + with);
  require(logging.log_openbao_request_ids, "logging.logOpenBaoRequestIDs", "must be true" + with);
  require(!logging.debug_correlation.incident_id.empty(), "logging.debugCorrelation.incidentId",
          "is required" + with);
  require(logging.debug_correlation.ttl != std::chrono::nanoseconds(0),
          "logging.debugCorrelation.ttl", "must be above 0s" + with);
}

}  // namespace

void ValidateRelations(const ValidationOptions& options, Draft& draft) {
  ValidateVersion(draft);
  ValidateListeners(draft);
  ValidateOpenBao(draft);
  ValidateTokenLifetimes(draft);
  if (Readable(draft, "auth.method")) {
    if (draft.value.auth.method == AuthMethod::kJwt) {
      ValidateJwt(options.sources, draft);
    } else {
      ValidateCert(options.sources, draft);
    }
  }
  ValidateStatus(draft);
  ValidateDebugCorrelation(draft);
}

}  // namespace baokms::adapters::config_yaml
