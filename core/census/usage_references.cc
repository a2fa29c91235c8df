#include "core/census/usage_references.h"

#include "core/census/stored_resource.h"

namespace baokms::core {

CensusEvidence ReferencesIn(const UsageReport& report, std::string_view provider_name) {
  CensusEvidence evidence{
      .references = {}, .keys_scanned = report.keys_scanned, .malformed = report.malformed};
  for (const UsageGroup& group : report.encrypted) {
    if (group.key_id_hash == kOtherResource) {
      evidence.complete = false;
    } else if (group.provider_name == provider_name) {
      evidence.references.push_back(
          {.key_id_hash = group.key_id_hash, .resource = group.resource, .objects = group.objects});
    }
  }
  return evidence;
}

}  // namespace baokms::core
