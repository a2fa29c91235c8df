// Whether a report of `key-usage` may be used as evidence at all, and whether it proves that
// versions may be retired (registry-and-rotation.md, "Retirement and restoration", "Recovery").
// Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/census/usage_report.h"
#include "core/model/key_snapshot.h"

namespace baokms::core {

// kube-apiserver asks Status once a minute, and goes on writing under the key_id before for three
// minutes when it gets no good answer. Evidence that was taken less than this after a promotion
// does not show what was written meanwhile.
inline constexpr std::chrono::minutes kApiServersHaveFollowed{5};

struct EvidenceTerms {
  UnixSeconds now = 0;
  std::chrono::seconds max_age{0};
  std::string cluster_id;
  std::string provider_name;
  std::string prefix;
  // When the active version became that, or when the state was changed last if that is not
  // recorded, as in one that was made anew; 0: it does not matter.
  UnixSeconds promoted_at = 0;
};

// Why `report` says nothing of this node's etcd as it is now: it is about another cluster, provider
// or prefix, too old, from the future, or from before API servers had followed a promotion. One
// sentence for each, with what to do.
std::vector<std::string> RefuseOrigin(const UsageReport& report, const EvidenceTerms& terms);

// Why `report` does not prove that nothing needs `removed`: every reason is a sentence about one
// thing, with what to do. Empty: it does.
std::vector<std::string> RefuseEvidence(const UsageReport& report, const EvidenceTerms& terms,
                                        const std::vector<KeySnapshot>& removed);

}  // namespace baokms::core
