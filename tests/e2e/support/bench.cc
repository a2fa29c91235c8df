#include "tests/e2e/support/bench.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "tests/e2e/support/overheard.h"
#include "tests/e2e/support/report_schema.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/real_openbao.h"

namespace baokms::e2e {
namespace {

std::unique_ptr<testing::OpenBaoUnderTest>& Slot() {
  static std::unique_ptr<testing::OpenBaoUnderTest> server;
  return server;
}

std::unique_ptr<testing::RealOpenBao> StartRealOpenBao(testing::OpenBaoStorage storage) {
  const auto program = testing::FindRealOpenBao();
  if (!program) throw testing::HarnessError(testing::HowToGetOpenBao());
  return std::make_unique<testing::RealOpenBao>(*program, storage);
}

bool AsksForJson(const std::vector<std::string>& arguments) {
  const auto flag = std::ranges::find(arguments, "--output");
  return flag != arguments.end() && std::next(flag) != arguments.end() &&
         *std::next(flag) == "json";
}

}  // namespace

bool OnRealOpenBao() {
  const char* target = std::getenv("BAOKMS_E2E_TARGET");
  const std::string_view name = target == nullptr ? "" : target;
  if (name == "openbao") return true;
  if (name.empty() || name == "emulator") return false;
  throw testing::HarnessError("BAOKMS_E2E_TARGET is neither emulator nor openbao");
}

testing::OpenBaoUnderTest& SharedOpenBao() {
  if (Slot() == nullptr) {
    if (OnRealOpenBao()) {
      Slot() = StartRealOpenBao(testing::OpenBaoStorage::kMemory);
    } else {
      Slot() = std::make_unique<testing::EmulatorUnderTest>();
    }
  }
  return *Slot();
}

void UseRaftStorage() {
  if (!OnRealOpenBao()) return;
  const auto* server = dynamic_cast<const testing::RealOpenBao*>(Slot().get());
  if (server != nullptr && server->storage() == testing::OpenBaoStorage::kRaft) return;
  Slot() = StartRealOpenBao(testing::OpenBaoStorage::kRaft);
}

testing::EmulatorUnderTest& SharedEmulator() {
  return dynamic_cast<testing::EmulatorUnderTest&>(SharedOpenBao());
}

testing::SetupOptions FreshNames() {
  static int cases = 0;
  const std::string number = std::to_string(++cases);
  testing::SetupOptions names;
  names.transit_mount = "planted-mount-" + number;
  names.key_name = "planted-key-" + number;
  names.auth_mount = "auth/planted-login-" + number;
  names.role = "planted-role-" + number;
  names.policy = "planted-policy-" + number;
  return names;
}

ProviderConfig PacedConfig(Bench& bench, const Pace& pace) {
  ProviderConfig config = bench.Config();
  config.tree["openbao"]["timeout"] = pace.timeout;
  config.tree["status"] = {{"probeInterval", pace.probe},
                           {"deepProbeInterval", pace.deep_probe},
                           {"statusMaxStaleness", pace.staleness}};
  config.Write();
  return config;
}

bool Eventually(Milliseconds timeout, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(Milliseconds(20));
  }
  return true;
}

Serving::Serving(const ProviderConfig& config, ProviderProcess::Options options)
    : process(config, std::move(options)), stub(config.socket()) {
  // Status is healthy a moment before the socket serves.
  const bool ready = process.WaitServing() && process.WaitReady();
  if (!ready) MESSAGE(process.Stderr());
  REQUIRE(ready);
}

std::string Serving::KeyId() const {
  const testing::StatusAnswer status = stub.Status();
  REQUIRE(status.status.ok());
  REQUIRE(status.version == "v2");
  REQUIRE(status.healthz == "ok");
  return status.key_id;
}

testing::SealedObject Serving::Seal(const std::string& plaintext) const {
  testing::EncryptAnswer answer = stub.Encrypt(plaintext);
  INFO(answer.status.message);
  REQUIRE(answer.status.code == 0);
  return std::move(answer.sealed);
}

