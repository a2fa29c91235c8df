#include "core/registry/registry.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "core/registry/registry_json.h"
#include "core/wire/configuration_fingerprint.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::Bind;
using testing::RegistryOf;
using testing::Signed;
using testing::Snapshot;
using enum SnapshotState;

// Active 3, pending 4, retired 2, rejected and removed: every state, with every field.
RegistryDocument Document() {
  KeySnapshot active = Snapshot(3, kActive);
  active.stable_observation_count = 3;
  active.stable_at = testing::kNow + 10;
  return RegistryOf({active, testing::Candidate(4, 2), Snapshot(2, kRetired),
                     Snapshot(5, kRejected), Snapshot(1, kRemoved)})
      .ToDocument();
}

RegistryProblemKind Refusal(const RegistryDocument& document) {
  const auto registry = Registry::Verify(document, Bind());
  REQUIRE(!registry.has_value());
  CHECK_FALSE(registry.error().text.empty());
  return registry.error().kind;
}

TEST_CASE("Registry load: a document of every state is accepted and comes back unchanged") {
  const RegistryDocument document = Document();
  const auto registry = Registry::Verify(document, Bind());
  REQUIRE(registry.has_value());
  CHECK(registry->ToDocument() == document);
  CHECK(registry->active().version.number() == 3);
  REQUIRE(registry->pending() != nullptr);
  CHECK(registry->pending()->version.number() == 4);
  CHECK(registry->ToCheckpoint().generation == 2);
  CHECK(registry->ToCheckpoint().current_hash == document.current_hash);
}

TEST_CASE("Registry load: records in another order are accepted as they stand") {
  RegistryDocument document = Document();
  std::swap(document.snapshots.front(), document.snapshots.back());
  const auto registry = Registry::Verify(Signed(document), Bind());
  REQUIRE(registry.has_value());
  CHECK(registry->ToDocument() == Signed(document));
  CHECK(registry->active().version.number() == 3);
}

TEST_CASE("Registry load: the newest of several pending records is the candidate") {
  const Registry registry = RegistryOf(
      {Snapshot(1, kActive), Snapshot(3, kPending), Snapshot(4, kPending), Snapshot(2, kPending)});
  CHECK(registry.pending()->version.number() == 4);
  CHECK(testing::FirstRegistry().pending() == nullptr);
}

