#include "core/registry/rebuild.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/registry/registry_recovery.h"
#include "core/rotation/rotation.h"
#include "core/wire/sha256.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::Bind;
using testing::FitMetadata;
using testing::IdOf;
using testing::RecordOf;
using testing::RegistryOf;
using testing::Snapshot;
using enum SnapshotState;
using Because = RebuildRefusalKind;
using Rebuilding = std::expected<RebuiltState, std::vector<RebuildRefusal>>;

// As OpenBao answers it: versions that may not decrypt are not listed.
TransitKeyMetadata KeyWithMinimum(std::int64_t latest, std::int64_t minimum) {
  TransitKeyMetadata metadata = FitMetadata(latest);
  metadata.min_decryption_version = minimum;
  std::erase_if(metadata.versions, [&](const auto& entry) { return entry.version < minimum; });
  return metadata;
}

CensusReference Refers(std::int64_t version, std::uint64_t objects = 1,
                       std::string resource = "secrets") {
  return {.key_id_hash = PublicHash(IdOf(version).str()),
          .resource = std::move(resource),
          .objects = objects};
}

RebuildEvidence Census(std::vector<CensusReference> references) {
  return {.peer = std::nullopt,
          .census = CensusEvidence{.references = std::move(references), .keys_scanned = 9}};
}

RebuildEvidence Peer(const std::vector<KeySnapshot>& snapshots) {
  return {.peer = RegistryOf(snapshots), .census = std::nullopt};
}

Rebuilding Rebuild(const TransitKeyMetadata& metadata, const RebuildEvidence& evidence = {},
                   RebuildRequest request = {}) {
  if (request.wall == 0) request.wall = testing::kNow + 1'000'000;
  return RebuildState(Bind(), metadata, request, evidence);
}

RebuildRequest Adopting() { return {.purpose = RebuildPurpose::kAdopt}; }

RebuiltState Rebuilt(const Rebuilding& state) {
  if (!state) FAIL(state.error().front().text);
  return *state;
}

// The one refusal's text.
std::string RefusedRebuild(const Rebuilding& state, Because kind) {
  REQUIRE_FALSE(state.has_value());
  REQUIRE(state.error().size() == 1);
  CHECK_MESSAGE(state.error()[0].kind == kind, state.error()[0].text);
  return state.error()[0].text;
}

