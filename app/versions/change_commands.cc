#include "app/versions/change_commands.h"

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <expected>
#include <functional>
#include <string_view>
#include <utility>

#include "app/configuration/flag_file.h"
#include "app/openbao/live_key.h"
#include "app/openbao/one_shot.h"
#include "app/state/configured_state.h"
#include "app/versions/change_report.h"
#include "core/census/evidence_check.h"
#include "core/registry/migration.h"
#include "core/registry/registry_json.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_save.h"
#include "core/registry/retirement.h"

namespace baokms::app {
namespace {

constexpr const char* kEvidenceFlag = "--evidence";
constexpr std::string_view kThisNode =
    "It changes only this node's state: make the same change on every control-plane node, one "
    "after the other.";
constexpr std::string_view kBackups =
    "It cannot see etcd snapshots and backups: restoring one from before the re-encryption needs "
    "these versions again, so keep them in Transit (do not trim the key) until no such backup is "
    "left.";
constexpr std::array<std::string_view, 3> kRetireLimits = {
    "No evidence was given, and this command cannot see etcd: an object that is still encrypted "
    "under a removed version can no longer be read. Rewrite every object and have key-usage verify "
    "it: --evidence.",
    kBackups, kThisNode};
constexpr std::array<std::string_view, 3> kRetireLimitsWithEvidence = {
    "The evidence shows etcd as it was then: what another node has written since under an older "
    "version, and other etcds under the same Transit key, are not in it.",
    kBackups, kThisNode};
constexpr std::array<std::string_view, 2> kRestoreLimits = {
    "It cannot see etcd: it checks that Transit still has these versions unchanged, not that any "
    "object decrypts under them.",
    kThisNode};
constexpr std::array<std::string_view, 3> kMigrateLimits = {
    "A v1alpha1 file does not record transit.mountPath and transit.keyName: the values of the "
    "configuration are used without a check. Check with rotation-plan that transitMetadataStatus "
    "is pass before you start the provider.",
    "A provider that supports only v1alpha1 cannot read the new file: keep a copy of both old "
    "files until this provider serves.",
    kThisNode};

std::expected<void, std::string> CheckExpected(const ChangeRequest& change,
                                               const std::string& state_hash) {
  const std::string& expected = change.expected_state_hash;
  if (expected.empty() || expected == state_hash) return {};
  return std::unexpected(
      "the state does not match --expected-state-hash: print the plan again, read it and apply it");
}

// The state to change; a writer holds the lock from here on.
std::expected<core::Registry, std::string> OpenState(ConfiguredState& state,
                                                     const ChangeRequest& change) {
  if (change.apply) {
    if (auto locked = state.store.Lock(); !locked)
      return std::unexpected(core::Explain(locked.error()));
  }
  auto files = core::ReadRegistry(state.store, state.identity);
  if (!files) return std::unexpected(files.error());
  auto& registry = files->recovered.registry;
  if (!registry) {
    return std::unexpected(
        "there is no state at state.path: run this on a node whose provider has served");
  }
  if (auto good = CheckExpected(change, registry->current_hash()); !good) {
    return std::unexpected(good.error());
  }
  return *std::move(registry);
}

// Saves `facts.after` over `before` where that is asked for and something else, and reports.
ExitCode Finish(ports::StateStore& store, const ChangeRequest& change,
                const core::RegistryDocument& before, ChangeFacts facts) {
  if (change.apply && facts.after.current_hash() != before.current_hash) {
    if (auto saved = core::SaveConfirmed(store, before, facts.after); !saved) {
      return FailCheck(facts.operation, saved.error());
    }
    facts.applied = true;
  }
  std::fputs(RenderChange(ReportChange(facts), change.format).c_str(), stdout);
  return ExitCode::kOk;
}

using Reasons = std::vector<std::string>;
using Plan = std::expected<core::RegistryChange, core::ChangeRefusal>;

struct VersionChange {
  std::string_view operation;
  std::function<Plan(const core::Registry&, const core::TransitKeyMetadata&)> plan;
  // Why the plan may not be carried out all the same; nothing when it may.
  std::function<Reasons(const core::Registry&, const core::RegistryChange&)> doubt;
  std::function<ChangeFacts(const core::Registry& now, core::RegistryChange plan)> tell;
};

ExitCode Run(const OneShot& one_shot, const ChangeRequest& change, const VersionChange& command) {
  ConfiguredState state(one_shot.configuration);
  const auto registry = OpenState(state, change);
  if (!registry) return FailCheck(command.operation, registry.error());
  const LiveKey key = ReadLiveKey(one_shot);
  if (!key.problem.empty()) return FailCheck(command.operation, key.problem);
  auto plan = command.plan(*registry, *key.metadata);
  if (!plan) return FailCheck(command.operation, plan.error().text);
  if (const auto reasons = command.doubt(*registry, *plan); !reasons.empty()) {
    for (const std::string& reason : reasons) FailCheck(command.operation, reason);
    return ExitCode::kCheckFailed;
  }
  return Finish(state.store, change, registry->ToDocument(),
                command.tell(*registry, *std::move(plan)));
}

using Reports = std::vector<core::UsageReport>;

std::expected<Reports, ConfigProblems> ReadEvidence(const OneShot& one_shot,
                                                    const EvidenceRequest& request) {
  Reports evidence;
  for (const std::string& path : request.files) {
    const auto text = ReadFlagFile(one_shot.files, kEvidenceFlag, path, kEvidenceFile);
    if (!text) return std::unexpected(text.error());
    auto report = ParseUsageReport(text->ExposeSecret());
    if (!report) return std::unexpected(ConfigProblems{{kEvidenceFlag, 0, report.error()}});
    evidence.push_back(*std::move(report));
  }
  return evidence;
}

// Of the state file; now when that cannot be told.
core::UnixSeconds LastChange(const std::string& state_file, core::UnixSeconds now) {
  struct stat file{};
  return stat(state_file.c_str(), &file) == 0 ? file.st_mtim.tv_sec : now;
}

Reasons Doubt(const OneShot& one_shot, const EvidenceRequest& request, const Reports& evidence,
              const core::Registry& registry, const core::RegistryChange& plan) {
  core::EvidenceTerms terms =
      TermsOf(one_shot.configuration, request.bounds, one_shot.clock.Now().wall);
  terms.promoted_at = registry.active().promoted_at;
  if (terms.promoted_at == 0)
    terms.promoted_at = LastChange(one_shot.configuration.state.path, terms.now);
  Reasons reasons;
  for (std::size_t i = 0; i < evidence.size(); ++i) {
    const std::string which =
        evidence.size() == 1 ? "the evidence: " : "evidence " + std::to_string(i + 1) + ": ";
    for (const std::string& reason : core::RefuseEvidence(evidence[i], terms, plan.changed)) {
      reasons.push_back(which + reason);
    }
  }
  return reasons;
}

constexpr std::string_view kMigrate = "migrate-state";

ChangeFacts TellMigration(const std::string& state_hash, const core::Registry& after) {
  return {.operation = kMigrate,
          .state_hash = state_hash,
          .after = after,
          .limitations = kMigrateLimits};
}

// Nothing to carry over: there is no state, or it is v1alpha2 already.
ExitCode ReportMigrated(ConfiguredState& state, const ChangeRequest& change) {
  const auto registry = OpenState(state, change);
  if (!registry) return FailCheck(kMigrate, registry.error());
  return Finish(state.store, change, registry->ToDocument(),
                TellMigration(registry->current_hash(), *registry));
}

ExitCode Migrate(const OneShot& one_shot, const ChangeRequest& change) {
  ConfiguredState state(one_shot.configuration);
  if (change.apply) {
    if (auto locked = state.store.Lock(); !locked)
      return FailCheck(kMigrate, core::Explain(locked.error()));
  }
  const auto files = state.store.Load();
  if (!files) return FailCheck(kMigrate, core::Explain(files.error()));
  if (!files->state || files->state->schema_version != core::kOlderRegistrySchema) {
    return ReportMigrated(state, change);
  }
  const auto next = core::MigrateRegistry(*files->state, files->checkpoint, state.identity);
  if (!next) return FailCheck(kMigrate, core::Explain(next.error()));
  const std::string& state_hash = files->state->current_hash;
  if (auto good = CheckExpected(change, state_hash); !good)
    return FailCheck(kMigrate, good.error());
  return Finish(state.store, change, *files->state, TellMigration(state_hash, *next));
}

}  // namespace

ExitCode RetireVersions(const ConfigurationRequest& request, const ChangeRequest& change,
                        core::TransitKeyVersion before, const EvidenceRequest& asked) {
  return RunOneShot(request, [&](const OneShot& one_shot) {
    const auto evidence = ReadEvidence(one_shot, asked);
    if (!evidence) return RefuseConfiguration(evidence.error());
    const VersionChange command{
        .operation = "retire-versions",
        .plan =
            [&](const auto& registry, const auto& metadata) {
              return core::RetireVersions(registry, metadata, before);
            },
        .doubt =
            [&](const core::Registry& registry, const core::RegistryChange& plan) {
              return Doubt(one_shot, asked, *evidence, registry, plan);
            },
        .tell =
            [&](const core::Registry& now, core::RegistryChange plan) {
              ChangeFacts facts{.operation = "retire-versions",
                                .before_version = before.number(),
                                .state_hash = now.current_hash(),
                                .after = plan.next.value_or(now),
                                .removed = std::move(plan.changed),
                                .limitations = kRetireLimits};
              if (!evidence->empty()) facts.limitations = kRetireLimitsWithEvidence;
              for (const core::UsageReport& report : *evidence) {
                facts.evidence.push_back(Describe(report));
              }
              return facts;
            }};
    return Run(one_shot, change, command);
  });
}

ExitCode RestoreVersions(const ConfigurationRequest& request, const ChangeRequest& change,
                         const std::set<core::TransitKeyVersion>& versions) {
  const VersionChange command{.operation = "restore-versions",
                              .plan =
                                  [&](const auto& registry, const auto& metadata) {
                                    return core::RestoreVersions(registry, metadata, versions);
                                  },
                              .doubt = [](const auto&, const auto&) { return Reasons(); },
                              .tell =
                                  [](const core::Registry& now, core::RegistryChange plan) {
                                    return ChangeFacts{.operation = "restore-versions",
                                                       .state_hash = now.current_hash(),
                                                       .after = plan.next.value_or(now),
                                                       .restored = std::move(plan.changed),
                                                       .limitations = kRestoreLimits};
                                  }};
  return RunOneShot(request, [&](const auto& one_shot) { return Run(one_shot, change, command); });
}

ExitCode MigrateState(const ConfigurationRequest& request, const ChangeRequest& change) {
  return RunOneShot(request, [&](const auto& one_shot) { return Migrate(one_shot, change); });
}

}  // namespace baokms::app
