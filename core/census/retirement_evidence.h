// What a census proves about retiring recorded versions: which ones nothing in etcd refers to, and
// which of those may go (reports-and-labels.md, "key-usage"). Pure.
#pragma once

#include <optional>
#include <vector>

#include "core/census/key_census.h"
#include "core/model/key_snapshot.h"
#include "core/model/transit_key_version.h"
#include "core/registry/registry.h"

namespace baokms::core {

// Every list is by ascending version.
struct RetirementEvidence {
  // Without a reference in etcd, whatever their state; the active version never is among them.
  std::vector<KeySnapshot> unreferenced;
  // Active, pending or referred to: `retire-versions --before-version` may go up to here.
  TransitKeyVersion lowest_needed;
  // Unreferenced retired versions: those that such a retirement removes, all of them below
  // `lowest_needed`, and those above it, which have to wait until nothing needs that one.
  std::vector<TransitKeyVersion> removable;
  std::vector<TransitKeyVersion> waiting;
};

// `census` was taken with every key_id of `registry`. None: no object refers to any recorded
// version. Such an etcd is as likely another cluster's, or was read below the wrong prefix, and
// proves nothing.
std::optional<RetirementEvidence> WeighRetirement(const KeyCensus& census,
                                                  const Registry& registry);

// By ascending version.
std::vector<KeySnapshot> RecordedVersions(const Registry& registry);

}  // namespace baokms::core