bool Tells(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

TEST_CASE("Rebuild: every listed version comes back and the latest one encrypts") {
  const RebuiltState state = Rebuilt(Rebuild(FitMetadata(3)));
  CHECK(state.registry.active().key_id == IdOf(3));
  CHECK(state.registry.pending() == nullptr);
  CHECK(state.registry.snapshots().size() == 3);
  for (const std::int64_t version : {1, 2}) {
    CHECK(RecordOf(state.registry, version).state == kRetired);
    CHECK(RecordOf(state.registry, version).key_id == IdOf(version));
  }
  CHECK(state.hidden.empty());
  CHECK(state.trimmed_below == 1);
  REQUIRE(state.versions.size() == 3);
  CHECK(state.versions[0].snapshot == state.registry.active());
  CHECK(state.versions[0].listed);
}

TEST_CASE("Rebuild: the state is a first one that a start accepts and goes on from") {
  const Registry registry = Rebuilt(Rebuild(FitMetadata(3))).registry;
  CHECK(registry.generation() == 1);
  CHECK_FALSE(registry.previous_hash());
  const RegistryDocument document = registry.ToDocument();
  CHECK(RecoverRegistry(document, registry.ToCheckpoint(), Bind())->registry == registry);
  // Cut between its two files.
  CHECK(RecoverRegistry(document, std::nullopt, Bind())->checkpoint == CheckpointStatus::kMissing);
  const auto seen = Observe(registry, FitMetadata(4), RotationPolicy{}, ObservationKind::kRegular,
                            /*may_promote=*/false, testing::kNow);
  REQUIRE(seen);
  CHECK(seen->next->pending()->key_id == IdOf(4));
  CHECK(Observe(registry, FitMetadata(3), RotationPolicy{}, ObservationKind::kRegular,
                /*may_promote=*/true, testing::kNow)
            ->next == std::nullopt);
}

TEST_CASE("Rebuild: the same facts give the same state whenever and on whichever node") {
  RebuildRequest later{.wall = testing::kNow + 2'000'000};
  CHECK(Rebuilt(Rebuild(FitMetadata(3))).registry ==
        Rebuilt(Rebuild(FitMetadata(3), {}, later)).registry);
  const Registry registry = Rebuilt(Rebuild(FitMetadata(3))).registry;
  for (const KeySnapshot& snapshot : registry.snapshots()) {
    CHECK(snapshot.observed_at == 0);
    CHECK(snapshot.promoted_at == 0);
  }
}

TEST_CASE("Rebuild: a checkpoint that is left is the generation before") {
  const Registry lost = testing::NextOf(testing::FirstRegistry());
  const RebuiltState state =
      Rebuilt(Rebuild(FitMetadata(2), {}, {.checkpoint = lost.ToCheckpoint()}));
  CHECK(state.registry.generation() == lost.generation() + 1);
  CHECK(state.registry.previous_hash() == lost.current_hash());
  // Cut between its two files.
  const auto cut = RecoverRegistry(state.registry.ToDocument(), lost.ToCheckpoint(), Bind());
  REQUIRE(cut);
  CHECK(cut->checkpoint == CheckpointStatus::kBehind);
}

TEST_CASE("Rebuild: a checkpoint that is none or the last there may be is refused") {
  CheckpointDocument checkpoint = testing::FirstRegistry().ToCheckpoint();
  checkpoint.generation = std::numeric_limits<std::int64_t>::max();
  RefusedRebuild(Rebuild(FitMetadata(2), {}, {.checkpoint = checkpoint}),
                 Because::kCheckpointUnfit);
  checkpoint.generation = 3;
  checkpoint.current_hash = "krs1.x";
  CHECK(Tells(RefusedRebuild(Rebuild(FitMetadata(2), {}, {.checkpoint = checkpoint}),
                             Because::kCheckpointUnfit),
              "move it aside"));
}

TEST_CASE("Rebuild: a key that is unfit or whose listing is unreliable is refused") {
  TransitKeyMetadata metadata = FitMetadata(3);
  metadata.exportable = true;
  CHECK(Tells(RefusedRebuild(Rebuild(metadata), Because::kMetadataUnfit), "(exportable)"));
  metadata = FitMetadata(3);
  metadata.versions.erase(metadata.versions.begin() + 1);
  CHECK(
      Tells(RefusedRebuild(Rebuild(metadata), Because::kMetadataUnfit), "(creation_time_missing)"));
}

TEST_CASE("Rebuild: a version that other nodes may not have seen yet is waited for") {
  const UnixSeconds made = testing::CreatedAt(3);
  RebuildRequest request{.wall = made + 59, .least_age = std::chrono::seconds(60)};
  CHECK(RefusedRebuild(Rebuild(FitMetadata(3), {}, request), Because::kTooYoung) ==
        "version 3 is 59 s old, and other nodes may not have seen it; plan again in 1 s");
  request.wall = made + 60;
  Rebuilt(Rebuild(FitMetadata(3), {}, request));
  request.wall = made - 5;
  CHECK(Tells(RefusedRebuild(Rebuild(FitMetadata(3), {}, request), Because::kTooYoung),
              "set the clock"));
  // Nobody has served with it yet.
  request.purpose = RebuildPurpose::kAdopt;
  Rebuilt(Rebuild(FitMetadata(3), {}, request));
}

TEST_CASE("Rebuild: the peer proves what a minimum hides and keeps what it removed") {
  const RebuiltState state =
      Rebuilt(Rebuild(KeyWithMinimum(5, 4), Peer({Snapshot(4, kActive), testing::Candidate(5, 1),
                                                  Snapshot(3, kRetired), Snapshot(2, kRemoved)})));
  CHECK(state.registry.active().key_id == IdOf(5));
  CHECK(RecordOf(state.registry, 4).state == kRetired);
  CHECK(RecordOf(state.registry, 3).state == kRetired);
  CHECK(RecordOf(state.registry, 2).state == kRemoved);
  CHECK(state.registry.snapshots().size() == 4);
  CHECK(state.hidden == "1");
  for (const RebuiltVersion& version : state.versions) {
    CHECK(version.listed == (version.snapshot.version.number() >= 4));
    CHECK(version.on_peer);
  }
  // As on the peer: degraded, not unhealthy.
  const auto seen = Observe(state.registry, KeyWithMinimum(5, 4), RotationPolicy{},
                            ObservationKind::kRegular, /*may_promote=*/false, testing::kNow);
  REQUIRE(seen);
  CHECK(seen->undecryptable == std::vector{testing::Version(3)});
}

TEST_CASE("Rebuild: a peer that lags or is of an old backup takes nothing back") {
  for (const RebuildEvidence& evidence :
       {Peer({Snapshot(1, kActive)}), Peer({Snapshot(2, kActive), Snapshot(1, kRetired)})}) {
    const RebuiltState state = Rebuilt(Rebuild(FitMetadata(4), evidence));
    CHECK(state.registry.active().key_id == IdOf(4));
    for (const std::int64_t version : {1, 2, 3}) {
      CHECK(RecordOf(state.registry, version).state == kRetired);
    }
  }
}

TEST_CASE("Rebuild: a key that was deleted and made again is refused by what the peer recorded") {
  TransitKeyMetadata metadata = FitMetadata(3);
  ++metadata.versions[1].created_at;
  const RebuildEvidence evidence =
      Peer({Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRetired)});
  const std::string text = RefusedRebuild(Rebuild(metadata, evidence), Because::kRecreated);
  CHECK(text.starts_with("version 2 has another creation time"));
  CHECK(Tells(text, "deleted and made again"));
  // Each one is named.
  ++metadata.versions[0].created_at;
  CHECK(Rebuild(metadata, evidence).error().size() == 2);
}

