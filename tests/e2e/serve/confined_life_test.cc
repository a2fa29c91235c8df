// All that serving needs goes on under Landlock and seccomp, for as long as BAOKMS_CONFINED_SECONDS
// says (security-and-deployment.md, "Landlock and seccomp"): load, tokens that are obtained anew,
// CA and JWT that are renewed by renaming, rotations with their saves, name look-ups, SIGHUP.
#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

std::chrono::seconds HowLong() {
  const char* seconds = std::getenv("BAOKMS_CONFINED_SECONDS");
  return std::chrono::seconds(seconds == nullptr ? 12 : std::atoi(seconds));
}

// Encrypts and decrypts until it is told to stop; counts.
class Load {
 public:
  Load(const std::string& socket, int callers) {
    for (int i = 0; i < callers; ++i) {
      threads_.emplace_back([this, socket] {
        const testing::KmsStub stub(socket);
        while (!over_) {
          const testing::EncryptAnswer sealed = stub.Encrypt("under load");
          if (!sealed.status.ok()) {
            ++failed_;
          } else if (stub.Decrypt(sealed.sealed).plaintext != "under load") {
            ++failed_;
          } else {
            ++done_;
          }
          std::this_thread::sleep_for(Milliseconds(5));
        }
      });
    }
  }
  ~Load() { Stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void Stop() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  int done() const { return done_; }
  int failed() const { return failed_; }

 private:
  std::atomic<bool> over_ = false;
  std::atomic<int> done_ = 0;
  std::atomic<int> failed_ = 0;
  std::vector<std::thread> threads_;
};

TEST_CASE("Confinement: under load and every renewal nothing that serving needs is missing") {
  testing::SetupOptions names = FreshNames();
  names.token_ttl = std::chrono::seconds(40);
  names.token_max_ttl = std::chrono::seconds(40);
  Bench bench(names);
  ProviderConfig config = bench.Config();
  auto address = config.tree["openbao"]["address"].get<std::string>();
  address.replace(address.find("127.0.0.1"), 9, "localhost");
  config.tree["openbao"]["address"] = address;
  config.Write();
  Serving provider(config);
  CHECK(provider.process.LogLines("landlock.enforced").size() == 1);
  CHECK(provider.process.LogLines("seccomp.enforced").size() == 1);
  const testing::SealedObject first = provider.Seal("the first one");

  Load load(config.socket(), 4);
  const auto end = std::chrono::steady_clock::now() + HowLong();
  int turns = 0;
  while (std::chrono::steady_clock::now() < end) {
    CAPTURE(turns);
    config.WriteJwt(bench.setup.MintJwt());
    config.WriteCa(testing::ReadWholeFile(bench.openbao().ca_file()));
    const std::string before = provider.KeyId();
    bench.setup.RotateKey();
    REQUIRE(Eventually(Milliseconds(15000), [&] {
      const testing::StatusAnswer status = provider.stub.Status();
      return status.healthz == "ok" && status.key_id != before;
    }));
    provider.process.child().Signal(SIGHUP);
    provider.CheckOpens(first, "the first one");
    CHECK(provider.process.Health("/ready").status == 200);
    CHECK(Says(provider.process.Metrics(), "process_open_fds"));
    ++turns;
    // A long life is not one of ever more versions.
    std::this_thread::sleep_for(HowLong() / 12);
  }
  load.Stop();
  CHECK(load.done() > 100);
  CHECK(load.failed() == 0);
  REQUIRE(provider.process.WaitLog("log_level.reloaded", static_cast<std::size_t>(turns)));
  CHECK(provider.process.LogLines("log_level.reload_refused").empty());
  CHECK(Logins(provider.process) >= 1);
  CHECK(provider.process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
}

}  // namespace
}  // namespace baokms::e2e
