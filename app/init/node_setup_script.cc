#include "app/init/node_setup_script.h"

#include <string_view>

#include "app/build_info.h"
#include "app/init/shell_quoted.h"

namespace baokms::app {

extern const std::string_view kNodeSetupBody;  // node_setup.sh

namespace {

// What a node brings besides the bundle.
struct NodeFiles {
  std::string credential;  // empty: a SPIFFE agent gives it
  std::string_view credential_kind = "SECRET";
  std::string pin;
  std::string issuer_ca;
};

NodeFiles FilesOf(const core::AuthConfiguration& auth) {
  if (auth.method == core::AuthMethod::kCert) {
    if (auth.cert.source != core::CertSource::kPkcs11) return {};
    // No secret, but the provider refuses it when others may read it.
    return {.credential = auth.cert.pkcs11.certificate_file,
            .credential_kind = "CHAIN",
            .pin = auth.cert.pkcs11.pin_file,
            .issuer_ca = {}};
  }
  switch (auth.jwt.source) {
    case core::JwtSource::kFile:
      return {.credential = auth.jwt.jwt_file, .pin = {}, .issuer_ca = {}};
    case core::JwtSource::kOauth2:
      return {.credential = auth.jwt.oauth2.client_secret_file,
              .pin = {},
              .issuer_ca = auth.jwt.oauth2.ca_cert_file};
    case core::JwtSource::kSpiffe:
      return {};
  }
  return {};
}

// Whom `start` asks as: nobody, or a peer that server.allowedPeers lets in.
struct Caller {
  std::string uid = "65534";
  std::string gid;  // empty: the socket's group
};

Caller ProbeCaller(const core::AllowedPeers& peers) {
  Caller caller;
  if (!peers.uids.empty()) {
    caller.uid = std::to_string(peers.uids.front());
  } else if (!peers.gids.empty()) {
    caller.gid = std::to_string(peers.gids.front());
  }
  return caller;
}

}  // namespace

std::string NodeSetupScript(const Installation& installation) {
  const core::Configuration& configuration = installation.configuration;
  const NodeFiles files = FilesOf(configuration.auth);
  const Caller caller = ProbeCaller(configuration.server.allowed_peers);
  const std::string_view user = RuntimeUser(installation.model);
  // -p: no BASH_ENV, no functions and no shell options of the caller.
  return "#!/bin/bash -p\n# Installs bao-kms-provider on a node; see --help. Written by "
         "bao-kms-provider " +
         std::string(kVersion) + " init.\n" +  //
         ShellAssignment("model", Name(installation.model)) +
         ShellAssignment("fingerprint", installation.identity_fingerprint) +
         ShellAssignment("runtime_user", user.substr(0, user.find(':'))) +
         ShellAssignment("socket_group", configuration.server.socket_group) +
         ShellAssignment("socket_path", configuration.server.socket_path) +
         ShellAssignment("state_file", configuration.state.path) +
         ShellAssignment("ca_file", configuration.openbao.ca_cert_file) +
         ShellAssignment("issuer_ca_file", files.issuer_ca) +
         ShellAssignment("credential_file", files.credential) +
         ShellAssignment("credential_kind", files.credential_kind) +
         ShellAssignment("pin_file", files.pin) + ShellAssignment("probe_uid", caller.uid) +
         ShellAssignment("probe_gid", caller.gid) + "\n" + std::string(kNodeSetupBody);
}

}  // namespace baokms::app
