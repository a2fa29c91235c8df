#include "app/benchmark/benchmark.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "app/benchmark/benchmark_report.h"
#include "app/benchmark/benchmark_tally.h"
#include "app/benchmark/benchmark_watch.h"
#include "app/benchmark/socket_rounds.h"
#include "app/benchmark/transit_rounds.h"
#include "app/openbao/live_key.h"
#include "app/openbao/one_shot.h"
#include "app/process/interruption.h"
#include "app/process/terminal.h"
#include "app/reports/failure_advice.h"
#include "core/transit/transit_profile.h"
#include "core/wire/aad.h"
#include "core/wire/key_id.h"

namespace baokms::app {
namespace {

constexpr std::string_view kName = "benchmark";

// What kube-apiserver's calls would be made of, at the newest version of the key.
struct TransitTarget {
  std::unique_ptr<OpenBaoSession> session;
  core::TransitKeyVersion version;
  std::shared_ptr<const core::Aad> aad;
};

std::expected<TransitTarget, std::string> FindTarget(const OneShot& one_shot) {
  auto session = LogIn(one_shot);
  if (!session) return std::unexpected(session.error());
  const LiveKey key = ReadLiveKey(**session);
  if (!key.metadata) return std::unexpected(key.problem);
  const auto version = core::TransitKeyVersion::FromNumber(key.metadata->latest_version);
  const auto times = core::ReliableCreationTimes(*key.metadata);
  if (!version || !times) {
    return std::unexpected(NameAndAdvice(core::Reason::kProfileInvalid));
  }
  const core::ProviderIdentity identity = IdentityOf(one_shot.configuration);
  const core::KeyId key_id = core::DeriveKeyId(identity, *version, times->at(version->number()));
  return TransitTarget{
      .session = *std::move(session),
      .version = *version,
      .aad = std::make_shared<const core::Aad>(core::BuildAad(identity, *version, key_id))};
}

// An interruption ends the program: there is nothing to lose yet, and a login cannot be cut short.
std::expected<TransitTarget, std::string> FindUnlessInterrupted(const OneShot& one_shot,
                                                                const Interruption& interruption) {
  auto target = std::async(std::launch::async, [&one_shot] { return FindTarget(one_shot); });
  while (target.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (!interruption.Came(std::chrono::milliseconds(5))) continue;
    FailCheck(kName, std::string(kInterrupted) + " before anything was measured");
    std::_Exit(static_cast<int>(ExitCode::kCheckFailed));
  }
  return target.get();
}

WatchOptions WatchOf(const char* what, const BenchmarkRequest& request) {
  return {.what = what, .iterations = request.iterations, .limit = kLongestMeasurement};
}

Measured MeasureTransit(const TransitTarget& target, const OneShot& one_shot,
                        const BenchmarkRequest& request, const Interruption& interruption) {
  const auto tally = std::make_shared<BenchmarkTally>(request.iterations);
  const auto rounds = std::make_shared<TransitRounds>(
      TransitRounds::Options{.transit = target.session->transit(),
                             .clock = one_shot.clock,
                             .token = target.session->token(),
                             .version = target.version,
                             .aad = target.aad,
                             .call_timeout = one_shot.configuration.openbao.timeout},
      tally);
  rounds->Start(request.concurrency);
  Watch(*tally, WatchOf("Transit", request), interruption);
  rounds->Leave();
  return tally->Result();
}

// Half of what the provider serves at a time stays kube-apiserver's.
std::size_t SocketConcurrency(std::size_t asked, const core::ServerConfiguration& server) {
  const std::size_t half = static_cast<std::size_t>(std::min(server.max_concurrent_encrypt,
                                                             server.max_concurrent_decrypt)) /
                           2;
  return std::clamp<std::size_t>(half, 1, asked);
}

SocketFacts MeasureSocket(const core::ServerConfiguration& server, const BenchmarkRequest& request,
                          const Interruption& interruption) {
  SocketFacts facts;
  facts.skipped = NotMeasuredAdvice(server.socket_path);
  if (!facts.skipped.empty()) return facts;
  facts.concurrency = SocketConcurrency(request.concurrency, server);
  const auto tally = std::make_shared<BenchmarkTally>(request.iterations);
  const SocketRounds rounds(server.socket_path, facts.concurrency, tally);
  Watch(*tally, WatchOf("socket", request), interruption);
  facts.measured = tally->Result();
  return facts;
}

// What keeps this from being the benchmark that was asked for; empty: nothing.
std::string Problem(const char* side, const Measured& measured, std::size_t iterations) {
  if (!measured.problem.empty()) return std::string(side) + ' ' + measured.problem;
  if (measured.stopped.empty()) return {};
  return std::string(side) + ": " + measured.stopped + " after " +
         std::to_string(measured.iterations()) + " of " + std::to_string(iterations) +
         " iterations" + (measured.stopped == kTimeLimit ? ": use fewer --iterations" : "");
}

void PrintHistograms(const BenchmarkFacts& facts) {
  const Glyphs glyphs = ShowsUtf8() ? Glyphs::kUtf8 : Glyphs::kAscii;
  const std::size_t width = TerminalWidth(stdout);
  std::string text;
  for (const auto& [title, durations] : {std::pair{"Transit encrypt", &facts.transit.encrypts},
                                         {"Transit decrypt", &facts.transit.decrypts},
                                         {"socket Encrypt", &facts.socket.measured.encrypts},
                                         {"socket Decrypt", &facts.socket.measured.decrypts}}) {
    if (durations->empty()) continue;
    text += RenderHistogram(title, *durations, width, glyphs) + '\n';
  }
  std::fputs(text.c_str(), stdout);
}

ExitCode Print(const BenchmarkFacts& facts, const BenchmarkRequest& request) {
  const Report report = ReportBenchmark(facts);
  const bool json = request.format == OutputFormat::kJson;
  // The figures last: they are what a person looks for when it has ended.
  if (!json && IsTerminal(stdout)) PrintHistograms(facts);
  std::fputs((json ? RenderJson(report) : RenderBenchmark(report)).c_str(), stdout);
  std::fflush(stdout);  // before the error's line
  std::string problem = Problem("Transit", facts.transit, request.iterations);
  if (problem.empty()) problem = Problem("socket", facts.socket.measured, request.iterations);
  return problem.empty() ? ExitCode::kOk : FailCheck(kName, problem);
}

ExitCode Run(const OneShot& one_shot, const BenchmarkRequest& request) {
  const Interruption interruption;
  const auto target = FindUnlessInterrupted(one_shot, interruption);
  if (!target) return FailCheck(kName, target.error());
  BenchmarkFacts facts{.transit = MeasureTransit(*target, one_shot, request, interruption),
                       .concurrency = request.concurrency,
                       .socket = {}};
  // Of a Transit that fails or is slow nothing of the socket is new, and one Ctrl-C is enough.
  if (!facts.transit.problem.empty() || facts.transit.iterations() == 0) {
    return FailCheck(kName, Problem("Transit", facts.transit, request.iterations));
  }
  if (facts.transit.stopped.empty()) {
    facts.socket = MeasureSocket(one_shot.configuration.server, request, interruption);
  } else {
    facts.socket.skipped = "the measurement of Transit ended early";
  }
  return Print(facts, request);
}

}  // namespace

ExitCode Benchmark(const ConfigurationRequest& configuration, const BenchmarkRequest& request) {
  return RunOneShot(configuration, [&](const OneShot& one_shot) { return Run(one_shot, request); });
}

}  // namespace baokms::app
