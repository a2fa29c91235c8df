// What a report of `key-usage` says to a state that is made anew: which key_ids etcd refers to
// under one provider's name (registry-and-rotation.md, "Recovery"). Pure.
#pragma once

#include <string_view>

#include "core/census/usage_report.h"
#include "core/registry/rebuild.h"

namespace baokms::core {

// Not complete: a list of the report was full, and further key_ids have no name in it.
CensusEvidence ReferencesIn(const UsageReport& report, std::string_view provider_name);

}  // namespace baokms::core
