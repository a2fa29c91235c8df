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
         ". It can be run again and changes nothing that is there already.";
}

std::string BringToNodes(const Installation& installation) {
  const core::AuthConfiguration& auth = installation.configuration.auth;
  std::string bring = "OpenBao's CA certificates";
  if (auth.method == core::AuthMethod::kJwt) {
    if (auth.jwt.source == core::JwtSource::kFile) bring += ", the node's own JWT";
    if (auth.jwt.source == core::JwtSource::kOauth2) bring += ", the OAuth 2.0 client secret";
  } else if (auth.cert.source == core::CertSource::kPkcs11) {
    bring += ", the node's certificate chain and the PIN of its token";
  }
  return "Bring this bundle to every control-plane node, the same one to each, with " + bring +
         "; put the files where config.yaml names them (node-setup.sh install helps).";
}

}  // namespace

std::vector<std::string> RemainingActions(const Installation& installation) {
  std::vector<std::string> actions;
  if (installation.new_key) {
    actions.emplace_back(
        "Keep installation.json: keyLineageId was made for this bundle. For another bundle of the "
        "same cluster write it into the values file and leave --new-key out.");
  }
  actions.push_back(SetUpOpenBao(installation));
  actions.push_back(BringToNodes(installation));
  actions.emplace_back(
      "On each node as root: ./node-setup.sh prepare, then install, then check, then start. Go on "
      "when every node's provider answers `bao-kms-provider probe` with the same key_id.");
  actions.emplace_back(
      "On each node in turn: give kube-apiserver encryption-config-readers.yaml as "
      "--encryption-provider-config (and the socket's directory and group), and wait until it is "
      "ready.");
  actions.emplace_back(
      "When every API server runs with that file, on each node in turn: put encryption-config.yaml "
      "in its place and wait until kube-apiserver is ready again.");
  actions.emplace_back(
      "Write every Secret again, so that none stays in plaintext: kubectl get secrets "
      "--all-namespaces -o json | kubectl replace -f -");
  actions.emplace_back(
      "Take a backup of OpenBao that holds the Transit key: without the key what is encrypted is "
      "lost.");
  return actions;
}

}  // namespace baokms::app