TEST_CASE("Rebuild: an OpenBao that lost a version that the peer knows is refused") {
  for (const RebuildEvidence& evidence :
       {Peer({Snapshot(4, kActive)}), Peer({Snapshot(3, kActive), testing::Candidate(4, 1)})}) {
    const std::string text =
        RefusedRebuild(Rebuild(FitMetadata(3), evidence), Because::kVersionRollback);
    CHECK(Tells(text, "version 4"));
    CHECK(Tells(text, "older backup"));
  }
}

TEST_CASE("Rebuild: a latest version that the peer's state refuses is refused") {
  RefusedRebuild(Rebuild(FitMetadata(3), Peer({Snapshot(2, kActive), Snapshot(3, kRejected)})),
                 Because::kRefusedByPeer);
}

TEST_CASE("Rebuild: a version of another key that the peer removed stays removed beside today's") {
  KeySnapshot lost = Snapshot(2, kRemoved);
  ++lost.created_at;
  lost.key_id = DeriveKeyId(testing::TestIdentity(), lost.version, lost.created_at);
  const RebuiltState state =
      Rebuilt(Rebuild(FitMetadata(3), Peer({Snapshot(3, kActive), Snapshot(2, kRetired), lost})));
  CHECK(state.registry.snapshots().size() == 4);
  CHECK(state.registry.snapshots().back().key_id == lost.key_id);
}

TEST_CASE("Rebuild: what etcd refers to is counted under its version") {
  const RebuiltState state = Rebuilt(
      Rebuild(FitMetadata(3), Census({Refers(1, 2), Refers(1, 3, "configmaps"), Refers(3, 7)})));
  CHECK(state.versions[0].objects == 7);
  CHECK(state.versions[1].objects == 0);
  CHECK(state.versions[2].objects == 5);
}

TEST_CASE("Rebuild: a key_id in etcd that no version gives is refused and each is named") {
  const auto refused =
      Rebuild(FitMetadata(2), Census({Refers(1), Refers(3, 2), Refers(3, 1, "x"), Refers(4, 9)}));
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().size() == 2);
  std::string text;
  for (const RebuildRefusal& refusal : refused.error()) {
    CHECK(refusal.kind == Because::kIdentityUnproven);
    CHECK(Tells(refusal.text, "deleted and made again"));
    text += refusal.text;
  }
  CHECK(Tells(text, "etcd has 3 objects (secrets, x) under the key_id of hash " +
                        PublicHash(IdOf(3).str())));
  CHECK(Tells(
      text, "etcd has 9 objects (secrets) under the key_id of hash " + PublicHash(IdOf(4).str())));
  CHECK_FALSE(Tells(text, "min_decryption_version"));
}

TEST_CASE("Rebuild: what a minimum hides is never guessed") {
  // Etcd needs it: which minimum, and for how long.
  const std::string needed = RefusedRebuild(
      Rebuild(KeyWithMinimum(5, 4), Census({Refers(2), Refers(5)})), Because::kIdentityUnproven);
  CHECK(Tells(needed,
              "min_decryption_version=4 hides version 1-3: lower it to 1 until every object under "
              "what it hides is rewritten"));
  // Etcd does not.
  const RebuiltState state = Rebuilt(Rebuild(KeyWithMinimum(5, 4), Census({Refers(5)})));
  CHECK(state.registry.snapshots().size() == 2);
  CHECK(state.hidden == "1-3");
  // Nothing tells.
  const std::string unknown =
      RefusedRebuild(Rebuild(KeyWithMinimum(5, 2)), Because::kHiddenByMinimum);
  CHECK(Tells(unknown, "min_decryption_version=2 hides version 1, "));
  CHECK(Tells(unknown, "lower it to 1 until this command has been applied"));
}

