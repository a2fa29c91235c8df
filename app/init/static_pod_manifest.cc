#include "app/init/static_pod_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "adapters/config_yaml/canonical_address.h"
#include "adapters/config_yaml/text_rules.h"
#include "app/build_info.h"
#include "app/init/config_file.h"
#include "app/init/yaml_quoted.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

namespace config_yaml = adapters::config_yaml;

constexpr const char* kConfigFile = "/etc/openbao-kms/config.yaml";

struct Mount {
  std::string path;  // the same on the node and in the container
  std::string_view name;
  std::string_view type;
  bool read_only = true;
};

// Of a clean path (plan_installation.cc): one directory has one text.
std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Directories, so that a file which is replaced by rename is seen. Kubernetes takes each path once.
std::vector<Mount> Mounts(const core::Configuration& configuration) {
  std::vector<Mount> mounts = {
      {kConfigFile, "config", "File"},
      {ParentOf(configuration.server.socket_path), "run", "Directory", /*read_only=*/false},
      {ParentOf(configuration.state.path), "state", "Directory", /*read_only=*/false}};
  const auto add = [&mounts](std::string directory, std::string_view name) {
    if (std::ranges::find(mounts, directory, &Mount::path) == mounts.end()) {
      mounts.push_back({std::move(directory), name, "Directory"});
    }
  };
  const core::JwtConfiguration& jwt = configuration.auth.jwt;
  add(ParentOf(configuration.openbao.ca_cert_file), "tls");
  switch (jwt.source) {
    case core::JwtSource::kFile:
      add(ParentOf(jwt.jwt_file), "credentials");
      break;
    case core::JwtSource::kOauth2:
      add(ParentOf(jwt.oauth2.client_secret_file), "credentials");
      if (!jwt.oauth2.ca_cert_file.empty()) add(ParentOf(jwt.oauth2.ca_cert_file), "issuer-tls");
      break;
    case core::JwtSource::kSpiffe:
      add(ParentOf(jwt.spiffe.workload_api_socket.substr(std::string_view("unix://").size())),
          "workload-api");
      break;
  }
  return mounts;
}

// One of the kubelet's questions to the health listener.
std::string Probe(std::string_view name, std::string_view path, const config_yaml::HostPort& health,
                  std::string_view timing) {
  const bool wildcard = config_yaml::IsWildcard(config_yaml::CanonicalHost(health.host));
  return fmt::format(R"(      {}:
        httpGet:
          host: {}
          port: {}
          path: {}
{}        timeoutSeconds: 3
)",
                     name, YamlQuoted(wildcard ? "127.0.0.1" : health.host), health.port, path,
                     timing);
}

std::string Probes(const std::string& address) {
  const auto health = config_yaml::SplitHostPort(address);
  if (!health || health->port == 0) {
    return "      # No probes: server.healthAddress has no port that the kubelet can probe.\n";
  }
  constexpr std::string_view kOften = "        initialDelaySeconds: 5\n        periodSeconds: 10\n";
  return Probe("startupProbe", "/live", *health,
               "        periodSeconds: 5\n        failureThreshold: 24\n") +
         Probe("livenessProbe", "/live", *health, kOften) +
         Probe("readinessProbe", "/ready", *health, kOften);
}

std::string Arguments(const core::ServerConfiguration& server) {
  std::string arguments = std::string("[serve, --config, ") + kConfigFile;
  const std::string directory = ParentOf(server.socket_path);
  const bool usual = (directory + "/").starts_with("/run/openbao-kms/") ||
                     (directory + "/").starts_with("/var/run/openbao-kms/");
  if (!usual) {
    arguments += ", --allow-socket-parent, " + YamlQuoted(directory);
  }
  return arguments + "]";
}

}  // namespace

std::string StaticPodManifest(const Installation& installation) {
  const core::Configuration& configuration = installation.configuration;
  std::string yaml = fmt::format(
      R"(# Static pod of bao-kms-provider, written by bao-kms-provider {version} init. node-setup.sh puts it
# into the kubelet's manifest directory.
apiVersion: v1
kind: Pod
metadata:
  name: bao-kms-provider
  namespace: kube-system
  labels:
    app.kubernetes.io/name: bao-kms-provider
  annotations:
    # A changed configuration changes the manifest, so the kubelet recreates the pod.
    config-hash: {config_hash}
    identity-fingerprint: {fingerprint}
spec:
  hostNetwork: true
  # Use the node's resolver: the cluster's may need the API server, which needs this pod.
  dnsPolicy: Default
  priorityClassName: system-node-critical
  priority: 2000001000
  automountServiceAccountToken: false
  enableServiceLinks: false
  # The provider takes up to 15 s to finish calls in progress.
  terminationGracePeriodSeconds: 30
  securityContext:
    runAsNonRoot: true
    runAsUser: {id}
    runAsGroup: {id}
    supplementalGroups: [{gid}]
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: bao-kms-provider
      image: {image}
      imagePullPolicy: IfNotPresent
      command: [/usr/bin/bao-kms-provider]
      args: {arguments}
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        runAsUser: {id}
        runAsGroup: {id}
        capabilities:
          drop: [ALL]
        seccompProfile:
          type: RuntimeDefault
      # No CPU limit, because the API server would have to wait.
      resources:
        requests:
          cpu: 50m
          memory: 64Mi
        limits:
          memory: 256Mi
{probes}      volumeMounts:
)",
      fmt::arg("version", kVersion),
      fmt::arg("config_hash", YamlQuoted(core::PublicHash(ConfigFile(configuration)))),
      fmt::arg("fingerprint", YamlQuoted(installation.identity_fingerprint)),
      fmt::arg("id", kStaticPodId), fmt::arg("gid", installation.socket_gid),
      fmt::arg("image", YamlQuoted(installation.image)),
      fmt::arg("arguments", Arguments(configuration.server)),
      fmt::arg("probes", Probes(configuration.server.health_address)));
  const std::vector<Mount> mounts = Mounts(configuration);
  for (const Mount& mount : mounts) {
    yaml += fmt::format("        - name: {}\n          mountPath: {}\n          readOnly: {}\n",
                        mount.name, YamlQuoted(mount.path), mount.read_only);
  }
  yaml += "  volumes:\n";
  for (const Mount& mount : mounts) {
    yaml += fmt::format("    - name: {}\n      hostPath:\n        path: {}\n        type: {}\n",
                        mount.name, YamlQuoted(mount.path), mount.type);
  }
  return yaml;
}

}  // namespace baokms::app
