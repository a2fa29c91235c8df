#include "app/key_usage/key_usage_facts.h"

namespace baokms::app {

using core::KeySnapshot;
using core::RetirementEvidence;

std::vector<KeySnapshot> Recorded(const KeyUsageFacts& facts) {
  return facts.state ? core::RecordedVersions(*facts.state) : std::vector<KeySnapshot>();
}

std::optional<RetirementEvidence> Evidence(const KeyUsageFacts& facts) {
  if (!facts.state) return std::nullopt;
  return core::WeighRetirement(facts.census, *facts.state);
}

std::optional<std::int64_t> VersionOf(const KeyUsageFacts& facts, const std::string& key_id) {
  for (const KeySnapshot& version : Recorded(facts)) {
    if (version.key_id.str() == key_id) return version.version.number();
  }
  return std::nullopt;
}

std::string WhyNoEvidence(const KeyUsageFacts& facts) {
  if (!facts.state) {
    return "The local state gives no versions, so none can be called unreferenced: " +
           facts.state.error();
  }
  return "No object refers to any recorded version, so none is called unreferenced: check that "
         "this is the cluster's etcd and that --prefix is kube-apiserver's --etcd-prefix.";
}

UsageFindings FindingsOf(const KeyUsageFacts& facts) {
  return WhatShouldNotBeThere(facts.census, facts.provider_name, facts.state, facts.rules);
}

}  // namespace baokms::app
