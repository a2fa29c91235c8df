// The first registry of a node: for an unrotated key alone (registry-and-rotation.md, "Bootstrap").
#pragma once

#include <expected>
#include <string>

#include "core/model/readiness.h"
#include "core/model/transit_key_metadata.h"
#include "core/registry/registry.h"

namespace baokms::core {

struct BootstrapRefusal {
  Reason reason = Reason::kStateUnavailable;
  // For a person, for instance "latest_version=2"; empty when `reason` says it all.
  std::string why;
};

std::expected<Registry, BootstrapRefusal> Bootstrap(const Registry::Identity& identity,
                                                    const TransitKeyMetadata& metadata,
                                                    UnixSeconds wall);

}  // namespace baokms::core
