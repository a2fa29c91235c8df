// A state made anew: on a node that lost it, or for a key that is rotated when a provider first
// meets it (registry-and-rotation.md, "Recovery"). A key_id is derived from the configuration and
// from what OpenBao lists alone, so every listed version can be recorded as it was. What other
// nodes and etcd show is proof that it is the same key. Pure: the caller holds the writer lock,
// reads, saves and reports.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/model/registry_document.h"
#include "core/model/transit_key_metadata.h"
#include "core/registry/registry.h"

namespace baokms::core {

// Objects in etcd under this provider's name, as a report of key-usage names them.
struct CensusReference {
  std::string key_id_hash;  // PublicHash of the key_id
  std::string resource;
  std::uint64_t objects = 0;
};

struct CensusEvidence {
  std::vector<CensusReference> references;
  std::uint64_t keys_scanned = 0;
  std::uint64_t malformed = 0;  // objects that begin like encrypted ones and cannot be read
  bool complete = true;         // false: a list was full, and further key_ids have no name
};

struct RebuildEvidence {
  std::optional<Registry> peer;  // of the same configuration, of whatever age
  std::optional<CensusEvidence> census;
};

enum class RebuildPurpose : std::uint8_t {
  kRecover,  // this provider encrypted under the key: etcd has objects of it
  kAdopt,    // it never did: etcd has none
};

struct RebuildRequest {
  RebuildPurpose purpose = RebuildPurpose::kRecover;
  // That outlived the state: the new state is the generation after it.
  std::optional<CheckpointDocument> checkpoint{};
  UnixSeconds wall = 0;  // now
  // A recovered node encrypts under the latest version at once. By this age of it the other nodes
  // have seen it in a regular probe.
  std::chrono::seconds least_age{0};
};

struct RebuiltVersion {
  KeySnapshot snapshot;
  bool listed = false;        // by OpenBao, with this creation time
  bool on_peer = false;       // in the peer's state
  std::uint64_t objects = 0;  // that the census found under it
};

struct RebuiltState {
  Registry registry;
  std::vector<RebuiltVersion> versions;  // in the registry's order
  // What min_decryption_version hides and no record names, as "1-3, 5"; empty: nothing.
  std::string hidden;
  std::int64_t trimmed_below = 1;  // versions below this one are gone for good
};

enum class RebuildRefusalKind : std::uint8_t {
  kMetadataUnfit,        // the key's settings or its listing of versions cannot be relied on
  kCheckpointUnfit,      // not valid, or no generation is left behind it
  kTooYoung,             // the latest version: peers may not know it yet
  kRecreated,            // OpenBao lists another creation time than the peer recorded
  kVersionRollback,      // OpenBao no longer has a version that the peer recorded
  kRefusedByPeer,        // the peer's state refuses the latest version
  kCensusIncomplete,     // the report does not name every key_id
  kCensusProvesNothing,  // the report saw no key; to recover: no object of this provider
  kAlreadyEncrypts,      // to adopt: etcd has objects of this provider, or that may be
  kIdentityUnproven,     // etcd refers to a key_id that no version gives
  kHiddenByMinimum,      // nothing shows that what a minimum hides is not needed
};

struct RebuildRefusal {
  RebuildRefusalKind kind;
  // What is wrong and what to do, in one line: version numbers, hashes of key_ids, and printable
  // names of resources.
  std::string text;
};

// The latest version is active, because it alone cannot be older than one that this node or a peer
// has announced; every other listed one is retired, and so is what only the peer's state proves.
// What the peer removed stays removed unless etcd refers to it. Records carry no times: nobody
// knows them, and so nodes that recover from the same facts write the same state.
std::expected<RebuiltState, std::vector<RebuildRefusal>> RebuildState(
    const Registry::Identity& identity, const TransitKeyMetadata& metadata,
    const RebuildRequest& request, const RebuildEvidence& evidence);

}  // namespace baokms::core
