// One reading of what Transit says of the key: its metadata, then the mount's disable_upsert
// (registry-and-rotation.md, "Probes and Status cache").
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "core/model/error.h"
#include "core/model/readiness.h"
#include "core/model/transit_key_metadata.h"
#include "ports/token_source.h"
#include "ports/transit.h"

namespace baokms::core {

struct MetadataRead {
  TransitKeyMetadata metadata;
  bool disable_upsert = false;
};
struct MetadataReadFailed {
  Reason reason;  // kMetadataReadFailed or kUpsertCheckFailed
  Error error;
};
using MetadataOutcome = std::variant<MetadataRead, MetadataReadFailed>;

// Any thread, never blocks; `done` is called exactly once, at the latest at the deadline.
std::unique_ptr<ports::PendingCall> ReadTransitMetadata(
    ports::TokenSource& tokens, ports::TransitPort& transit, MonotonicTime deadline,
    std::move_only_function<void(MetadataOutcome)> done);

}  // namespace baokms::core
