// bao-kms-provider.yaml: the static pod (security-and-deployment.md, "Static pod").
#pragma once

#include <string>

#include "app/init/installation.h"

namespace baokms::app {

// Of a DeploymentModel::kStaticPod alone.
std::string StaticPodManifest(const Installation& installation);

}  // namespace baokms::app
