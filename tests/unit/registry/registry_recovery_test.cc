#include "core/registry/registry_recovery.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/registry/registry_json.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::Bind;
using testing::FirstRegistry;
using testing::NextOf;

struct Chain {
  Registry first = FirstRegistry();
  Registry second = NextOf(first);
  Registry third = NextOf(second);
};

CheckpointStatus Accepted(const std::optional<RegistryDocument>& state,
                          const std::optional<CheckpointDocument>& checkpoint) {
  const auto recovered = RecoverRegistry(state, checkpoint, Bind());
  REQUIRE(recovered.has_value());
  CHECK(recovered->registry.has_value() == state.has_value());
  if (state) CHECK(recovered->registry->ToDocument() == *state);
  return recovered->checkpoint;
}

RegistryProblemKind RefusedRecovery(const std::optional<RegistryDocument>& state,
                                    const std::optional<CheckpointDocument>& checkpoint) {
  const auto recovered = RecoverRegistry(state, checkpoint, Bind());
  REQUIRE(!recovered.has_value());
  CHECK_FALSE(recovered.error().text.empty());
  return recovered.error().kind;
}

TEST_CASE("Recovery: both files absent means bootstrap") {
  CHECK(Accepted(std::nullopt, std::nullopt) == CheckpointStatus::kAbsent);
}

TEST_CASE("Recovery: a checkpoint without a state fails") {
  CHECK(RefusedRecovery(std::nullopt, Chain().first.ToCheckpoint()) ==
        RegistryProblemKind::kStateMissing);
}

TEST_CASE("Recovery: a state without checkpoint is accepted at generation 1 alone") {
  const Chain chain;
  CHECK(Accepted(chain.first.ToDocument(), std::nullopt) == CheckpointStatus::kMissing);
  CHECK(RefusedRecovery(chain.second.ToDocument(), std::nullopt) ==
        RegistryProblemKind::kCheckpointMissing);
}

TEST_CASE("Recovery: equal state and checkpoint are current") {
  const Chain chain;
  CHECK(Accepted(chain.first.ToDocument(), chain.first.ToCheckpoint()) ==
        CheckpointStatus::kCurrent);
  CHECK(Accepted(chain.third.ToDocument(), chain.third.ToCheckpoint()) ==
        CheckpointStatus::kCurrent);
}

TEST_CASE("Recovery: a state below its checkpoint is a rollback") {
  const Chain chain;
  CHECK(RefusedRecovery(chain.second.ToDocument(), chain.third.ToCheckpoint()) ==
        RegistryProblemKind::kRollback);
  CHECK(RefusedRecovery(chain.first.ToDocument(), chain.third.ToCheckpoint()) ==
        RegistryProblemKind::kRollback);
}

TEST_CASE("Recovery: the same generation with another hash is a rollback") {
  const Chain chain;
  CheckpointDocument other = chain.second.ToCheckpoint();
  other.current_hash = chain.first.current_hash();
  CHECK(RefusedRecovery(chain.second.ToDocument(), other) == RegistryProblemKind::kRollback);
}

TEST_CASE("Recovery: one ahead that chains from the checkpoint is accepted") {
  const Chain chain;
  CHECK(Accepted(chain.second.ToDocument(), chain.first.ToCheckpoint()) ==
        CheckpointStatus::kBehind);
}

TEST_CASE("Recovery: one ahead without chaining is a rollback") {
  const Chain chain;
  CheckpointDocument other = chain.first.ToCheckpoint();
  other.current_hash = chain.third.current_hash();
  CHECK(RefusedRecovery(chain.second.ToDocument(), other) == RegistryProblemKind::kRollback);
}

TEST_CASE("Recovery: further ahead is a rollback") {
  const Chain chain;
  CHECK(RefusedRecovery(chain.third.ToDocument(), chain.first.ToCheckpoint()) ==
        RegistryProblemKind::kRollback);
}

