// What `init` was asked for on the command line (reports-and-labels.md, "Commands and flags").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/init/installation.h"

namespace baokms::app {

struct InitRequest {
  std::string values_file = {};
  std::string out_directory = {};
  DeploymentModel model = DeploymentModel::kSystemd;
  bool new_key = false;
  std::string policy_name = {};  // empty: openbao-kms-<clusterId>
  std::string image = {};        // empty: not given
  std::uint32_t socket_gid = 0;  // 0: not given
  std::vector<std::string> allowed_socket_parents = {};
};

// Empty, or what is wrong with a flag's value.
std::string CheckPolicyName(std::string_view name);
std::string CheckImage(std::string_view image);

// Empty, or which flags do not go with the model.
std::string CheckModelFlags(const InitRequest& request);

}  // namespace baokms::app
