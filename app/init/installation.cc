#include "app/init/installation.h"

namespace baokms::app {

std::string_view Name(DeploymentModel model) {
  return model == DeploymentModel::kSystemd ? "systemd" : "static-pod";
}

std::string_view RuntimeUser(DeploymentModel model) {
  return model == DeploymentModel::kSystemd ? "openbao-kms" : "65532:65532";
}

}  // namespace baokms::app
