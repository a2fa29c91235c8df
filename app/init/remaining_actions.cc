#include "app/init/remaining_actions.h"

namespace baokms::app {
namespace {

std::string SetUpOpenBao(const Installation& installation) {
  const core::AuthConfiguration& auth = installation.configuration.auth;
  std::string options;
  if (auth.method == core::AuthMethod::kJwt) {
    options =
        "with --jwt-public-key FILE, --jwks-url URL or --oidc-discovery-url URL for the issuer of "
        "the JWTs";
  } else if (auth.cert.source == core::CertSource::kPkcs11) {
    options = "with --client-ca FILE and --allowed-common-name NAME for each node";
  } else {
    options = "with --client-ca FILE, the authorities of the SPIFFE trust domain";
  }
  return "In OpenBao, as an administrator: ./openbao-setup.sh all " + options +
         ". You can run it again; it does not change what already exists.";
}

std::string BringToNodes(const Installation& installation) {
  const core::AuthConfiguration& auth = installation.configuration.auth;
  std::string bring = ", OpenBao's CA certificates";
  std::string flags = " --ca FILE";
  if (auth.method == core::AuthMethod::kCert) {
    if (auth.cert.source == core::CertSource::kPkcs11) {
      bring += ", the node's certificate chain and the PIN of its token";
      flags += " --credential FILE --pin FILE";
    }
  } else if (auth.jwt.source == core::JwtSource::kFile) {
    bring += ", the node's JWT";
    flags += " --credential FILE";
  } else if (auth.jwt.source == core::JwtSource::kOauth2) {
    bring += ", the OAuth 2.0 client secret";
    flags += " --credential FILE";
    if (!auth.jwt.oauth2.ca_cert_file.empty()) flags += " --issuer-ca FILE";
  }
  return "On each control-plane node, as root, with this same bundle" + bring +
         ": ./node-setup.sh prepare, then ./node-setup.sh install" + flags + ".";
}

}  // namespace

std::vector<std::string> RemainingActions(const Installation& installation) {
  std::vector<std::string> actions;
  if (installation.new_key) {
    actions.emplace_back(
        "Keep installation.json: keyLineageId was generated for this bundle. For another bundle of "
        "the same cluster, write it into the values file and omit --new-key.");
  }
  actions.push_back(SetUpOpenBao(installation));
  actions.push_back(BringToNodes(installation));
  actions.emplace_back(
      "On each node, as root: ./node-setup.sh check, then ./node-setup.sh start. Continue when "
      "`bao-kms-provider probe` prints the same key_id on every node.");
  actions.emplace_back(
      "On each node in turn: give kube-apiserver encryption-config-readers.yaml as "
      "--encryption-provider-config (and access to the socket's directory and group), and wait "
      "until it is ready.");
  actions.emplace_back(
      "When every API server runs with that file, on each node in turn: replace it with "
      "encryption-config.yaml and wait until kube-apiserver is ready again.");
  actions.emplace_back(
      "Rewrite every Secret, so that none stays in plaintext: kubectl get secrets --all-namespaces "
      "-o json | kubectl replace -f -");
  actions.emplace_back(
      "When `bao-kms-provider key-usage` lists no Secret in plaintext, you may replace the file by "
      "encryption-config-without-identity.yaml on each node: plaintext is then refused.");
  actions.emplace_back(
      "Back up OpenBao, including the Transit key: without the key, encrypted data is lost.");
  return actions;
}

}  // namespace baokms::app
