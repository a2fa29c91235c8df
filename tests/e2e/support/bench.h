// What every end-to-end case stands on: one OpenBao a test process, and in it a mount, key, login
// and policy of the case's own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"

namespace baokms::e2e {

using testing::Json;
using testing::ProviderConfig;
using testing::ProviderProcess;
using Milliseconds = std::chrono::milliseconds;
using Names = std::vector<std::string>;

// gRPC's numbers (wire-contract.md, "gRPC status and error class").
enum class Code {
  kOk = 0,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kInternal = 13,
  kUnavailable = 14,
  kUnauthenticated = 16,
};

// BAOKMS_E2E_TARGET: "emulator" (or unset) or "openbao".
bool OnRealOpenBao();

// The server of this test process, started at the first call. The real one keeps its data in
// memory.
testing::OpenBaoUnderTest& SharedOpenBao();
// For a case that stops and starts it: from now on it has Raft storage. Before anything else in the
// case: what was in it is gone.
void UseRaftStorage();
// The same as the emulator; only for cases that are not run against the real server.
testing::EmulatorUnderTest& SharedEmulator();

// Names that no other case of this process uses; to be changed before Bench takes them.
testing::SetupOptions FreshNames();

// One case's own corner of the shared server.
class Bench {
 public:
  Bench() : Bench(FreshNames()) {}
  explicit Bench(testing::SetupOptions names) : setup(SharedOpenBao(), std::move(names)) {}

  testing::OpenBaoUnderTest& openbao() { return SharedOpenBao(); }
  ProviderConfig Config() { return {SharedOpenBao(), setup}; }

  testing::OpenBaoSetup setup;
};

// Durations as the configuration has them.
struct Pace {
  const char* timeout = "2s";  // openbao.timeout
  const char* probe;           // status.probeInterval
  const char* deep_probe;      // status.deepProbeInterval
  const char* staleness;       // status.statusMaxStaleness
};
// The case's configuration, written, with this pace instead of the short intervals.
ProviderConfig PacedConfig(Bench& bench, const Pace& pace);

// Asks every 20 ms; false when `timeout` is over first.
bool Eventually(Milliseconds timeout, const std::function<bool()>& holds);

// A provider that serves, and a client of its socket. REQUIREs that it gets ready.
struct Serving {
  explicit Serving(const ProviderConfig& config, ProviderProcess::Options options = {});

  // The key_id of a healthy Status; REQUIREd.
  std::string KeyId() const;
  bool Healthy() const { return stub.Status().healthz == "ok"; }
  // Encrypts; REQUIREd to work.
  testing::SealedObject Seal(const std::string& plaintext) const;
  // CHECKs that it decrypts to `plaintext`.
  void CheckOpens(const testing::SealedObject& sealed, const std::string& plaintext) const;
  void CheckRoundTrip(const std::string& plaintext = "a value") const;
  Json Ready() const { return Json::parse(process.Health("/ready").body, nullptr, false); }

  ProviderProcess process;
  testing::KmsStub stub;
};

// By SIGTERM, at once; CHECKs that it exits 0.
void Stop(std::optional<Serving>& provider);

// openbao_kms_auth_login_total{status}; 0 when there is none.
double Logins(const ProviderProcess& process, std::string_view status = "ok");

inline bool Says(const std::string& text, std::string_view words) { return text.contains(words); }

// The last line of standard error that is no JSON: what tells a person what to do.
std::string LastPlainLine(const ProviderProcess& process);

// CHECKs that it ends with this code within 15 s; returns LastPlainLine.
std::string CheckExits(ProviderProcess& process, int code);

// CHECKs that it serves with Status and Encrypt refused for `reason`, and says so; returns
// LastPlainLine.
std::string CheckServesUnhealthy(const ProviderConfig& config, ProviderProcess& process,
                                 std::string_view reason);

// The state file as JSON.
Json ReadState(const ProviderConfig& config);
// Transit versions of the records in this state, ascending.
std::vector<int> VersionsIn(const Json& state, std::string_view record_state);
// State and checkpoint, byte for byte.
struct StateFiles {
  std::string state;
  std::string checkpoint;
  friend bool operator==(const StateFiles&, const StateFiles&) = default;
};
StateFiles ReadStateFiles(const ProviderConfig& config);
void WriteStateFiles(const ProviderConfig& config, const StateFiles& files);

// `bao-kms-provider <arguments>`, to its end.
struct CommandResult {
  int code = -1;  // -1: it did not exit by itself within 20 s
  std::string out;
  std::string err;
};
CommandResult RunCommand(const std::vector<std::string>& arguments,
                         std::map<std::string, std::optional<std::string>> environment = {});

}  // namespace baokms::e2e
