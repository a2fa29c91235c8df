#include "tests/e2e/support/token_node.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <thread>

namespace baokms::e2e {
namespace {

std::string Duration(Milliseconds time) { return std::to_string(time.count()) + "ms"; }

testing::SetupOptions NamesWithTimes(const TokenTimes& times) {
  testing::SetupOptions names = FreshNames();
  names.token_ttl = times.ttl;
  names.token_max_ttl = times.max_ttl;
  return names;
}

}  // namespace

TokenNode::TokenNode(const TokenTimes& with)
    : times(with), bench(NamesWithTimes(with)), config(bench.Config()) {
  config.tree["openbao"]["timeout"] = "5s";  // a busy machine is no outage
  config.tree["auth"]["loginTimeout"] = "5s";
  config.tree["auth"]["loginBeforeTokenExpiry"] = Duration(times.login_before);
  config.tree["auth"]["tokenRenewalIncrement"] = Duration(times.ttl);
  config.tree["status"] = {{"probeInterval", Duration(times.probe_interval)},
                           {"deepProbeInterval", Duration(times.probe_interval)},
                           {"statusMaxStaleness", "30s"}};
  config.Write();
}

void TokenNode::WriteRole(const Json& changes) const {
  bench.setup.CreateRole(bench.setup.options().role, changes);
}

void TokenNode::Start() {
  serving.emplace(config);
  earlier = serving->Seal(TokenLoad::kEarlier);
}

TokenCounts TokenNode::Counts() const {
  TokenCounts counts;
  std::istringstream text(serving->process.Metrics());
  for (std::string line; std::getline(text, line);) {
    const bool login = line.starts_with("openbao_kms_auth_login_total{");
    if (!login && !line.starts_with("openbao_kms_auth_renewal_total{")) continue;
    const bool ok = line.contains("status=\"ok\"");
    const long count = std::strtol(line.c_str() + line.rfind(' '), nullptr, 10);
    long& good = login ? counts.logins : counts.renewals;
    long& failed = login ? counts.failed_logins : counts.failed_renewals;
    (ok ? good : failed) += count;
  }
  return counts;
}

bool TokenNode::WaitLogins(long logins, Milliseconds timeout) const {
  return Eventually(timeout, [&] { return Counts().logins >= logins; });
}

double TokenNode::WaitOpens() const {
  const auto began = std::chrono::steady_clock::now();
  CHECK(
      Eventually(Milliseconds(60000), [&] { return serving->stub.Decrypt(earlier).status.ok(); }));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void TokenNode::CheckRecovered() const {
  CHECK(Eventually(Milliseconds(60000), [&] { return serving->Healthy(); }));
  TokenLoad load(config, earlier);
  std::this_thread::sleep_for(Milliseconds(2000));
  CheckNothingFailed(load.Stop());
}

void CheckLogLevels(TokenNode& node) {
  const auto check = [&](std::string_view message, std::string_view level_when_ok, long count) {
    CHECK(node.serving->process.WaitLog(message, static_cast<std::size_t>(count)));
    for (const Json& line : node.serving->process.LogLines(message)) {
      const bool ok = line.at("status") == "ok";
      CHECK(line.at("level") == (ok ? level_when_ok : "WARN"));
      CHECK(line.contains("error_class") == !ok);
      CHECK(line.contains("duration_ms"));
    }
  };
  const TokenCounts counts = node.Counts();
  check("auth.login", "INFO", counts.logins + counts.failed_logins);
  check("auth.renewal", "DEBUG", counts.renewals + counts.failed_renewals);
}

void Tell(const TokenNode& node, const TokenLoad::Figures& figures, const std::string& what) {
  const TokenCounts counts = node.Counts();
  MESSAGE(SharedOpenBao().name() << ", " << what << ": " << figures.requests() << " requests ("
                                 << figures.encrypts << " encrypts, " << figures.decrypts
                                 << " decrypts, " << figures.status << " status), "
                                 << figures.all_refused() << " refused, " << figures.unhealthy
                                 << " unhealthy; logins " << counts.logins << " and "
                                 << counts.failed_logins << " failed, renewals " << counts.renewals
                                 << " and " << counts.failed_renewals << " failed");
}

}  // namespace baokms::e2e
