#include "adapters/config_yaml/validate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"
#include "tests/adapters/config_yaml/sample_files.h"

namespace {

using namespace baokms::adapters::config_yaml;
using namespace baokms::tests;

struct Fault {
  std::string_view sample;
  std::string_view from;  // once in the sample
  std::string_view to;
  std::string_view field;
  std::string_view message;  // a piece of it
};

const std::vector<Fault>& Faults() {
  static const std::string long_socket =
      "socketPath: /run/openbao-kms/" + std::string(92, 'a');  // 108 bytes: one too many
  static const std::string long_agent = "unix:///run/" + std::string(103, 'a');  // 108 bytes
  static const std::string long_incident = "incidentId: \"" + std::string(65, 'i') + "\"";
  const auto j = kJwtFileSample;
  const auto p = kPkcs11Sample;
  const auto o = kOauth2Sample;
  const auto s = kJwtSpiffeSample;
  const auto c = kCertSpiffeSample;
  static const std::vector<Fault> faults{
      {j, "configVersion: v1alpha1\n", "", "configVersion", "is required"},
      {j, "configVersion: v1alpha1", "configVersion: v1", "configVersion", "v1alpha1"},

      {j, "/run/openbao-kms/kms.sock", "\"\"", "server.socketPath", "is required"},
      {j, "/run/openbao-kms/kms.sock", "kms.sock", "server.socketPath", "absolute"},
      {j, "/run/openbao-kms/kms.sock", "/run/kms.sock", "server.socketPath",
       "--allow-socket-parent"},
      {j, "/run/openbao-kms/kms.sock", "/run/openbao-kms2/k.sock", "server.socketPath", "below"},
      {j, "/run/openbao-kms/kms.sock", "/run/openbao-kms/../k", "server.socketPath", "'..'"},
      {j, "/run/openbao-kms/kms.sock", "/run/openbao-kms/", "server.socketPath", "empty"},
      {j, "/run/openbao-kms/kms.sock", "/run/openbao-kms", "server.socketPath", "below"},
      {j, "socketPath: /run/openbao-kms/kms.sock", long_socket, "server.socketPath", "108"},
      {j, "\"0660\"", "0660", "server.socketMode", "quote it"},
      {j, "\"0660\"", "\"0666\"", "server.socketMode", "others"},
      {j, "\"0660\"", "\"0664\"", "server.socketMode", "others"},
      {j, "\"0660\"", "\"0760\"", "server.socketMode", "execute"},
      {j, "\"0660\"", "\"0670\"", "server.socketMode", "execute"},
      {j, "\"0660\"", "\"2660\"", "server.socketMode", "permission bits"},
      {j, "\"0660\"", "\"0680\"", "server.socketMode", "octal"},
      {j, "\"0660\"", "\"rw\"", "server.socketMode", "octal"},
      {j, "\"0660\"", "\"\"", "server.socketMode", "octal"},
      {j, "  socketGroup: openbao-kms-socket\n", "", "server.socketGroup", "is required"},
      {j, "openbao-kms-socket", "\"\"", "server.socketGroup", "is required"},
      {j, "openbao-kms-socket", "65532", "server.socketGroup", "quote it"},
      {j, "openbao-kms-socket", "\"4294967295\"", "server.socketGroup", "group id"},
      {j, "openbao-kms-socket", "\"a:b\"", "server.socketGroup", "group name"},
      {j, "metricsAddress: 127.0.0.1:8081", "metricsAddress: 127.0.0.1", "server.metricsAddress",
       "host:port"},
      {j, "metricsAddress: 127.0.0.1:8081", "metricsAddress: 127.0.0.1:65536",
       "server.metricsAddress", "host:port"},
      {j, "metricsAddress: 127.0.0.1:8081", "metricsAddress: \"::1:8081\"", "server.metricsAddress",
       "host:port"},
      {j, "127.0.0.1:8082", "127.0.0.1:8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "localhost:8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", ":8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "0.0.0.0:8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "[::]:8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "LocalHost.:8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "[0:0::0]:8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "[::ffff:127.0.0.1]:8081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "127.0.0.1:08081", "server.healthAddress", "must differ"},
      {j, "127.0.0.1:8082", "nope", "server.healthAddress", "host:port"},
      {j, "Status: 16", "Status: 0", "server.maxConcurrentStatus", "1..1024"},
      {j, "Status: 16", "Status: 1025", "server.maxConcurrentStatus", "1..1024"},
      {j, "Encrypt: 32", "Encrypt: -1", "server.maxConcurrentEncrypt", "1..1024"},
      {j, "Encrypt: 32", "Encrypt: 010", "server.maxConcurrentEncrypt", "leading zeros"},
      {j, "Encrypt: 32", "Encrypt: 0x20", "server.maxConcurrentEncrypt", "decimal"},
      {j, "Decrypt: 64", "Decrypt: \"64\"", "server.maxConcurrentDecrypt", "without quotes"},
      {j, "Decrypt: 64", "Decrypt: 64.0", "server.maxConcurrentDecrypt", "whole number"},
      {j, "Decrypt: 64", "Decrypt: 99999999999999999999", "server.maxConcurrentDecrypt", "whole"},
      {j, "  socketMode", "  allowedPeers: {uids: [-1]}\n  socketMode", "server.allowedPeers.uids",
       "numeric id"},
      {j, "  socketMode", "  allowedPeers: {gids: [4294967295]}\n  socketMode",
       "server.allowedPeers.gids", "numeric id"},
      {j, "  socketMode", "  allowedPeers: {gids: 0}\n  socketMode", "server.allowedPeers.gids",
       "list"},
      {j, "  socketMode", "  allowedPeers: {uids: [root]}\n  socketMode",
       "server.allowedPeers.uids", "numeric id"},

      {j, "  address: https://openbao.example.internal:8200\n", "", "openbao.address",
       "is required"},
      {j, "https://openbao.example.internal:8200", "http://bao:8200", "openbao.address", "https"},
      {j, "https://openbao.example.internal:8200", "https://u:p@bao", "openbao.address",
       "user info"},
      {j, "https://openbao.example.internal:8200", "https://bao/?a=1", "openbao.address", "query"},
      {j, "https://openbao.example.internal:8200", "https://bao/#a", "openbao.address", "fragment"},
      {j, "https://openbao.example.internal:8200", "https://:8200", "openbao.address", "host"},
      {j, "https://openbao.example.internal:8200", "https://bao:0", "openbao.address", "port"},
      {j, "https://openbao.example.internal:8200", "https://bao:8200:1", "openbao.address", "port"},
      {j, "https://openbao.example.internal:8200", "\"https://bao \"", "openbao.address", "https"},
      {j, "https://openbao.example.internal:8200", "bao:8200", "openbao.address", "https"},
      {j, "platform/kms", "/platform", "openbao.namespace", "leading"},
      {j, "platform/kms", "platform/", "openbao.namespace", "empty"},
      {j, "platform/kms", "a//b", "openbao.namespace", "empty"},
      {j, "platform/kms", "a/../b", "openbao.namespace", "'..'"},
      {j, "platform/kms", "./a", "openbao.namespace", "'.'"},
      {j, "platform/kms", "a/b%2f", "openbao.namespace", "%"},
      {j, "platform/kms", "\"a\\nb\"", "openbao.namespace", "control"},
      {j, "/etc/openbao-kms/tls/ca.crt", "\"\"", "openbao.caCertFile", "is required"},
      {j, "/etc/openbao-kms/tls/ca.crt", "tls/ca.crt", "openbao.caCertFile", "absolute"},
      {j, "tlsServerName: openbao.example.internal", "tlsServerName: ''", "openbao.tlsServerName",
       "is required"},
      {j, "tlsServerName: openbao.example.internal", "tlsServerName: a/b", "openbao.tlsServerName",
       "DNS name"},
      {j, "tlsServerName: openbao.example.internal", "tlsServerName: \"bao:8200\"",
       "openbao.tlsServerName", "DNS name"},
      {j, "timeout: 2s", "timeout: 0s", "openbao.timeout", "above 0s"},
      {j, "timeout: 2s", "timeout: -2s", "openbao.timeout", "above 0s"},
      {j, "timeout: 2s", "timeout: 2", "openbao.timeout", "with a unit"},
      {j, "timeout: 2s", "timeout: \"2\"", "openbao.timeout", "with a unit"},
      {j, "timeout: 2s", "timeout: 2 s", "openbao.timeout", "with a unit"},
      {j, "timeout: 2s", "timeout: 2d", "openbao.timeout", "with a unit"},
      {j, "timeout: 2s", "timeout:", "openbao.timeout", "no value"},
      {j, "instanceId: bao-prod-1", "instanceId: ''", "openbao.instanceId", "is required"},
      {j, "instanceId: bao-prod-1", "instanceId: \" bao\"", "openbao.instanceId", "whitespace"},
      {j, "instanceId: bao-prod-1", "instanceId: \"bao\\u00a0\"", "openbao.instanceId",
       "whitespace"},
      {j, "instanceId: bao-prod-1", "instanceId: \"b\\u0085o\"", "openbao.instanceId", "control"},
      {j, "instanceId: bao-prod-1", "instanceId: 2026-01-31", "openbao.instanceId", "timestamp"},
      {j, "instanceId: bao-prod-1", "instanceId: no", "openbao.instanceId", "boolean"},
      {j, "instanceId: bao-prod-1", "instanceId: 1e3", "openbao.instanceId", "number"},
      {j, "instanceId: bao-prod-1", "instanceId: ~", "openbao.instanceId", "no value"},
      {j, "instanceId: bao-prod-1", "instanceId: [a]", "openbao.instanceId", "must be a string"},
      {j, "instanceId: bao-prod-1", "instanceId: {a: b}", "openbao.instanceId", "must be a string"},
      {j, "  timeout: 2s", "  failoverAddresses: [\"http://b\"]\n  timeout: 2s",
       "openbao.failoverAddresses", "https"},
      {j, "  timeout: 2s", "  failoverAddresses: https://b\n  timeout: 2s",
       "openbao.failoverAddresses", "list"},
      {j, "  timeout: 2s", "  failoverAddresses: [\"\"]\n  timeout: 2s",
       "openbao.failoverAddresses", "empty entries"},
      {j, "  timeout: 2s", "  failoverAddresses: [https://b, https://b]\n  timeout: 2s",
       "openbao.failoverAddresses", "repeat"},
      {j, "  timeout: 2s",
       "  failoverAddresses: [\"https://openbao.example.internal:8200\"]\n  timeout: 2s",
       "openbao.failoverAddresses", "repeat"},

      // One address in other words.
      {j, "  timeout: 2s",
       "  failoverAddresses: [\"HTTPS://OpenBao.example.internal.:08200/\"]\n  timeout: 2s",
       "openbao.failoverAddresses", "repeat"},
      {j, "  timeout: 2s", "  failoverAddresses: [https://b, \"https://B:443/\"]\n  timeout: 2s",
       "openbao.failoverAddresses", "repeat"},
      {j, "  timeout: 2s",
       "  failoverAddresses: [\"https://[fd00::10]:8200\", "
       "\"https://[fd00:0:0:0:0:0:0:10]:8200\"]\n"
       "  timeout: 2s",
       "openbao.failoverAddresses", "repeat"},

      {j, "method: jwt", "method: kubernetes", "auth.method", "jwt, cert"},
      {j, "loginBeforeTokenExpiry: 5m", "loginBeforeTokenExpiry: 0s", "auth.loginBeforeTokenExpiry",
       "above 0s"},
      {j, "tokenRenewalIncrement: 1h", "tokenRenewalIncrement: 5m", "auth.tokenRenewalIncrement",
       "longer"},
      {j, "loginTimeout: 5s", "loginTimeout: -1s", "auth.loginTimeout", "0s or more"},
      {j, "source: file", "source: kubernetes", "auth.jwt.source", "file, oauth2, spiffe"},
      {j, "    mountPath: auth/jwt\n", "", "auth.jwt.mountPath", "is required"},
      {j, "mountPath: auth/jwt", "mountPath: jwt", "auth.jwt.mountPath", "auth/jwt, not jwt"},
      {j, "mountPath: auth/jwt", "mountPath: /auth/jwt", "auth.jwt.mountPath", "leading"},
      {j, "mountPath: auth/jwt", "mountPath: auth/", "auth.jwt.mountPath", "empty"},
      {j, "mountPath: auth/jwt", "mountPath: auth/../jwt", "auth.jwt.mountPath", "'..'"},
      {j, "mountPath: auth/jwt", "mountPath: auth", "auth.jwt.mountPath", "auth/jwt, not jwt"},
      {j, "    role: kms-node\n", "", "auth.jwt.role", "is required"},
      {j, "    jwtFile: /var/lib/openbao-kms/identity.jwt\n", "", "auth.jwt.jwtFile",
       "is required with auth.jwt.source file"},
      {j, "/var/lib/openbao-kms/identity.jwt", "identity.jwt", "auth.jwt.jwtFile", "absolute"},
      {j, "minRemainingTtl: 2m", "minRemainingTtl: 0s", "auth.jwt.minRemainingTtl", "above 0s"},
      {j, "clockSkewLeeway: 30s", "clockSkewLeeway: -1ns", "auth.jwt.clockSkewLeeway",
       "0s or more"},
      {j, "    expectedAudience:\n      - openbao\n", "    expectedAudience: openbao\n",
       "auth.jwt.expectedAudience", "list"},
      {j, "      - openbao\n", "      - 1\n", "auth.jwt.expectedAudience", "quote it"},
      {j, "      - openbao\n", "      - openbao\n      -\n", "auth.jwt.expectedAudience",
       "no value"},
      {j, "expectedSubject: node-cp-1", "expectedSubject: \"node \"", "auth.jwt.expectedSubject",
       "whitespace"},
      {j, "    role: kms-node\n", "    role: r\n    oauth2: {clientId: c}\n", "auth.jwt.oauth2",
       "only with auth.jwt.source oauth2"},
      {j, "    role: kms-node\n", "    role: r\n    spiffe: {audience: c}\n", "auth.jwt.spiffe",
       "only with auth.jwt.source spiffe"},

      {o, "    role: r\n", "    role: r\n    jwtFile: /a\n", "auth.jwt.jwtFile",
       "only with auth.jwt.source file"},
      {o, "    expectedIssuer: https://idp.example\n", "", "auth.jwt.expectedIssuer", "oauth2"},
      {o, "[openbao, other]", "[]", "auth.jwt.expectedAudience", "oauth2"},
      {o, "https://idp.example/token?tenant=1", "''", "auth.jwt.oauth2.tokenUrl", "is required"},
      {o, "https://idp.example/token?tenant=1", "http://idp", "auth.jwt.oauth2.tokenUrl", "https"},
      {o, "https://idp.example/token?tenant=1", "https://u@idp", "auth.jwt.oauth2.tokenUrl",
       "user info"},
      {o, "https://idp.example/token?tenant=1", "https://idp/#f", "auth.jwt.oauth2.tokenUrl",
       "fragment"},
      {o, "clientId: kms", "clientId: \"\"", "auth.jwt.oauth2.clientId", "is required"},
      {o, "clientId: kms", "clientId: \"k\\x7fs\"", "auth.jwt.oauth2.clientId", "control"},
      {o, "clientSecretFile: /etc/openbao-kms/secret", "clientSecretFile: secret",
       "auth.jwt.oauth2.clientSecretFile", "absolute"},
      {o, "      clientSecretFile: /etc/openbao-kms/secret\n", "",
       "auth.jwt.oauth2.clientSecretFile", "is required"},
      {o, "client_secret_post", "private_key_jwt", "auth.jwt.oauth2.authMethod",
       "client_secret_basic"},
      {o, "\"kms:read\"", "\"kms read\"", "auth.jwt.oauth2.scopes", "scope tokens"},
      {o, "\"kms:read\"", "'a\"b'", "auth.jwt.oauth2.scopes", "scope tokens"},
      {o, "[\"kms:read\", openid]", "openid", "auth.jwt.oauth2.scopes", "list"},
      {o, "urn:openbao:kms", "kms", "auth.jwt.oauth2.resources", "absolute URIs"},
      {o, "urn:openbao:kms", "https://u@h/", "auth.jwt.oauth2.resources", "user info"},
      {o, "urn:openbao:kms", "https://h/#f", "auth.jwt.oauth2.resources", "fragment"},
      {o, "caCertFile: \"\"", "caCertFile: ca", "auth.jwt.oauth2.caCertFile", "absolute"},
      {o, "caCertFile: \"\"", "proxyUrl: https://proxy:3128", "auth.jwt.oauth2.proxyUrl",
       "behind TLS is not supported"},
      {o, "caCertFile: \"\"", "proxyUrl: socks5h://proxy:1080", "auth.jwt.oauth2.proxyUrl",
       "SOCKS proxies are not supported"},
      {o, "caCertFile: \"\"", "proxyUrl: http://u:p@proxy:3128", "auth.jwt.oauth2.proxyUrl",
       "credentials for a proxy are not supported"},
      {o, "caCertFile: \"\"", "proxyUrl: http://proxy", "auth.jwt.oauth2.proxyUrl",
       "name the proxy's port"},
      {o, "caCertFile: \"\"", "proxyUrl: http://[::1]", "auth.jwt.oauth2.proxyUrl",
       "name the proxy's port"},
      {o, "caCertFile: \"\"", "proxyUrl: http://proxy:0", "auth.jwt.oauth2.proxyUrl",
       "valid host and port"},
      {o, "caCertFile: \"\"", "proxyUrl: http://:3128", "auth.jwt.oauth2.proxyUrl",
       "valid host and port"},
      {o, "caCertFile: \"\"", "proxyUrl: http://proxy:3128/", "auth.jwt.oauth2.proxyUrl",
       "without a path"},
      {o, "caCertFile: \"\"", "proxyUrl: http://proxy:3128/p", "auth.jwt.oauth2.proxyUrl",
       "without a path"},
      {o, "caCertFile: \"\"", "proxyUrl: http://proxy:3128?q=1", "auth.jwt.oauth2.proxyUrl",
       "query"},
      {o, "caCertFile: \"\"", "proxyUrl: 'http://proxy:3128#f'", "auth.jwt.oauth2.proxyUrl",
       "fragment"},
      {o, "caCertFile: \"\"", "proxyUrl: proxy:3128", "auth.jwt.oauth2.proxyUrl",
       "must be http://host:port"},
      {o, "caCertFile: \"\"", "proxyUrl: ftp://proxy:21", "auth.jwt.oauth2.proxyUrl",
       "must be http://host:port"},

      {s, "    expectedSubject: spiffe://example.org/kms\n", "", "auth.jwt.expectedSubject",
       "expectedIssuer"},
      {s, "    expectedAudience: [openbao]\n", "", "auth.jwt.expectedAudience", "spiffe"},
      {s, "unix:///run/spire/agent.sock", "/run/spire/agent.sock",
       "auth.jwt.spiffe.workloadAPISocket", "unix://"},
      {s, "unix:///run/spire/agent.sock", "unix://run/agent.sock",
       "auth.jwt.spiffe.workloadAPISocket", "unix://"},
      {s, "unix:///run/spire/agent.sock", long_agent, "auth.jwt.spiffe.workloadAPISocket",
       "shorter than 108 bytes"},
      {s, "      spiffeID: spiffe://example.org/kms\n", "", "auth.jwt.spiffe.spiffeID",
       "is required"},
      {s, "spiffeID: spiffe://example.org/kms", "spiffeID: spiffe://example.org",
       "auth.jwt.spiffe.spiffeID", "spiffe://"},
      {s, "spiffeID: spiffe://example.org/kms", "spiffeID: spiffe://Example.org/kms",
       "auth.jwt.spiffe.spiffeID", "spiffe://"},
      {s, "spiffeID: spiffe://example.org/kms", "spiffeID: spiffe://example.org/a//b",
       "auth.jwt.spiffe.spiffeID", "spiffe://"},
      {s, "      audience: openbao\n", "", "auth.jwt.spiffe.audience", "is required"},

      {p, "mountPath: auth/pki/cert", "mountPath: cert", "auth.cert.mountPath", "auth/"},
      {p, "    source: pkcs11\n", "", "auth.cert.source", "is required"},
      {p, "source: pkcs11", "source: file", "auth.cert.source", "pkcs11, spiffe"},
      {p, "source: pkcs11", "source: ''", "auth.cert.source", "is required"},
      {p, "minRemainingTtl: 48h", "minRemainingTtl: 0s", "auth.cert.minRemainingTtl", "above 0s"},
      {p, "    minRemainingTtl: 48h\n", "    clockSkewLeeway: -1s\n", "auth.cert.clockSkewLeeway",
       "0s or more"},
      {p, "name: kms-node", "name: \"kms\\tnode\"", "auth.cert.name", "control"},
      {p, "/etc/openbao-kms/node.pem", "node.pem", "auth.cert.pkcs11.certificateFile", "absolute"},
      {p, "/usr/lib/softhsm/libsofthsm2.so", "libsofthsm2.so", "auth.cert.pkcs11.modulePath",
       "absolute"},
      {p, "      tokenLabel: kms token\n", "", "auth.cert.pkcs11.tokenLabel",
       "either this or auth.cert.pkcs11.tokenSerial is required"},
      {p, "tokenLabel: kms token", "tokenLabel: ''", "auth.cert.pkcs11.tokenLabel", "tokenSerial"},
      {p, "tokenLabel: kms token", "tokenSerial: 01234567890123456", "auth.cert.pkcs11.tokenSerial",
       "quote it"},
      {p, "tokenLabel: kms token", "tokenSerial: '01234567890123456'",
       "auth.cert.pkcs11.tokenSerial", "at most 16 bytes"},
      {p, "tokenLabel: kms token", "tokenSerial: ' 1'", "auth.cert.pkcs11.tokenSerial",
       "whitespace"},
      {p, "      keyLabel: node key\n", "", "auth.cert.pkcs11.keyLabel", "is required"},
      {p, "/etc/openbao-kms/pin", "pin", "auth.cert.pkcs11.pinFile", "absolute"},
      {p, "maxSessions: 4", "maxSessions: 1", "auth.cert.pkcs11.maxSessions", "at least 2"},
      {p, "      maxSessions: 4\n", "", "auth.cert.pkcs11.maxSessions",
       "is required with auth.cert.source pkcs11"},
      {c, "trustDomain: example.org", "trustDomain: example.com", "auth.cert.spiffe.spiffeID",
       "trustDomain"},
      {c, "trustDomain: example.org", "trustDomain: spiffe://example.org",
       "auth.cert.spiffe.trustDomain", "trust domain"},
      {c, "      trustDomain: example.org\n", "", "auth.cert.spiffe.trustDomain", "is required"},
      {c, "unix:///run/spire/agent.sock", "unix:///run/../agent.sock",
       "auth.cert.spiffe.workloadAPISocket", "unix://"},
      {c, "unix:///run/spire/agent.sock", long_agent, "auth.cert.spiffe.workloadAPISocket",
       "shorter than 108 bytes"},
      {c, "spiffeID: spiffe://example.org/node/kms", "spiffeID: https://example.org/node",
       "auth.cert.spiffe.spiffeID", "spiffe://"},

      {j, "  mountPath: transit\n", "", "transit.mountPath", "is required"},
      {j, "mountPath: transit\n", "mountPath: /transit\n", "transit.mountPath", "leading"},
      {j, "mountPath: transit\n", "mountPath: transit/\n", "transit.mountPath", "empty"},
      {j, "mountPath: transit\n", "mountPath: a/./b\n", "transit.mountPath", "'.'"},
      {j, "  keyName: k8s-prod\n", "", "transit.keyName", "is required"},
      {j, "keyName: k8s-prod", "keyName: k8s/prod", "transit.keyName", "letters"},
      {j, "keyName: k8s-prod", "keyName: .k8s", "transit.keyName", "both ends"},
      {j, "keyName: k8s-prod", "keyName: k8s-", "transit.keyName", "both ends"},
      {j, "keyName: k8s-prod", "keyName: \"k\\u00e9y\"", "transit.keyName", "letters"},
      {j, "    providerName: openbao-kms\n", "", "transit.keyIdScope.providerName", "is required"},
      {j, "    clusterId: prod-eu-1\n", "", "transit.keyIdScope.clusterId", "is required"},
      {j, "    transitMountId: transit-prod\n", "", "transit.keyIdScope.transitMountId",
       "is required"},
      {j, "\"3f1c9a7e5b2d4860\"", "''", "transit.keyIdScope.keyLineageId", "is required"},
      {j, "\"3f1c9a7e5b2d4860\"", "5031496", "transit.keyIdScope.keyLineageId", "quote it"},
      {j, "clusterId: prod-eu-1", "clusterId: \"prod\\0\"", "transit.keyIdScope.clusterId",
       "control"},
      {j, "transit:\n", "transit:\n  coalesce: \"true\"\n", "transit.coalesce", "without quotes"},
      {j, "transit:\n", "transit:\n  coalesce: yes\n", "transit.coalesce", "true or false"},

      {j, "graceTimeout: 60s", "graceTimeout: -1s", "bootstrap.graceTimeout", "0s or more"},
      {j, "retryInterval: 5s", "retryInterval: 0s", "bootstrap.retryInterval", "above 0s"},
      {j, "probeInterval: 30s", "probeInterval: 0s", "status.probeInterval", "above 0s"},
      {j, "probeInterval: 30s", "probeInterval: 2m", "status.probeInterval", "shorter"},
      {j, "deepProbeInterval: 5m", "deepProbeInterval: 0s", "status.deepProbeInterval", "above 0s"},
      {j, "statusMaxStaleness: 2m", "statusMaxStaleness: 30s", "status.probeInterval", "shorter"},
      {j, "/var/lib/openbao-kms/state/key-registry.json", "state.json", "state.path", "absolute"},
      {j, "/var/lib/openbao-kms/state/key-registry.json", "\"\"", "state.path", "is required"},
      {j, "mode: observed", "mode: managed", "rotation.mode", "observed"},
      {j, "activationDelay: 2m", "activationDelay: 0s", "rotation.activationDelay", "above 0s"},
      {j, "Count: 3", "Count: 0", "rotation.requireStableObservationCount", "at least 1"},
      {j, "Rollback: true", "Rollback: 1", "rotation.rejectVersionRollback", "true or false"},
      {j, "level: info", "level: trace", "logging.level", "debug, info, warn, error"},
      {j, "level: info", "level: INFO", "logging.level", "debug, info, warn, error"},
      {j, "format: json", "format: logfmt", "logging.format", "json, text"},
      {j, "ttl: 15m", "ttl: 61m", "logging.debugCorrelation.ttl", "at most 1h"},
      {j, "ttl: 15m", "ttl: -1m", "logging.debugCorrelation.ttl", "0s or more"},
      {j, "incidentId: \"\"", long_incident, "logging.debugCorrelation.incidentId", "at most 64"},
      {j, "transit:\n", "hardening: {seccomp: off}\ntransit:\n", "hardening.seccomp",
       "true or false"},
  };
  return faults;
}

TEST_CASE("Validate: each single fault gives exactly one problem that names its field") {
  for (const Fault& fault : Faults()) {
    CAPTURE(std::string(fault.from));
    CAPTURE(std::string(fault.to));
    const auto loaded = Load(Replaced(fault.sample, fault.from, fault.to));
    REQUIRE_FALSE(loaded.has_value());
    INFO(FormatProblems(loaded.error()));
    REQUIRE(loaded.error().size() == 1);
    CHECK(loaded.error()[0].field == fault.field);
    CHECK_MESSAGE(loaded.error()[0].message.find(fault.message) != std::string::npos,
                  loaded.error()[0].message);
  }
}

TEST_CASE("Validate: what stands at the edge of a rule is accepted") {
  struct Edge {
    std::string_view sample;
    std::string_view from;
    std::string_view to;
  };
  const std::string socket = "/run/openbao-kms/" + std::string(90, 'a');  // 107 bytes
  const std::string agent = "unix:///run/" + std::string(102, 'a');       // 107 bytes
  const std::string incident = "incidentId: " + std::string(64, 'i');
  for (const Edge& edge : std::vector<Edge>{
           {kJwtFileSample, "/run/openbao-kms/kms.sock", socket},
           {kJwtFileSample, "/run/openbao-kms/kms.sock", "/run/openbao-kms/a/b/kms.sock"},
           {kJwtFileSample, "\"0660\"", "\"660\""},
           {kJwtFileSample, "\"0660\"", "'0600'"},
           {kJwtFileSample, "openbao-kms-socket", "\"0\""},
           {kJwtFileSample, "metricsAddress: 127.0.0.1:8081", "metricsAddress: \"[::1]:8081\""},
           {kJwtFileSample, "metricsAddress: 127.0.0.1:8081", "metricsAddress: ':9'"},
           {kJwtFileSample, "metricsAddress: 127.0.0.1:8081", "metricsAddress: ''"},
           {kJwtFileSample, "metricsAddress: 127.0.0.1:8081", "metricsAddress: \"[::1]:8082\""},
           {kJwtFileSample, "metricsAddress: 127.0.0.1:8081", "metricsAddress: 127.0.0.2:8082"},
           {kJwtFileSample, "timeout: 2s", "failoverAddresses: [https://b, \"https://b:8443\"]"},
           {kJwtFileSample, "timeout: 2s", "failoverAddresses: [https://b/one, https://b/two]"},
           {kJwtFileSample, "timeout: 2s",
            "failoverAddresses: [\"https://[fd00::1]\", \"https://[fd00::2]\"]"},
           {kJwtFileSample, "Status: 16", "Status: 1"},
           {kJwtFileSample, "Status: 16", "Status: 1024"},
           {kJwtFileSample, "https://openbao.example.internal:8200", "HTTPS://bao"},
           {kJwtFileSample, "https://openbao.example.internal:8200", "https://[::1]:8200/"},
           {kJwtFileSample, "  namespace: platform/kms\n", ""},
           {kJwtFileSample, "platform/kms", "\"\""},
           {kJwtFileSample, "timeout: 2s", "timeout: 1ns"},
           {kJwtFileSample, "timeout: 2s", "timeout: '1.5s'"},
           {kJwtFileSample, "instanceId: bao-prod-1", "instanceId: \"2026-01-31\""},
           {kJwtFileSample, "instanceId: bao-prod-1", "instanceId: b\xC3\xA4r in the middle"},
           {kJwtFileSample, "loginBeforeTokenExpiry: 5m", "loginBeforeTokenExpiry: 59m59s"},
           {kJwtFileSample, "    source: file\n", ""},
           {kJwtFileSample, "clockSkewLeeway: 30s", "clockSkewLeeway: 0s"},
           {kJwtFileSample, "keyName: k8s-prod", "keyName: k"},
           {kJwtFileSample, "graceTimeout: 60s", "graceTimeout: 0s"},
           {kJwtFileSample, "probeInterval: 30s", "probeInterval: 119s"},
           {kJwtFileSample, "Count: 3", "Count: 1"},
           {kJwtFileSample, "ttl: 15m", "ttl: 1h"},
           {kJwtFileSample, "incidentId: \"\"", incident},
           {kJwtFileSample, "transit:\n", "hardening:\ntransit:\n"},
           {kPkcs11Sample, "maxSessions: 4", "maxSessions: 2"},
           {kPkcs11Sample, "    name: kms-node\n", ""},
           {kPkcs11Sample, "tokenLabel: kms token", "tokenSerial: '0123456789abcdef'"},
           {kPkcs11Sample, "tokenLabel: kms token", "tokenSerial: 1-a\n      tokenLabel: kms"},
           {kJwtSpiffeSample, "unix:///run/spire/agent.sock", agent},
           {kCertSpiffeSample, "unix:///run/spire/agent.sock", agent},
           {kOauth2Sample, "      authMethod: client_secret_post\n", ""},
       }) {
    CAPTURE(std::string(edge.to));
    const auto loaded = Load(Replaced(edge.sample, edge.from, edge.to));
    if (!loaded) FAIL_CHECK(FormatProblems(loaded.error()));
  }
}

TEST_CASE("Validate: every duration has a lower and an upper bound") {
  struct Bounds {
    std::string_view field;
    std::string_view too_short;
    std::string_view shortest;
    std::string_view longest;
    std::string_view too_long;
  };
  const std::vector<Bounds> table{
      {"openbao.timeout", "0s", "1ns", "24h", "24h1ns"},
      {"auth.loginBeforeTokenExpiry", "0s", "1ns", "8760h", "8760h1ns"},
      {"auth.tokenRenewalIncrement", "0s", "1ns", "8760h", "8760h1ns"},
      {"auth.loginTimeout", "-1ns", "0s", "24h", "24h1ns"},
      {"auth.jwt.minRemainingTtl", "0s", "1ns", "8760h", "8760h1ns"},
      {"auth.jwt.clockSkewLeeway", "-1ns", "0s", "24h", "24h1ns"},
      {"auth.cert.minRemainingTtl", "0s", "1ns", "8760h", "8760h1ns"},
      {"auth.cert.clockSkewLeeway", "-1ns", "0s", "24h", "24h1ns"},
      {"bootstrap.graceTimeout", "-1ns", "0s", "24h", "24h1ns"},
      {"bootstrap.retryInterval", "0s", "1ns", "8760h", "8760h1ns"},
      {"status.probeInterval", "0s", "1ns", "8760h", "8760h1ns"},
      {"status.deepProbeInterval", "0s", "1ns", "8760h", "8760h1ns"},
      {"status.statusMaxStaleness", "0s", "1ns", "8760h", "8760h1ns"},
      {"rotation.activationDelay", "0s", "1ns", "8760h", "8760h1ns"},
      {"logging.debugCorrelation.ttl", "-1ns", "0s", "1h", "1h1ns"},
  };
  const auto complaint = [](const Field& field, std::string_view text) {
    Draft draft = DecodeDocument("{}");
    draft.value.auth.method = field.branch == Branch::kCert ? baokms::core::AuthMethod::kCert
                                                            : baokms::core::AuthMethod::kJwt;
    REQUIRE_FALSE(AssignText(field, text, draft.value).has_value());
    ValidateFields(AllSources(), draft);
    std::string message;
    for (const ConfigProblem& problem : draft.problems) {
      if (problem.field == field.name) message = problem.message;
    }
    return message;
  };
  std::size_t durations = 0;
  for (const Field& field : Fields()) {
    if (!std::holds_alternative<DurationSlot>(field.slot)) continue;
    ++durations;
    CAPTURE(std::string(field.name));
    const auto bounds = std::ranges::find(table, field.name, &Bounds::field);
    REQUIRE(bounds != table.end());
    CHECK(complaint(field, bounds->shortest).empty());
    CHECK(complaint(field, bounds->longest).empty());
    CHECK(complaint(field, bounds->too_short) == "must be " + DescribeRule(field));
    CHECK(complaint(field, bounds->too_long) == "must be " + DescribeRule(field));
    CHECK(complaint(field, "2562047h") == "must be " + DescribeRule(field));
    // The reference names both bounds.
    CHECK(DescribeRule(field).ends_with(", at most " + std::string(bounds->longest)));
  }
  CHECK(durations == table.size());
}

TEST_CASE("Validate: listeners may share port 0 but no fixed port") {
  const auto both_zero = Replaced(Replaced(kJwtFileSample, "127.0.0.1:8081", "127.0.0.1:0"),
                                  "127.0.0.1:8082", "127.0.0.1:0");
  CHECK(Load(both_zero).has_value());
  const auto two_families = Replaced(Replaced(kJwtFileSample, "127.0.0.1:8081", "0.0.0.0:8081"),
                                     "127.0.0.1:8082", "[::1]:8081");
  CHECK(Load(two_families).has_value());
}

TEST_CASE("Validate: listeners are compared by what their addresses mean") {
  const auto clash = [](std::string_view metrics, std::string_view health) {
    return !Load(Replaced(Replaced(kJwtFileSample, "metricsAddress: 127.0.0.1:8081",
                                   "metricsAddress: '" + std::string(metrics) + "'"),
                          "healthAddress: \"127.0.0.1:8082\"",
                          "healthAddress: '" + std::string(health) + "'"))
                .has_value();
  };
  const std::pair<std::string_view, std::string_view> same[] = {
      {"[::1]:8081", "localhost:8081"},      {"[0:0:0:0:0:0:0:1]:8081", "[::1]:8081"},
      {"node-1:8081", "NODE-1.:8081"},       {"[FD00::1]:8081", "[fd00:0::1]:8081"},
      {"[0:0::0]:8081", "[fd00::1]:8081"},   {"0.0.0.0:8081", "[::ffff:10.0.0.1]:8081"},
      {"[::]:8081", "0.0.0.0:8081"},         {"[::ffff:0.0.0.0]:8081", "127.0.0.1:8081"},
      {"127.0.0.1:8081", "127.0.0.1:08081"}, {":8081", "node-1:8081"}};
  const std::pair<std::string_view, std::string_view> different[] = {
      {"127.0.0.1:8081", "127.0.0.2:8081"}, {"[::1]:8081", "127.0.0.1:8081"},
      {"0.0.0.0:8081", "[::1]:8081"},       {"node-1:8081", "node-2:8081"},
      {"[::1]:8081", "[::2]:8081"},         {"[::]:8081", "[::]:8082"}};
  for (const auto& [a, b] : same) CHECK_MESSAGE((clash(a, b) && clash(b, a)), std::string(a));
  for (const auto& [a, b] : different) {
    CHECK_MESSAGE((!clash(a, b) && !clash(b, a)), std::string(a));
  }
}

TEST_CASE("Validate: a socket elsewhere needs its directory allowed") {
  const auto text = Replaced(kJwtFileSample, "/run/openbao-kms/kms.sock", "/tmp/kms/s/kms.sock");
  auto options = AllSources();
  CHECK_FALSE(Load(text, options).has_value());
  for (const char* wrong :
       {"/tmp/km", "/tmp/kms/s/kms.sock", "tmp/kms", "", "/tmp/other", "/tmp/kms/x/../s"}) {
    CAPTURE(wrong);
    options.allowed_socket_parents = {wrong};
    CHECK_FALSE(Load(text, options).has_value());
  }
  for (const char* right : {"/tmp/kms/s", "/tmp/kms/s/", "/tmp/kms", "/", "/tmp//kms///s",
                            "/tmp/./kms", "//tmp/kms/s/."}) {
    CAPTURE(right);
    options.allowed_socket_parents = {"/elsewhere", right};
    CHECK(Load(text, options).has_value());
  }
}

TEST_CASE("Validate: debug correlation needs level debug, request ids, an incident and a ttl") {
  const auto enabled =
      Replaced(Replaced(kJwtFileSample, "enabled: false", "enabled: true"), "ttl: 15m", "ttl: 0s");
  const auto text = Replaced(enabled, "logOpenBaoRequestIDs: true", "logOpenBaoRequestIDs: false");
  const auto loaded = Load(text);
  REQUIRE_FALSE(loaded.has_value());
  REQUIRE(loaded.error().size() == 4);
  CHECK(loaded.error()[0].field == "logging.level");
  CHECK(loaded.error()[1].field == "logging.logOpenBaoRequestIDs");
  CHECK(loaded.error()[2].field == "logging.debugCorrelation.incidentId");
  CHECK(loaded.error()[3].field == "logging.debugCorrelation.ttl");
  const auto good = Replaced(Replaced(Replaced(kJwtFileSample, "enabled: false", "enabled: true"),
                                      "level: info", "level: debug"),
                             "incidentId: \"\"", "incidentId: INC-1");
  CHECK(Load(good).has_value());
}

TEST_CASE("Validate: a source outside this build is refused and names its build option") {
  auto options = AllSources();
  const auto problem = [&](std::string_view sample) {
    const auto loaded = Load(sample, options);
    REQUIRE_FALSE(loaded.has_value());
    REQUIRE(loaded.error().size() == 1);
    return loaded.error()[0];
  };
  options.sources = AvailableSources{};
  CHECK(Load(kJwtFileSample, options).has_value());
  CHECK(Load(kOauth2Sample, options).has_value());
  CHECK(problem(kPkcs11Sample).field == "auth.cert.source");
  CHECK(problem(kPkcs11Sample).line == LineOf(kPkcs11Sample, "source: pkcs11"));
  CHECK(problem(kPkcs11Sample).message.find("BAOKMS_WITH_PKCS11") != std::string::npos);
  CHECK(problem(kCertSpiffeSample).field == "auth.cert.source");
  CHECK(problem(kCertSpiffeSample).message.find("BAOKMS_WITH_SPIFFE") != std::string::npos);
  CHECK(problem(kJwtSpiffeSample).field == "auth.jwt.source");
  CHECK(problem(kJwtSpiffeSample).message.find("BAOKMS_WITH_SPIFFE") != std::string::npos);
}

TEST_CASE("Validate: fields of a login that was not chosen are neither required nor judged") {
  const auto text = Replaced(kPkcs11Sample, "  cert:\n", "  jwt: {mountPath: jwt}\n  cert:\n");
  CHECK(Load(text).has_value());
}

}  // namespace