TEST_CASE("Registry load: each broken rule is refused by its kind even with a fitting hash") {
  struct Row {
    const char* rule;
    RegistryProblemKind kind;
    std::function<void(RegistryDocument&)> change;
  };
  const auto hash = Document().current_hash;
  const Row rows[] = {
      {"older schema", RegistryProblemKind::kOlderSchema,
       [](auto& d) { d.schema_version = kOlderRegistrySchema; }},
      {"wrong schema", RegistryProblemKind::kWrongSchema,
       [](auto& d) { d.schema_version = "keyregistry.openbao-kms/v1alpha3"; }},
      {"empty schema", RegistryProblemKind::kWrongSchema, [](auto& d) { d.schema_version = ""; }},
      {"generation 0", RegistryProblemKind::kInvalid, [](auto& d) { d.generation = 0; }},
      {"negative generation", RegistryProblemKind::kInvalid, [](auto& d) { d.generation = -2; }},
      {"previousHash at generation 1", RegistryProblemKind::kBadHash,
       [](auto& d) { d.generation = 1; }},
      {"no previousHash later", RegistryProblemKind::kBadHash,
       [](auto& d) { d.previous_hash.reset(); }},
      {"empty previousHash", RegistryProblemKind::kBadHash, [](auto& d) { d.previous_hash = ""; }},
      {"short previousHash", RegistryProblemKind::kBadHash,
       [](auto& d) { d.previous_hash->pop_back(); }},
      {"other prefix", RegistryProblemKind::kBadHash, [](auto& d) { (*d.previous_hash)[3] = '2'; }},
      {"other fingerprint", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.identity_fingerprint = ConfigurationFingerprint({}); }},
      {"no fingerprint", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.identity_fingerprint = ""; }},
      {"no active record", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[0].state = "retired"; }},
      {"two active records", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[1].state = "active"; }},
      {"activeKeyId of another record", RegistryProblemKind::kInvalid,
       [](auto& d) { d.active_key_id = d.snapshots[1].kubernetes_key_id; }},
      {"no records", RegistryProblemKind::kInvalid, [](auto& d) { d.snapshots.clear(); }},
      {"one key_id twice", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots.push_back(d.snapshots[2]); }},
      {"provider name", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.snapshots[2].provider_name += "x"; }},
      {"cluster", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.snapshots[2].cluster_id += "x"; }},
      {"instance", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.snapshots[2].openbao_instance_id += "x"; }},
      {"namespace", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.snapshots[2].openbao_namespace += "x"; }},
      {"mount", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.snapshots[2].transit_mount_id += "x"; }},
      {"lineage", RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.snapshots[2].transit_key_lineage_id += "x"; }},
      {"version 0", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].transit_version = 0; }},
      {"negative version", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].transit_version = -1; }},
      {"another version", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].transit_version = 9; }},
      {"creation time 0", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].transit_version_created_at = 0; }},
      {"another creation time", RegistryProblemKind::kInvalid,
       [](auto& d) { ++d.snapshots[2].transit_version_created_at; }},
      {"a key_id its fields do not derive", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].kubernetes_key_id = testing::IdOf(9).str(); }},
      {"unknown state", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].state = "Retired"; }},
      {"another aadMode", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].aad_mode = "none"; }},
      {"negative observedAtUnix", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].observed_at = -1; }},
      {"negative count", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].stable_observation_count = -1; }},
      {"negative stableAtUnix", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].stable_at = -1; }},
      {"negative promotedAtUnix", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[2].promoted_at = -1; }},
      {"count without observedAtUnix", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[1].observed_at = 0; }},
      {"stableAtUnix without count", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[0].stable_observation_count = 0; }},
      {"stableAtUnix before observedAtUnix", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[0].stable_at = d.snapshots[0].observed_at - 1; }},
      {"promotedAtUnix before observedAtUnix", RegistryProblemKind::kInvalid,
       [](auto& d) { d.snapshots[0].promoted_at = d.snapshots[0].observed_at - 1; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rule);
    RegistryDocument document = Document();
    row.change(document);
    CHECK(Refusal(Signed(document)) == row.kind);
    // Unsigned, the hash or an earlier rule refuses it.
    document = Document();
    row.change(document);
    CHECK_FALSE(Registry::Verify(document, Bind()).has_value());
  }
}