TEST_CASE("Rebuild: a peer shows nothing of hidden versions that are newer than its own") {
  const auto unknown = [](std::vector<KeySnapshot> peer) {
    return RefusedRebuild(Rebuild(KeyWithMinimum(5, 4), Peer(std::move(peer))),
                          Because::kHiddenByMinimum);
  };
  CHECK(Tells(unknown({Snapshot(1, kActive)}), "hides version 2-3, "));
  CHECK(Tells(unknown({Snapshot(2, kActive)}), "hides version 3, "));
  // One that has seen the versions behind them knows that they were never used.
  CHECK(Rebuilt(Rebuild(KeyWithMinimum(5, 4), Peer({Snapshot(4, kActive)}))).hidden == "1-3");
}

TEST_CASE("Rebuild: what was trimmed is gone and is no reason to refuse by itself") {
  TransitKeyMetadata metadata = KeyWithMinimum(5, 4);
  metadata.min_available_version = 4;
  const RebuiltState state = Rebuilt(Rebuild(metadata));
  CHECK(state.hidden.empty());
  CHECK(state.trimmed_below == 4);
  const std::string needed =
      RefusedRebuild(Rebuild(metadata, Census({Refers(2), Refers(5)})), Because::kIdentityUnproven);
  CHECK(Tells(needed, "versions below 4 were trimmed"));
  metadata.min_available_version = 2;
  CHECK(Tells(RefusedRebuild(Rebuild(metadata), Because::kHiddenByMinimum),
              "hides version 2-3, and nothing shows that etcd does not need what it hides: lower "
              "it to 2 "));
}

TEST_CASE("Rebuild: a minimum far above all versions costs no time") {
  constexpr std::int64_t kFar = 4'000'000'000'000'000'000;
  TransitKeyMetadata metadata = FitMetadata(1);
  metadata.latest_version = metadata.min_decryption_version = kFar;
  metadata.versions = {{.version = kFar, .created_at = testing::kNow}};
  const RebuiltState state = Rebuilt(Rebuild(metadata, {}, Adopting()));
  CHECK(state.hidden == "1-" + std::to_string(kFar - 1));
}

TEST_CASE("Rebuild: what etcd still needs decrypts again though the peer removed it") {
  RebuildEvidence evidence =
      Peer({Snapshot(3, kActive), Snapshot(2, kRemoved), Snapshot(1, kRemoved)});
  evidence.census = CensusEvidence{.references = {Refers(2), Refers(3)}, .keys_scanned = 9};
  const RebuiltState state = Rebuilt(Rebuild(FitMetadata(3), evidence));
  CHECK(RecordOf(state.registry, 2).state == kRetired);
  CHECK(RecordOf(state.registry, 1).state == kRemoved);
}

TEST_CASE("Rebuild: a report that is empty or not complete proves nothing") {
  CHECK(Tells(RefusedRebuild(Rebuild(FitMetadata(3), Census({})), Because::kCensusProvesNothing),
              "--adopt"));
  RebuildEvidence nothing = Census({});
  nothing.census->keys_scanned = 0;
  for (const auto& request : {RebuildRequest{}, Adopting()}) {
    CHECK(Tells(
        RefusedRebuild(Rebuild(FitMetadata(3), nothing, request), Because::kCensusProvesNothing),
        "saw no key in etcd"));
  }
  RebuildEvidence evidence = Census({Refers(3)});
  evidence.census->complete = false;
  RefusedRebuild(Rebuild(FitMetadata(3), evidence), Because::kCensusIncomplete);
}

TEST_CASE("Adopt: a rotated key is taken over with every version when etcd has nothing of it") {
  for (const RebuildEvidence& evidence : {RebuildEvidence{}, Census({})}) {
    const RebuiltState state = Rebuilt(Rebuild(FitMetadata(5), evidence, Adopting()));
    CHECK(state.registry.active().key_id == IdOf(5));
    CHECK(state.registry.snapshots().size() == 5);
  }
  // Nothing can be encrypted under what is hidden.
  CHECK(Rebuilt(Rebuild(KeyWithMinimum(5, 4), {}, Adopting())).registry.snapshots().size() == 2);
}

TEST_CASE("Adopt: an etcd with objects that nobody can read is refused") {
  RebuildEvidence evidence = Census({});
  evidence.census->malformed = 500;
  CHECK(Tells(
      RefusedRebuild(Rebuild(FitMetadata(5), evidence, Adopting()), Because::kAlreadyEncrypts),
      "etcd has 500 objects that begin like encrypted ones and cannot be read"));
}

TEST_CASE("Adopt: an etcd with objects of this provider is refused") {
  for (const std::int64_t version : {2, 9}) {
    const std::string text =
        RefusedRebuild(Rebuild(FitMetadata(5), Census({Refers(version, 4)}), Adopting()),
                       Because::kAlreadyEncrypts);
    CHECK(text ==
          "etcd has 4 objects of this provider, so it has met this key before: leave --adopt out");
  }
}

}  // namespace
}  // namespace baokms::core
