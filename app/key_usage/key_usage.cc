#include "app/key_usage/key_usage.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <expected>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "adapters/etcd/snapshot_reader.h"
#include "app/configuration/flag_file.h"
#include "app/key_usage/key_usage_report.h"
#include "app/openbao/one_shot.h"
#include "app/process/progress_line.h"
#include "app/state/configured_state.h"
#include "core/census/key_census.h"
#include "core/registry/registry_opening.h"

namespace baokms::app {
namespace {

namespace etcd = adapters::etcd;

constexpr std::string_view kName = "key-usage";

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

ExitCode TakeCensus(const OneShot& one_shot, const KeyUsageRequest& request) {
  auto tls = ReadTlsFiles(one_shot.files, request);
  if (!tls) return RefuseConfiguration(tls.error());
  auto reader =
      etcd::SnapshotReader::Make({.endpoints = request.endpoints, .tls = *std::move(tls)});
  if (!reader) return FailCheck(kName, etcd::AdviceFor(reader.error()));

  const auto state = ReadLocalState(one_shot.configuration);
  const std::string& provider_name = one_shot.configuration.transit.key_id_scope.provider_name;
  core::KeyCensus census({.prefix = request.prefix,
                          .provider_name = provider_name,
                          .recorded = RecordedKeyIds(state)});
  CountingVisitor visitor(census);
  const auto revision = reader->Read(request.prefix, request.largest_page, std::ref(visitor));
  visitor.Clear();
  if (!revision) return Fail(revision.error(), request);

  const KeyUsageFacts facts{.name = kName,
                            .revision = *revision,
                            .prefix = request.prefix,
                            .provider_name = provider_name,
                            .census = census,
                            .state = state};
  const std::string text = request.format == OutputFormat::kJson ? RenderJson(ReportKeyUsage(facts))
                                                                 : DescribeKeyUsage(facts);
  std::fputs(text.c_str(), stdout);
  return ExitCode::kOk;
}

}  // namespace

ExitCode KeyUsage(const ConfigurationRequest& configuration, const KeyUsageRequest& request) {
  return RunOneShot(configuration,
                    [&](const OneShot& one_shot) { return TakeCensus(one_shot, request); });
}

}  // namespace baokms::app
