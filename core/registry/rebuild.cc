#include "core/registry/rebuild.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "core/registry/recorded_identity.h"
#include "core/registry/registry_recovery.h"
#include "core/text/printable.h"
#include "core/wire/key_id.h"
#include "core/wire/sha256.h"

namespace baokms::core {
namespace {

constexpr std::string_view kOlderBackup =
    "OpenBao was restored from an older backup: restore a newer one";

std::string Objects(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " object" : " objects");
}

// Counting up to a number that OpenBao says may take for ever: ranges are never counted through.
struct Range {
  std::int64_t first;
  std::int64_t last;
};

std::string Describe(const std::vector<Range>& ranges) {
  std::string text;
  for (const Range& range : ranges) {
    text += (text.empty() ? "" : ", ") + std::to_string(range.first);
    if (range.last > range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

// One key_id that etcd refers to, over all resources.
struct Needed {
  std::uint64_t objects = 0;
  std::string resources;  // "secrets, configmaps"
};

class Rebuilder {
 public:
  Rebuilder(const Registry::Identity& identity, const TransitKeyMetadata& metadata,
            const RebuildRequest& request, const RebuildEvidence& evidence)
      : identity_(identity), metadata_(metadata), request_(request), evidence_(evidence) {}

  std::expected<RebuiltState, std::vector<RebuildRefusal>> Run() {
    auto times = RelyOn(metadata_);
    if (!times) {
      Refuse(Kind::kMetadataUnfit, std::move(times.error()));
      return std::unexpected(refusals_);
    }
    times_ = *std::move(times);
    JudgeCheckpoint();
    JudgeAge();
    AddListed();
    if (evidence_.peer) AddPeer(*evidence_.peer);
    FindHidden();
    if (evidence_.census) Weigh(*evidence_.census);
    JudgeHidden();
    if (!refusals_.empty()) return std::unexpected(refusals_);
    return Finish();
  }

 private:
  using Kind = RebuildRefusalKind;

  void Refuse(Kind kind, std::string text) { refusals_.push_back({kind, std::move(text)}); }

  void JudgeCheckpoint() {
    const auto& checkpoint = request_.checkpoint;
    if (!checkpoint) return;
    constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
    if (IsValid(*checkpoint) && checkpoint->generation < kLast) return;
    Refuse(Kind::kCheckpointUnfit,
           "the checkpoint beside the lost state is not valid: move it aside, keep it, and plan "
           "again");
  }

  void JudgeAge() {
    if (request_.purpose == RebuildPurpose::kAdopt) return;
    const std::int64_t age = request_.wall - times_.rbegin()->second;
    const std::int64_t least = request_.least_age.count();
    if (age >= least) return;
    Refuse(Kind::kTooYoung,
           "version " + std::to_string(metadata_.latest_version) + " is " +
               (age < 0 ? "not made yet by this node's clock: set the clock"
                        : std::to_string(age) + " s old, and other nodes may not have seen it") +
               "; plan again in " + std::to_string(least - age) + " s");
  }

  void AddListed() {
    for (const auto& [number, created_at] : times_) {
      const auto version = *TransitKeyVersion::FromNumber(number);
      const bool latest = number == metadata_.latest_version;
      KeySnapshot snapshot{.version = version,
                           .created_at = created_at,
                           .key_id = DeriveKeyId(identity_->identity(), version, created_at),
                           .state = latest ? SnapshotState::kActive : SnapshotState::kRetired};
      const std::string key_id = snapshot.key_id.str();
      found_.emplace(key_id, RebuiltVersion{.snapshot = std::move(snapshot), .listed = true});
    }
  }

  void AddPeer(const Registry& peer) {
    for (const KeySnapshot& recorded : peer.snapshots()) {
      const auto known = found_.find(recorded.key_id.str());
      if (known != found_.end()) {
        known->second.on_peer = true;
        if (recorded.decrypts()) continue;
        if (known->second.snapshot.state == SnapshotState::kActive) {
          Refuse(Kind::kRefusedByPeer, "the peer's state does not accept version " +
                                           recorded.version.ToString() +
                                           ", the latest one: use the state of another node");
        }
        known->second.snapshot.state = SnapshotState::kRemoved;
        continue;
      }
      if (recorded.decrypts() && !JudgeUnlisted(recorded)) continue;
      found_.emplace(
          recorded.key_id.str(),
          RebuiltVersion{.snapshot = {.version = recorded.version,
                                      .created_at = recorded.created_at,
                                      .key_id = recorded.key_id,
                                      .state = recorded.decrypts() ? SnapshotState::kRetired
                                                                   : SnapshotState::kRemoved},
                         .on_peer = true});
    }
  }

  // Whether the key's minima alone keep it from being listed.
  bool JudgeUnlisted(const KeySnapshot& recorded) {
    const std::string version = "version " + recorded.version.ToString();
    switch (FaultOfIdentity(recorded, metadata_, times_).value_or(IdentityFault::kNotListed)) {
      case IdentityFault::kTrimmed:
      case IdentityFault::kDisallowed:
        return true;
      case IdentityFault::kRecreated:
        Refuse(Kind::kRecreated,
               version +
                   " has another creation time than in the peer's state: the key was deleted and "
                   "made again; restore OpenBao from a backup that has the old key");
        return false;
      case IdentityFault::kNotListed:
        Refuse(Kind::kVersionRollback,
               version +
                   " is in the peer's state and no longer in OpenBao, whose latest version is " +
                   std::to_string(metadata_.latest_version) + ": " + std::string(kOlderBackup));
        return false;
    }
    return false;
  }

  // What OpenBao does not list and no record names.
  void FindHidden() {
    trimmed_below_ = std::max<std::int64_t>(1, metadata_.min_available_version);
    std::set<std::int64_t> recorded{times_.begin()->first};
    for (const auto& [key_id, version] : found_) recorded.insert(version.snapshot.version.number());
    std::int64_t next = trimmed_below_;
    for (const std::int64_t number : recorded) {
      if (number > next) hidden_.push_back({.first = next, .last = number - 1});
      next = std::max(next, number + 1);
      if (number == times_.begin()->first) return;
    }
  }

  void Weigh(const CensusEvidence& census) {
    if (!census.complete) {
      Refuse(Kind::kCensusIncomplete,
             "the report of key-usage has a full list, so it does not name every key_id that etcd "
             "refers to: use the state of another node instead");
    }
    if (census.keys_scanned == 0) {
      return Refuse(Kind::kCensusProvesNothing,
                    "the report of key-usage saw no key in etcd, which proves nothing: check its "
                    "--etcd-endpoints and --prefix");
    }
    std::map<std::string, Needed> needed;
    for (const CensusReference& reference : census.references) {
      Needed& group = needed[reference.key_id_hash];
      group.objects += reference.objects;
      group.resources +=
          (group.resources.empty() ? "" : ", ") + Printable(reference.resource, Kept::kAscii);
    }
    if (request_.purpose == RebuildPurpose::kAdopt) return WeighForAdoption(needed);
    if (needed.empty()) {
      Refuse(Kind::kCensusProvesNothing,
             "the report of key-usage has no object of this provider, which proves nothing: check "
             "its --etcd-endpoints and --prefix; if the provider has never encrypted under this "
             "key, use --adopt");
    }
    for (auto& [key_id, version] : found_) {
      const auto group = needed.find(PublicHash(key_id));
      if (group == needed.end()) continue;
      version.objects = group->second.objects;
      if (!version.snapshot.decrypts()) version.snapshot.state = SnapshotState::kRetired;
      needed.erase(group);
    }
    for (const auto& [hash, group] : needed) {
      Refuse(Kind::kIdentityUnproven, "etcd has " + Objects(group.objects) + " (" +
                                          group.resources + ") under the key_id of hash " + hash +
                                          ", which no version in OpenBao gives: " + WhereItMayBe());
    }
  }

  void WeighForAdoption(const std::map<std::string, Needed>& needed) {
    std::uint64_t objects = 0;
    for (const auto& [hash, group] : needed) objects += group.objects;
    if (objects > 0) {
      Refuse(Kind::kAlreadyEncrypts,
             "etcd has " + Objects(objects) +
                 " of this provider, so it has met this key before: leave --adopt out");
    } else if (evidence_.census->malformed > 0) {
      Refuse(Kind::kAlreadyEncrypts,
             "etcd has " + Objects(evidence_.census->malformed) +
                 " that begin like encrypted ones and cannot be read, so it is unknown whether "
                 "this provider wrote them: find out what did");
    }
  }

  std::string WhereItMayBe() const {
    std::string text;
    if (!hidden_.empty()) {
      text += "min_decryption_version=" + std::to_string(metadata_.min_decryption_version) +
              " hides version " + Describe(hidden_) + ": lower it to " +
              std::to_string(hidden_.front().first) +
              " until every object under what it hides is rewritten, and plan again. If it is none "
              "of these, ";
    }
    if (trimmed_below_ > 1) {
      text += "versions below " + std::to_string(trimmed_below_) +
              " were trimmed, and only a backup of OpenBao from before has them; or ";
    }
    return text +
           "the key was deleted and made again, OpenBao was restored from a backup from before "
           "this version, or an identity field of the configuration was changed";
  }

  // A peer shows nothing of versions that are newer than what it has recorded.
  std::vector<Range> Unproven() const {
    if (evidence_.census || request_.purpose == RebuildPurpose::kAdopt) return {};
    std::int64_t newest = 0;
    if (evidence_.peer) {
      for (const KeySnapshot& recorded : evidence_.peer->snapshots()) {
        newest = std::max(newest, recorded.version.number());
      }
    }
    std::vector<Range> unproven;
    unproven.reserve(hidden_.size());
    for (const Range& range : hidden_) {
      if (range.last <= newest) continue;
      unproven.push_back({.first = std::max(range.first, newest + 1), .last = range.last});
    }
    return unproven;
  }

  void JudgeHidden() {
    const std::vector<Range> unproven = Unproven();
    if (unproven.empty()) return;
    Refuse(Kind::kHiddenByMinimum,
           "min_decryption_version=" + std::to_string(metadata_.min_decryption_version) +
               " hides version " + Describe(unproven) +
               ", and nothing shows that etcd does not need what it hides: lower it to " +
               std::to_string(unproven.front().first) +
               " until this command has been applied, and plan again; or give a report of "
               "key-usage or the state of a node that has seen these versions");
  }

  RebuiltState Finish() const {
    std::vector<KeySnapshot> snapshots;
    for (const auto& [key_id, version] : found_) snapshots.push_back(version.snapshot);
    RebuiltState state{
        .registry = Registry::Anew(identity_, std::move(snapshots), request_.checkpoint),
        .versions = {},
        .hidden = Describe(hidden_),
        .trimmed_below = trimmed_below_};
    for (const KeySnapshot& snapshot : state.registry.snapshots()) {
      state.versions.push_back(found_.at(snapshot.key_id.str()));
    }
    return state;
  }

  const Registry::Identity& identity_;
  const TransitKeyMetadata& metadata_;
  const RebuildRequest& request_;
  const RebuildEvidence& evidence_;

  CreationTimes times_;                          // never empty
  std::map<std::string, RebuiltVersion> found_;  // by key_id
  std::vector<Range> hidden_;                    // ascending
  std::int64_t trimmed_below_ = 1;
  std::vector<RebuildRefusal> refusals_;
};

}  // namespace

std::expected<RebuiltState, std::vector<RebuildRefusal>> RebuildState(
    const Registry::Identity& identity, const TransitKeyMetadata& metadata,
    const RebuildRequest& request, const RebuildEvidence& evidence) {
  return Rebuilder(identity, metadata, request, evidence).Run();
}

}  // namespace baokms::core