void Stop(std::optional<Serving>& provider) {
  CHECK(provider->process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
  provider.reset();
}

void Serving::CheckOpens(const testing::SealedObject& sealed, const std::string& plaintext) const {
  const testing::DecryptAnswer answer = stub.Decrypt(sealed);
  INFO(answer.status.message);
  CHECK(answer.status.code == 0);
  CHECK(answer.plaintext == plaintext);
}

void Serving::CheckRoundTrip(const std::string& plaintext) const {
  CheckOpens(Seal(plaintext), plaintext);
}

double Logins(const ProviderProcess& process, std::string_view status) {
  return process.Metric("openbao_kms_auth_login_total{status=\"" + std::string(status) + "\"}")
      .value_or(0);
}

std::string LastPlainLine(const ProviderProcess& process) {
  std::istringstream text(process.Stderr());
  std::string last;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.front() != '{') last = line;
  }
  return last;
}

std::string CheckExits(ProviderProcess& process, int code) {
  const auto ended = process.child().Wait(Milliseconds(15000));
  std::string line = LastPlainLine(process);
  INFO(process.Stderr());
  REQUIRE(ended.has_value());
  CHECK(ended->code == code);
  return line;
}

std::string CheckServesUnhealthy(const ProviderConfig& config, ProviderProcess& process,
                                 std::string_view reason) {
  REQUIRE(process.WaitServing());
  REQUIRE(process.WaitLog("serve.unhealthy"));
  const testing::KmsStub stub(config.socket());
  CHECK(stub.Status().healthz == "unhealthy");
  CHECK(stub.Encrypt("x").status.code == static_cast<int>(Code::kFailedPrecondition));
  CHECK(process.Health("/ready").status == 503);
  const std::vector<Json> lines = process.LogLines("serve.unhealthy");
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().at("reason") == reason);
  CHECK(lines.front().at("level") == "WARN");
  std::string line = LastPlainLine(process);
  CHECK_MESSAGE(Says(line, "although Status is unhealthy"), line);
  CHECK(line.ends_with(lines.front().at("advice").get<std::string>()));
  return line;
}

Json ReadState(const ProviderConfig& config) {
  return Json::parse(testing::ReadWholeFile(config.state_file()), nullptr, false);
}

std::vector<int> VersionsIn(const Json& state, std::string_view record_state) {
  std::vector<int> versions;
  if (!state.is_object()) return versions;
  for (const Json& record : state.at("snapshots")) {
    if (record.at("state") == record_state) {
      versions.push_back(record.at("transitVersion").get<int>());
    }
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

StateFiles ReadStateFiles(const ProviderConfig& config) {
  return {.state = testing::ReadWholeFile(config.state_file()),
          .checkpoint = testing::ReadWholeFile(config.state_file() + ".checkpoint")};
}

void WriteStateFiles(const ProviderConfig& config, const StateFiles& files) {
  const auto write = [](const std::string& path, const std::string& content) {
    if (content.empty()) {
      unlink(path.c_str());
    } else {
      testing::WriteWholeFile(path, content, 0640);
    }
  };
  write(config.state_file(), files.state);
  write(config.state_file() + ".checkpoint", files.checkpoint);
}

CommandResult RunCommand(const std::vector<std::string>& arguments,
                         std::map<std::string, std::optional<std::string>> environment) {
  const testing::TempDirectory directory;
  testing::ChildProcess::Options options{.argv = {testing::ProviderProgram()},
                                         .environment = std::move(environment),
                                         .stdout_file = directory.File("out"),
                                         .stderr_file = directory.File("err")};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  testing::ChildProcess child(std::move(options));
  const auto ended = child.Wait(Milliseconds(20000));
  // Whatever a test asks about a report, its fields are those that are published.
  if (AsksForJson(arguments)) CheckReportFits(arguments.front(), child.Stdout());
  CheckSilentCommand(arguments, child.Stdout() + child.Stderr());
  return {.code = ended && ended->code ? *ended->code : -1,
          .out = child.Stdout(),
          .err = child.Stderr()};
}

}  // namespace baokms::e2e
