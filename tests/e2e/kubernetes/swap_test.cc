// docs/swap-with-the-go-provider.md under a running cluster: another implementation of the wire
// format and of the state file stands for the Go provider (tests/support/go_files).
#include <doctest/doctest.h>

#include <ctime>

#include "tests/e2e/kubernetes/control_plane.h"
#include "tests/support/go_files/go_provider.h"

namespace baokms::e2e {
namespace {

using testing::GoProvider;
using testing::GoState;

class Swap {
 public:
  Swap() : identity_(testing::IdentityOf(plane.node.config.tree)) {}

  std::int64_t CreatedAt(std::int64_t version) const {
    const testing::SetupOptions& names = plane.bench.setup.options();
    const auto key =
        plane.bench.setup.Admin("GET", names.transit_mount + "/keys/" + names.key_name);
    return key.data().at("keys").at(std::to_string(version)).get<std::int64_t>();
  }
  std::string KeyIdOf(std::int64_t version) const {
    return testing::GoKeyId(identity_, version, CreatedAt(version));
  }

  // The state of a Go provider that has seen every version of the key.
  GoState Seen(std::int64_t active, std::int64_t generation) const {
    GoState state{.identity = identity_, .generation = generation};
    if (generation > 1) state.previous_hash = "krs1." + std::string(42, 'A') + "A";
    const std::int64_t now = std::time(nullptr);
    for (std::int64_t version = active; version >= 1; --version) {
      const bool is_active = version == active;
      state.records.push_back({.version = version,
                               .created_at = CreatedAt(version),
                               .state = is_active ? "active" : "retired",
                               .observed_at = now - 60,
                               .promoted_at = is_active ? now - 60 : 0});
    }
    return state;
  }

  // As the Go provider reads the files of a provider that has ended: REQUIREs that they are what it
  // would have written itself, byte for byte.
  GoState ReadAsGo() const {
    const StateFiles files = ReadStateFiles(plane.node.config);
    const GoState state = testing::GoStateOf(identity_, Json::parse(files.state));
    REQUIRE(testing::GoStateText(state) == files.state);
    REQUIRE(testing::GoCheckpointText(state) == files.checkpoint);
    return state;
  }

  // The one program ends and the other starts on the same files.
  void StartGo(const GoState& state) {
    if (plane.provider) {
      CHECK(plane.provider->process.Terminate().has_value());
      plane.provider.reset();
    }
    go.reset();
    WriteStateFiles(plane.node.config, {.state = testing::GoStateText(state),
                                        .checkpoint = testing::GoCheckpointText(state)});
    go = std::make_unique<GoProvider>(plane.bench.setup, state, plane.node.config.socket());
  }
  void StartOurs() {
    go.reset();
    const StateFiles files = ReadStateFiles(plane.node.config);
    plane.provider.emplace(plane.node.config);
    CHECK(ReadStateFiles(plane.node.config) == files);
  }

  // kube-apiserver goes on without a restart; then a start that remembers nothing reads everything.
  void CheckServes(const std::string& name, std::int64_t version) {
    CHECK(plane.api.Live());
    plane.CheckReadable();
    plane.Create(name);
    for (const Resource& resource : EncryptedResources()) {
      const std::string stored = plane.Stored(resource, name);
      CHECK(Says(stored, KeyIdOf(version)));
      CHECK_FALSE(Says(stored, "plain-value-of-"));
    }
    plane.api.Restart();
    plane.CheckReadable();
    plane.Create(name + "-after-a-start");
    CHECK(Says(plane.Stored(EncryptedResources().front(), name + "-after-a-start"),
               KeyIdOf(version)));
    CHECK(plane.api.Ready());
    CHECK(plane.api.Live());
  }

  ControlPlane plane;
  std::unique_ptr<GoProvider> go;

 private:
  testing::GoIdentity identity_;
};

TEST_CASE("Swap with the Go provider: under a running cluster and back with all objects readable") {
  if (SkippedWithoutControlPlane()) return;
  Swap swap;
  ControlPlane& plane = swap.plane;
  // A cluster of the Go provider, with objects under a retired version and under the active one.
  swap.StartGo(swap.Seen(1, 3));
  plane.Begin(plane.WritersOnly());
  plane.Create("by-go-under-1");
  plane.bench.setup.RotateKey();
  swap.StartGo(swap.Seen(2, 6));
  plane.api.Restart();
  swap.CheckServes("by-go-under-2", 2);
  CHECK(swap.go->encrypts() >= 1);
  CHECK(swap.go->decrypts() >= 1);

  swap.StartOurs();
  CHECK(plane.provider->KeyId() == swap.KeyIdOf(2));
  swap.CheckServes("by-ours", 2);
  CHECK(ControlPlane::EncryptedUnder(plane.Census(), 1) >= 3);
  // It goes on where the other stopped.
  RotateAndPromote(plane.bench, *plane.provider);
  CHECK(ReadState(plane.node.config).at("generation").get<int>() > 6);
  plane.api.Restart();
  swap.CheckServes("by-ours-under-3", 3);

  REQUIRE(plane.provider->process.Terminate().has_value());
  plane.provider.reset();
  swap.StartGo(swap.ReadAsGo());
  CHECK(swap.go->key_id() == swap.KeyIdOf(3));
  swap.CheckServes("by-go-again", 3);
  CHECK(swap.go->encrypts() >= 1);
  CHECK(swap.go->decrypts() >= 1);

  swap.StartOurs();
  swap.CheckServes("by-ours-again", 3);
  const Json census = plane.Census();
  for (const int version : {1, 2, 3}) CHECK(ControlPlane::EncryptedUnder(census, version) >= 3);
  CHECK(ControlPlane::Plaintext(census) == 0);
}

}  // namespace
}  // namespace baokms::e2e
