#include "tests/adapters/config_yaml/sample_files.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace baokms::tests {

using namespace adapters::config_yaml;

const std::string_view kJwtFileSample = R"(# Control plane node cp-1
configVersion: v1alpha1

server:
  socketPath: /run/openbao-kms/kms.sock
  socketMode: "0660"
  socketGroup: openbao-kms-socket
  metricsAddress: 127.0.0.1:8081
  healthAddress: "127.0.0.1:8082"
  maxConcurrentStatus: 16
  maxConcurrentEncrypt: 32
  maxConcurrentDecrypt: 64

openbao:
  address: https://openbao.example.internal:8200
  namespace: platform/kms
  caCertFile: /etc/openbao-kms/tls/ca.crt
  tlsServerName: openbao.example.internal
  timeout: 2s
  instanceId: bao-prod-1

auth:
  method: jwt
  loginBeforeTokenExpiry: 5m
  tokenRenewalIncrement: 1h
  loginTimeout: 5s
  jwt:
    source: file
    mountPath: auth/jwt
    role: kms-node
    jwtFile: /var/lib/openbao-kms/identity.jwt
    minRemainingTtl: 2m
    clockSkewLeeway: 30s
    expectedIssuer: https://issuer.example.internal
    expectedAudience:
      - openbao
    expectedSubject: node-cp-1

bootstrap:
  graceTimeout: 60s
  retryInterval: 5s

status:
  probeInterval: 30s
  deepProbeInterval: 5m
  statusMaxStaleness: 2m

state:
  path: /var/lib/openbao-kms/state/key-registry.json

rotation:
  mode: observed
  activationDelay: 2m
  requireStableObservationCount: 3
  rejectVersionRollback: true

logging:
  level: info
  format: json
  logOpenBaoRequestIDs: true
  debugCorrelation:
    enabled: false
    ttl: 15m
    incidentId: ""

transit:
  mountPath: transit
  keyName: k8s-prod
  keyIdScope:
    providerName: openbao-kms
    clusterId: prod-eu-1
    transitMountId: transit-prod
    keyLineageId: "3f1c9a7e5b2d4860"
)";

const std::string_view kPkcs11Sample = R"(configVersion: v1alpha1
server:
  socketPath: /var/run/openbao-kms/node/kms.sock
  socketMode: "0600"
  socketGroup: "65532"
  metricsAddress: ""
openbao:
  address: "https://[2001:db8::10]:8200"
  caCertFile: /etc/openbao-kms/tls/ca.crt
  tlsServerName: "2001:db8::10"
  instanceId: 'bao-prod-1'
auth:
  method: cert
  loginBeforeTokenExpiry: 10m
  cert:
    mountPath: auth/pki/cert
    source: pkcs11
    name: kms-node
    minRemainingTtl: 48h
    pkcs11:
      certificateFile: /etc/openbao-kms/node.pem
      modulePath: /usr/lib/softhsm/libsofthsm2.so
      tokenLabel: kms token
      keyLabel: node key
      pinFile: /etc/openbao-kms/pin
      maxSessions: 4
transit: {mountPath: kms/transit, keyName: _k8s.prod-1, keyIdScope: {providerName: p, clusterId: c, transitMountId: m, keyLineageId: l}}
)";

namespace {

constexpr std::string_view kCommon = R"(configVersion: v1alpha1
server:
  socketGroup: kms
openbao:
  address: https://bao:8200
  caCertFile: /etc/ca.crt
  tlsServerName: bao
  instanceId: bao-1
transit:
  mountPath: transit
  keyName: k
  keyIdScope:
    providerName: p
    clusterId: c
    transitMountId: m
    keyLineageId: l
)";

const std::string kOauth2Text = std::string(kCommon) + R"(auth:
  method: jwt
  jwt:
    source: oauth2
    mountPath: auth/jwt
    role: r
    expectedIssuer: https://idp.example
    expectedAudience: [openbao, other]
    oauth2:
      tokenUrl: https://idp.example/token?tenant=1
      clientId: kms
      clientSecretFile: /etc/openbao-kms/secret
      authMethod: client_secret_post
      scopes: ["kms:read", openid]
      audience: openbao
      resources: ["urn:openbao:kms", "https://bao.example/"]
      caCertFile: ""
)";
const std::string kJwtSpiffeText = std::string(kCommon) + R"(auth:
  jwt:
    source: spiffe
    mountPath: auth/jwt
    role: r
    expectedSubject: spiffe://example.org/kms
    expectedAudience: [openbao]
    spiffe:
      workloadAPISocket: unix:///run/spire/agent.sock
      spiffeID: spiffe://example.org/kms
      audience: openbao
)";
const std::string kCertSpiffeText = std::string(kCommon) + R"(auth:
  method: cert
  cert:
    mountPath: auth/cert
    source: spiffe
    spiffe:
      workloadAPISocket: unix:///run/spire/agent.sock
      spiffeID: spiffe://example.org/node/kms
      trustDomain: example.org
)";

}  // namespace

const std::string_view kOauth2Sample = kOauth2Text;
const std::string_view kJwtSpiffeSample = kJwtSpiffeText;
const std::string_view kCertSpiffeSample = kCertSpiffeText;

ValidationOptions AllSources() {
  ValidationOptions options;
  options.sources = {.jwt_spiffe = SourceState::kAvailable,
                     .cert_pkcs11 = SourceState::kAvailable,
                     .cert_spiffe = SourceState::kAvailable};
  return options;
}

std::string Replaced(std::string_view text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string_view::npos, "not in the sample: ", std::string(from));
  REQUIRE_MESSAGE(text.find(from, at + 1) == std::string_view::npos,
                  "twice in the sample: ", std::string(from));
  return std::string(text.substr(0, at)) + std::string(to) +
         std::string(text.substr(at + from.size()));
}

int LineOf(std::string_view text, std::string_view piece) {
  const std::size_t at = text.find(piece);
  if (at == std::string_view::npos) return 0;
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
}

std::expected<core::Configuration, ConfigProblems> Load(std::string_view text,
                                                        const ValidationOptions& options) {
  return LoadConfiguration(text, Overrides{}, EnvLookup{}, options);
}

}  // namespace baokms::tests