TEST_CASE("Recovery: a checkpoint that is none is refused") {
  const Chain chain;
  for (int change = 0; change < 4; ++change) {
    CheckpointDocument checkpoint = chain.first.ToCheckpoint();
    if (change == 0) checkpoint.schema_version = kRegistrySchema;
    if (change == 1) checkpoint.generation = 0;
    if (change == 2) checkpoint.current_hash = "krs1.AAAA";
    if (change == 3) checkpoint.generation = -1;
    CHECK(RefusedRecovery(chain.first.ToDocument(), checkpoint) == RegistryProblemKind::kInvalid);
  }
}

TEST_CASE("Recovery: a checkpoint at the last number there is overflows nothing") {
  const Chain chain;
  CheckpointDocument checkpoint = chain.first.ToCheckpoint();
  checkpoint.generation = std::numeric_limits<std::int64_t>::max();
  CHECK(RefusedRecovery(chain.first.ToDocument(), checkpoint) == RegistryProblemKind::kRollback);
}

TEST_CASE("Recovery: a state that does not verify is refused for its own reason") {
  const Chain chain;
  RegistryDocument tampered = chain.first.ToDocument();
  ++tampered.snapshots[0].observed_at;
  CHECK(RefusedRecovery(tampered, chain.first.ToCheckpoint()) == RegistryProblemKind::kBadHash);
}

TEST_CASE("FilesHold: state and checkpoint must both be the registry's") {
  const Chain c;
  CHECK(FilesHold(c.first.ToDocument(), c.first.ToCheckpoint(), c.first));
  CHECK_FALSE(FilesHold(c.second.ToDocument(), c.first.ToCheckpoint(), c.first));
  CHECK_FALSE(FilesHold(c.first.ToDocument(), c.second.ToCheckpoint(), c.first));
  CHECK_FALSE(FilesHold(c.first.ToDocument(), std::nullopt, c.first));
  CHECK_FALSE(FilesHold(std::nullopt, c.first.ToCheckpoint(), c.first));
}

TEST_CASE("MayOverwrite: only the confirmed or the attempted state or nothing at first") {
  const Chain c;
  const auto confirmed = c.first.ToCheckpoint();
  CHECK(MayOverwrite(c.first.ToDocument(), confirmed, &c.first, c.second));
  CHECK(MayOverwrite(c.second.ToDocument(), confirmed, &c.first, c.second));
  CHECK_FALSE(MayOverwrite(c.third.ToDocument(), confirmed, &c.first, c.second));
  CHECK_FALSE(MayOverwrite(std::nullopt, confirmed, &c.first, c.second));
  CHECK(MayOverwrite(std::nullopt, std::nullopt, nullptr, c.first));
  CHECK(MayOverwrite(c.first.ToDocument(), std::nullopt, nullptr, c.first));
  CHECK_FALSE(MayOverwrite(c.second.ToDocument(), std::nullopt, nullptr, c.first));
}

TEST_CASE("MayOverwrite: a checkpoint that names another state is left alone") {
  const Chain c;
  CHECK(MayOverwrite(c.second.ToDocument(), c.second.ToCheckpoint(), &c.first, c.second));
  CHECK(MayOverwrite(c.first.ToDocument(), std::nullopt, &c.first, c.second));
  CHECK_FALSE(MayOverwrite(c.first.ToDocument(), c.third.ToCheckpoint(), &c.first, c.second));
  CHECK_FALSE(MayOverwrite(c.second.ToDocument(), c.third.ToCheckpoint(), &c.first, c.second));
}

TEST_CASE("MayOverwrite: no first state is written beside a checkpoint") {
  const Chain c;
  CHECK_FALSE(MayOverwrite(std::nullopt, c.first.ToCheckpoint(), nullptr, c.first));
  CHECK_FALSE(MayOverwrite(std::nullopt, c.third.ToCheckpoint(), nullptr, c.first));
}

}  // namespace
}  // namespace baokms::core
