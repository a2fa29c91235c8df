// What `doctor` and `verify-key` say of the recorded versions beside live metadata, judged by the
// rules that `serve` observes by (reports-and-labels.md). Pure.
#pragma once

#include "app/checks/check_report.h"
#include "core/model/time.h"
#include "core/model/transit_key_metadata.h"
#include "core/registry/recorded_identity.h"
#include "core/registry/registry.h"
#include "core/registry/registry_recovery.h"
#include "core/rotation/rotation.h"

namespace baokms::app {

struct RecordedVersions {
  const core::Registry& registry;
  core::CheckpointStatus checkpoint;
  const core::TransitKeyMetadata& metadata;  // of a good profile
  const core::CreationTimes& times;          // of the same metadata
  core::RotationPolicy policy;
  core::UnixSeconds wall = 0;  // now
};

// `registry.state`: the files, and versions that are gone.
CheckResult JudgeState(const RecordedVersions& recorded);

// `transit.version_restrictions`: versions that the key's minima forbid.
CheckResult JudgeRestrictions(const RecordedVersions& recorded);

}  // namespace baokms::app
