#include "app/key_usage/key_usage.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <expected>
#include <functional>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "adapters/config_yaml/encryption/encryption_rules.h"
#include "adapters/etcd/snapshot_reader.h"
#include "app/configuration/flag_file.h"
#include "app/key_usage/key_usage_report.h"
#include "app/key_usage/key_usage_text.h"
#include "app/key_usage/migration_progress.h"
#include "app/key_usage/usage_metrics.h"
#include "app/openbao/one_shot.h"
#include "app/process/progress_line.h"
#include "app/process/terminal.h"
#include "app/state/configured_state.h"
#include "core/census/key_census.h"
#include "core/registry/registry_opening.h"

namespace baokms::app {
namespace {

namespace etcd = adapters::etcd;

constexpr std::string_view kName = "key-usage";
constexpr const char* kEncryptionConfigurationFlag = "--encryption-config";

// As strict as a client secret's. Certificates are public, and kubeadm's are readable by all.
constexpr ports::FilePolicy kEtcdKeyFile{.forbidden_mode_bits = 0137, .max_bytes = 64 * 1024};

std::expected<etcd::TlsFiles, ConfigProblems> ReadTlsFiles(const ports::FileReader& files,
                                                           const KeyUsageRequest& request) {
  const auto ca = ReadFlagFile(files, "--etcd-cacert", request.ca_file, ports::kCaFile);
  if (!ca) return std::unexpected(ca.error());
  const auto certificate =
      ReadFlagFile(files, "--etcd-cert", request.certificate_file, ports::kCaFile);
  if (!certificate) return std::unexpected(certificate.error());
  auto key = ReadFlagFile(files, "--etcd-key", request.key_file, kEtcdKeyFile);
  if (!key) return std::unexpected(key.error());
  return etcd::TlsFiles{.ca = std::string(ca->ExposeSecret()),
                        .certificate = std::string(certificate->ExposeSecret()),
                        .key = *std::move(key)};
}

using Rules = std::optional<std::vector<core::EncryptionRule>>;

std::expected<Rules, ConfigProblems> ReadRules(const OneShot& one_shot,
                                               const KeyUsageRequest& request) {
  if (request.encryption_configuration_file.empty()) return Rules();
  const auto text =
      ReadFlagFile(one_shot.files, kEncryptionConfigurationFlag,
                   request.encryption_configuration_file, ports::kEncryptionConfigFile);
  if (!text) return std::unexpected(text.error());
  auto rules = adapters::config_yaml::ReadEncryptionRules(
      text->ExposeSecret(), one_shot.configuration.transit.key_id_scope.provider_name);
  if (!rules) return std::unexpected(std::move(rules.error()));
  return Rules(*std::move(rules));
}

// The registry that names versions, or why there is none.
std::expected<core::Registry, std::string> ReadLocalState(
    const core::Configuration& configuration) {
  ConfiguredState state(configuration);
  auto files = core::ReadRegistry(state.store, state.identity);
  if (!files) return std::unexpected(files.error());
  if (!files->recovered.registry) {
    return std::unexpected(
        std::string("state.path: there is no state file: run this on a node whose provider has "
                    "served, as its user or root"));
  }
  return *std::move(files->recovered.registry);
}

std::vector<core::KeyId> RecordedKeyIds(const std::expected<core::Registry, std::string>& state) {
  std::vector<core::KeyId> key_ids;
  if (!state) return key_ids;
  for (const core::KeySnapshot& snapshot : state->snapshots()) key_ids.push_back(snapshot.key_id);
  return key_ids;
}

// Counts each object and shows how far it is.
class CountingVisitor {
 public:
  explicit CountingVisitor(core::KeyCensus& census) : census_(census) {}

  void operator()(std::string_view key, std::string_view value) {
    census_.Count(key, value);
    constexpr std::uint64_t kKeysBetweenNews = 512;
    if (census_.keys_scanned() % kKeysBetweenNews != 0) return;
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began_;
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(census_.keys_scanned()) /
                                                 std::max(taken.count(), 0.001));
    progress_.Show(WithThousands(census_.keys_scanned()) + " keys, " + WithThousands(rate) +
                   " keys/s");
  }
  void Clear() { progress_.Clear(); }

 private:
  core::KeyCensus& census_;
  ProgressLine progress_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// The endpoints' own words are not among it; which endpoint it was is, by its place in the flag.
ExitCode Fail(const etcd::EtcdFailure& failure, const KeyUsageRequest& request) {
  for (const etcd::EndpointProblem& at : failure) {
    std::string why;
    if (request.endpoints.size() > 1) {
      why.append("endpoint ").append(std::to_string(at.endpoint + 1)).append(" of ");
      why.append(std::to_string(request.endpoints.size())).append(": ");
    }
    FailCheck(kName, why.append(etcd::AdviceFor(at.problem)));
  }
  return ExitCode::kCheckFailed;
}

// One reading of etcd beside the local state of the same moment.
class Census {
 public:
  Census(const OneShot& one_shot, const KeyUsageRequest& request, Rules rules)
      : one_shot_(one_shot), request_(request), rules_(std::move(rules)) {}

