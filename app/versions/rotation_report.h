// `rotation-plan` and `verify-rotation` (reports-and-labels.md): the local state beside live
// metadata, judged by the rules that `serve` observes by. Pure.
#pragma once

#include <string_view>

#include "app/openbao/live_key.h"
#include "app/reports/report.h"
#include "core/model/time.h"
#include "core/registry/registry_opening.h"
#include "core/rotation/rotation.h"

namespace baokms::app {

struct RotationFacts {
  std::string_view name;  // of the command
  const core::Registry::Identity& identity;
  const core::RegistryFiles& files;
  const LiveKey& key;
  core::RotationPolicy policy;
  core::Duration activation_delay{};
  core::UnixSeconds wall = 0;  // now
};

struct RotationReport {
  Report report;
  // Why the command ends with exit 4; empty: all is well.
  std::string problem;
};

RotationReport ReportRotation(const RotationFacts& facts);
// The same with its confidence and what the command cannot know.
RotationReport ReportVerification(const RotationFacts& facts);

}  // namespace baokms::app
