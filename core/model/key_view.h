// What request handlers see: the keys and the health of one instant, behind one pointer, so that
// version, key_id, annotations and AAD of a reply always belong together (design: one view, never
// two).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model/aad.h"
#include "core/model/annotations.h"
#include "core/model/error.h"
#include "core/model/key_snapshot.h"
#include "core/model/readiness.h"
#include "core/model/time.h"

namespace baokms::core {

// One version with everything that requests need of it, computed once.
struct KeyEntry {
  KeySnapshot snapshot;
  std::string key_id_hash;
  std::shared_ptr<const Aad> aad;
  std::shared_ptr<const Annotations> annotations;
};

// The keys of one registry generation.
struct KeySet {
  std::shared_ptr<const KeyEntry> active;
  std::shared_ptr<const KeyEntry> pending;                                          // null: none
  std::map<std::string, std::shared_ptr<const KeyEntry>, std::less<>> decryptable;  // by key_id
  std::set<std::string, std::less<>> refused;  // key_ids recorded as removed or rejected
};

struct KeyView {
  std::shared_ptr<const KeySet> keys;  // null: no registry state yet
  // Empty when the last probe of its kind was good.
  std::optional<Reason> metadata_reason = Reason::kMetadataUnverified;
  std::optional<Reason> deep_reason = Reason::kDeepProbePending;
  std::optional<ErrorClass> metadata_error;
  std::optional<ErrorClass> deep_error;
  bool encryption_blocked = false;
  bool breaker_open = false;
  bool persistence_degraded = false;
  // Retired versions that OpenBao no longer decrypts, ascending: Status stays healthy.
  std::vector<TransitKeyVersion> undecryptable{};
  // When the last good metadata probe ended.
  std::optional<BootTime> verified_at;
  Duration max_staleness{};
  // When the pending version becomes active if every probe until then is good; none without one.
  std::optional<MonotonicTime> earliest_promotion{};
};

}  // namespace baokms::core