TEST_CASE("Registry load: a change of any single field without a new hash is refused") {
  std::vector<std::function<void(RegistryDocument&)>> changes = {
      [](auto& d) { ++d.generation; }, [](auto& d) { d.active_key_id += "x"; },
      [](auto& d) { d.previous_hash = RegistryHash({}); }, [](auto& d) { d.snapshots.pop_back(); },
      [](auto& d) { std::swap(d.snapshots[1], d.snapshots[2]); }};
  for (std::size_t i = 0; i < Document().snapshots.size(); ++i) {
    changes.push_back([i](auto& d) { ++d.snapshots[i].observed_at; });
    changes.push_back([i](auto& d) { ++d.snapshots[i].stable_observation_count; });
    changes.push_back([i](auto& d) { d.snapshots[i].stable_at += 1'800'000'000; });
    changes.push_back([i](auto& d) { d.snapshots[i].promoted_at += 1'800'000'000; });
    changes.push_back([i](auto& d) { d.snapshots[i].state += "x"; });
    changes.push_back([i](auto& d) { d.snapshots[i].aad_mode += "x"; });
    changes.push_back([i](auto& d) { ++d.snapshots[i].transit_version; });
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    RegistryDocument document = Document();
    changes[i](document);
    CHECK(Refusal(document) == RegistryProblemKind::kBadHash);
  }
}

TEST_CASE("Registry load: every bit flip and every cut of currentHash is refused") {
  const std::string hash = Document().current_hash;
  for (std::size_t at = 0; at < hash.size(); ++at) {
    RegistryDocument document = Document();
    document.current_hash = hash.substr(0, at);
    CHECK(Refusal(document) == RegistryProblemKind::kBadHash);
    for (int bit = 0; bit < 8; ++bit) {
      document.current_hash = hash;
      document.current_hash[at] =
          static_cast<char>(static_cast<unsigned char>(hash[at]) ^ (1U << bit));
      CHECK(Refusal(document) == RegistryProblemKind::kBadHash);
    }
  }
}

TEST_CASE("Registry load: a state of another configuration names the field that was changed") {
  for (const auto& [field, name] :
       {std::pair{&ProviderIdentity::provider_name, "transit.keyIdScope.providerName"},
        std::pair{&ProviderIdentity::cluster_id, "transit.keyIdScope.clusterId"},
        std::pair{&ProviderIdentity::openbao_instance_id, "openbao.instanceId"},
        std::pair{&ProviderIdentity::openbao_namespace, "openbao.namespace"},
        std::pair{&ProviderIdentity::transit_mount_id, "transit.keyIdScope.transitMountId"},
        std::pair{&ProviderIdentity::transit_key_lineage_id, "transit.keyIdScope.keyLineageId"},
        std::pair{&ProviderIdentity::transit_mount_path, "transit.mountPath or transit.keyName"},
        std::pair{&ProviderIdentity::transit_key_name, "transit.mountPath or transit.keyName"}}) {
    CAPTURE(name);
    ProviderIdentity other = testing::TestIdentity();
    other.*field += "x";
    const auto registry = Registry::Verify(Document(), Bind(other));
    REQUIRE(!registry.has_value());
    CHECK(registry.error().kind == RegistryProblemKind::kOtherConfiguration);
    CHECK(registry.error().text.starts_with(name));
  }
}

TEST_CASE("Registry load: a state of another cluster altogether is not blamed on one field") {
  ProviderIdentity other = testing::TestIdentity();
  other.cluster_id += "x";
  other.transit_key_lineage_id += "x";
  const auto registry = Registry::Verify(Document(), Bind(other));
  REQUIRE(!registry.has_value());
  CHECK(registry.error().text.starts_with("several identity fields"));
}

TEST_CASE("Registry next: a generation more that chains from this one in the written order") {
  const Registry now = RegistryOf({Snapshot(3, kActive), Snapshot(1, kRemoved)});
  const auto next = now.Next({Snapshot(1, kRemoved), Snapshot(2, kRetired), Snapshot(3, kRetired),
                              Snapshot(5, kPending), Snapshot(4, kActive), Snapshot(6, kPending)});
  REQUIRE(next);
  CHECK(next->generation() == now.generation() + 1);
  CHECK(next->previous_hash() == now.current_hash());
  std::vector<std::int64_t> order;
  for (const auto& s : next->snapshots()) order.push_back(s.version.number());
  CHECK(order == std::vector<std::int64_t>{4, 6, 5, 3, 2, 1});
  const auto loaded = Registry::Verify(next->ToDocument(), Bind());
  REQUIRE(loaded.has_value());
  CHECK(*loaded == *next);
  CHECK_FALSE(*loaded == now);
}

TEST_CASE("Registry next: equal versions stand by key_id") {
  KeySnapshot a = Snapshot(1, kRetired);
  KeySnapshot b = a;
  b.created_at = 5;
  b.key_id = DeriveKeyId(testing::TestIdentity(), b.version, b.created_at);
  if (b.key_id < a.key_id) std::swap(a, b);
  const auto next = RegistryOf({Snapshot(2, kActive)}).Next({b, Snapshot(2, kActive), a});
  REQUIRE(next);
  CHECK(next->snapshots()[1].key_id == a.key_id);
  CHECK(next->snapshots()[2].key_id == b.key_id);
}

TEST_CASE("Registry next: never drops or changes what was promised") {
  const Registry now = RegistryOf(
      {Snapshot(3, kActive), Snapshot(4, kPending), Snapshot(2, kRetired), Snapshot(1, kRemoved)});
  const std::vector<KeySnapshot> same = now.snapshots();
  REQUIRE(now.Next(same));
  for (std::size_t i = 0; i < same.size(); ++i) {
    auto dropped = same;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(now.Next(dropped));
  }
  for (const SnapshotState state : {kRemoved, kRejected}) {
    auto refused = same;
    refused[1].state = state;
    CHECK_FALSE(now.Next(refused));  // the pending identity decrypts no more
    refused = same;
    refused[2].state = state;
    CHECK_FALSE(now.Next(refused));
  }
  auto restored = same;
  restored[3].state = kRetired;
  CHECK_FALSE(now.Next(restored));  // removed records are permanent
  auto touched = same;
  ++touched[3].observed_at;
  CHECK_FALSE(now.Next(touched));
  auto lowered = same;
  lowered[0].state = kRetired;
  lowered[2].state = kActive;
  CHECK_FALSE(now.Next(lowered));  // the active version never goes down
  auto two = same;
  two[1].state = kActive;
  CHECK_FALSE(now.Next(two));
}

TEST_CASE("Registry next: the last generation there is has none") {
  RegistryDocument document = Document();
  document.generation = std::numeric_limits<std::int64_t>::max();
  const auto last = Registry::Verify(Signed(document), Bind());
  REQUIRE(last.has_value());
  CHECK_FALSE(last->Next(last->snapshots()));
}

TEST_CASE("Registry operator: retired versions go and come back and no other record changes") {
  const Registry now =
      RegistryOf({Snapshot(4, kActive), Snapshot(5, kPending), Snapshot(2, kRetired),
                  Snapshot(3, kRetired), Snapshot(1, kRemoved), Snapshot(6, kRejected)});
  std::set<TransitKeyVersion> all;
  for (const KeySnapshot& snapshot : now.snapshots()) all.insert(snapshot.version);

  const auto removed = now.WithRetiredRemoved(all);
  REQUIRE(removed);
  const auto restored = now.WithRemovedRestored(all);
  REQUIRE(restored);
  for (std::size_t i = 0; i < now.snapshots().size(); ++i) {
    KeySnapshot expected = now.snapshots()[i];
    if (expected.state == kRetired) expected.state = kRemoved;
    CHECK(removed->snapshots()[i] == expected);
    expected = now.snapshots()[i];
    if (expected.state == kRemoved) expected.state = kRetired;
    CHECK(restored->snapshots()[i] == expected);
  }
  CHECK(removed->generation() == now.generation() + 1);
  CHECK(removed->previous_hash() == now.current_hash());
  CHECK(Registry::Verify(removed->ToDocument(), Bind()).has_value());

  CHECK_FALSE(now.WithRetiredRemoved({}));
  CHECK_FALSE(now.WithRetiredRemoved({testing::Version(1), testing::Version(4)}));
  CHECK_FALSE(now.WithRemovedRestored({testing::Version(2)}));
}

TEST_CASE("Registry hash: its form is krs1 and 43 characters") {
  const std::string hash = RegistryHash({});
  CHECK(hash.size() == 48);
  CHECK(IsRegistryHash(hash));
  CHECK_FALSE(IsRegistryHash(hash + "A"));
  CHECK_FALSE(IsRegistryHash("krs1."));
  CHECK_FALSE(IsRegistryHash("krs1.AAAA"));
  CHECK_FALSE(IsRegistryHash("cfg1." + hash.substr(5)));
  CHECK_FALSE(IsRegistryHash(""));
}

}  // namespace
}  // namespace baokms::core
