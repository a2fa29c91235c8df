// What the files of an installation bundle are made of (reports-and-labels.md, "init").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/configuration.h"

namespace baokms::app {

enum class DeploymentModel : std::uint8_t { kSystemd, kStaticPod };

// Valid once PlanInstallation gave it out: every text is UTF-8 without control characters.
struct Installation {
  DeploymentModel model = DeploymentModel::kSystemd;
  core::Configuration configuration;  // complete and validated
  std::string identity_fingerprint;
  std::string policy_name;
  bool new_key = false;          // the Transit key must not exist before the setup
  std::string image;             // static pod: repository@sha256:...; else empty
  std::uint32_t socket_gid = 0;  // static pod; also the configuration's socket_group. Else 0
};

// Numeric user and group of a static pod.
inline constexpr std::uint32_t kStaticPodId = 65532;

// "systemd" or "static-pod".
std::string_view Name(DeploymentModel model);
// "openbao-kms", or "65532:65532" in a static pod.
std::string_view RuntimeUser(DeploymentModel model);

}  // namespace baokms::app