  std::expected<void, etcd::EtcdFailure> Take(etcd::SnapshotReader& reader) {
    taken_at_ = one_shot_.clock.Now().wall;
    state_ = ReadLocalState(one_shot_.configuration);
    counts_.emplace(core::CensusOptions{.prefix = request_.prefix,
                                        .provider_name = provider_name(),
                                        .recorded = RecordedKeyIds(state_)});
    CountingVisitor visitor(*counts_);
    const auto revision = reader.Read(request_.prefix, request_.largest_page, std::ref(visitor));
    visitor.Clear();
    if (!revision) return std::unexpected(revision.error());
    revision_ = *revision;
    return {};
  }

  KeyUsageFacts facts() const {
    return {.name = kName,
            .revision = revision_,
            .prefix = request_.prefix,
            .provider_name = provider_name(),
            .census = *counts_,
            .state = state_,
            .cluster_id = one_shot_.configuration.transit.key_id_scope.cluster_id,
            .taken_at = taken_at_,
            .rules = rules_};
  }
  UsageFindings findings() const {
    return WhatShouldNotBeThere(*counts_, provider_name(), state_, rules_);
  }

 private:
  const std::string& provider_name() const {
    return one_shot_.configuration.transit.key_id_scope.provider_name;
  }

  const OneShot& one_shot_;
  const KeyUsageRequest& request_;
  const Rules rules_;
  core::UnixSeconds taken_at_ = 0;
  std::expected<core::Registry, std::string> state_ = std::unexpected(std::string());
  std::optional<core::KeyCensus> counts_;
  std::int64_t revision_ = 0;
};

// Takes the census until nothing is left to rewrite, and says each time how much is.
std::expected<void, etcd::EtcdFailure> Follow(Census& census, etcd::SnapshotReader& reader,
                                              std::chrono::seconds pause) {
  MigrationProgress progress;
  if (!census.findings().plaintext) {
    std::fputs("without --encryption-config, objects in plaintext are not counted\n", stderr);
  }
  while (true) {
    const auto seen = census.findings();
    std::fprintf(stderr, "%s\n", progress.Tell(census.facts().taken_at, seen).c_str());
    if (LeftToRewrite(seen) == 0) return {};
    std::this_thread::sleep_for(pause);
    if (auto taken = census.Take(reader); !taken) return taken;
  }
}

ExitCode Print(const Census& census, const KeyUsageRequest& request) {
  const KeyUsageFacts facts = census.facts();
  const TextLayout layout{.width = IsTerminal(stdout) ? TerminalWidth(stdout) : 0,
                          .color = ShowsColor(stdout)};
  const std::string text = request.format == OutputFormat::kJson ? RenderJson(ReportKeyUsage(facts))
                                                                 : DescribeKeyUsage(facts, layout);
  std::fputs(text.c_str(), stdout);
  if (!request.textfile.empty() && !WriteTextfile(request.textfile, RenderUsageMetrics(facts))) {
    FailCheck(kName, "--textfile: cannot be written: use a directory that this user may write to");
    return ExitCode::kOther;
  }
  ExitCode code = ExitCode::kOk;
  for (const std::string& found : Explain(census.findings(), request.fail_on)) {
    code = FailCheck(kName, found);
  }
  return code;
}

ExitCode CountKeyUsage(const OneShot& one_shot, const KeyUsageRequest& request) {
  auto tls = ReadTlsFiles(one_shot.files, request);
  if (!tls) return RefuseConfiguration(tls.error());
  auto rules = ReadRules(one_shot, request);
  if (!rules) return RefuseConfiguration(rules.error());
  auto reader =
      etcd::SnapshotReader::Make({.endpoints = request.endpoints, .tls = *std::move(tls)});
  if (!reader) return FailCheck(kName, etcd::AdviceFor(reader.error()));

  Census census(one_shot, request, *std::move(rules));
  if (auto taken = census.Take(*reader); !taken) return Fail(taken.error(), request);
  if (request.watch) {
    if (const KeyUsageFacts facts = census.facts(); !facts.state) {
      return FailCheck(kName, "--watch needs the local state, which says which versions are old: " +
                                  facts.state.error());
    }
    if (auto followed = Follow(census, *reader, *request.watch); !followed) {
      return Fail(followed.error(), request);
    }
  }
  return Print(census, request);
}

}  // namespace

ExitCode KeyUsage(const ConfigurationRequest& configuration, const KeyUsageRequest& request) {
  return RunOneShot(configuration,
                    [&](const OneShot& one_shot) { return CountKeyUsage(one_shot, request); });
}

}  // namespace baokms::app
