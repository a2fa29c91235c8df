// Whether a report of `key-usage` proves that versions may be retired (reports-and-labels.md,
// "retire-versions"). Pure.
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
  UnixSeconds promoted_at = 0;  // of the active version; 0: unknown
};

// Why `report` does not prove that nothing needs `removed`: every reason is a sentence about one
// thing, with what to do. Empty: it does.
std::vector<std::string> RefuseEvidence(const UsageReport& report, const EvidenceTerms& terms,
                                        const std::vector<KeySnapshot>& removed);

}  // namespace baokms::core
