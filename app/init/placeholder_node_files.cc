// Stands in for node_setup_script.cc and static_pod_manifest.cc, which replace this file.
#include "app/init/node_setup_script.h"
#include "app/init/static_pod_manifest.h"

namespace baokms::app {

std::string NodeSetupScript(const Installation&) {
  return "#!/usr/bin/env bash\necho 'node-setup.sh: not in this build' >&2\nexit 1\n";
}

std::string StaticPodManifest(const Installation&) { return "apiVersion: v1\nkind: Pod\n"; }

}  // namespace baokms::app
