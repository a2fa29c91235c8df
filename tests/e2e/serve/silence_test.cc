// A whole life with canaries in every value that must stay silent, under the settings that make
// libraries talk (observability.md, "Logs"; security-and-deployment.md, "Process").
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <set>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/leak_search.h"

namespace baokms::e2e {
namespace {

constexpr const char* kPlaintext = "canary-plaintext-4e1f9d \x01\xfe\xff bytes";
constexpr const char* kUid = "canary-uid-0b6c2a77";

testing::SetupOptions ServingCanaries() {
  testing::SetupOptions names;
  names.transit_mount = "canary-mount-19ab";
  names.key_name = "canary-key-57cd";
  names.auth_mount = "auth/canary-login-83ef";
  names.role = "canary-role-2406";
  names.policy = "canary-policy-77aa";
  names.issuer = "https://canary-issuer.invalid";
  names.audience = "canary-audience-91";
  names.subject = "canary-subject-5d";
  return names;
}

// Everything the life touched that may appear nowhere, gathered while it runs.
class Silence {
 public:
  Silence(Bench& bench, const ProviderConfig& config) : config_(config) {
    everywhere_.PlantTokenShape();
    const testing::SetupOptions& names = bench.setup.options();
    Plant("plaintext", kPlaintext);
    Plant("beginning of the plaintext", "canary-plaintext-4e1f9d");
    Plant("uid", kUid);
    Plant("mount", names.transit_mount);
    Plant("key name", names.key_name);
    Plant("login mount", names.auth_mount.substr(5));
    Plant("role", names.role);
    Plant("policy", names.policy);
    Plant("issuer", "canary-issuer");
    Plant("audience", names.audience);
    Plant("subject", names.subject);
    Plant("directory of CA and JWT", config.directory().path());
    Plant("OpenBao's address", config.tree.at("openbao").at("address").get<std::string>());
    Jwt(testing::ReadWholeFile(config.jwt_file()));
  }

  void Plant(const std::string& name, std::string_view value) { everywhere_.Plant(name, value); }
  void Jwt(const std::string& jwt) { everywhere_.PlantJwt(jwt); }
  // Allowed in the state file, where it must be, and nowhere else.
  void KeyId(const std::string& key_id) { but_in_state_.Plant("raw key_id", key_id); }
  void Sealed(const testing::SealedObject& sealed) {
    Plant("ciphertext", std::string_view(sealed.ciphertext).substr(9));
    KeyId(sealed.key_id);
  }

  // What health and metrics show right now.
  void Listen(const ProviderProcess& process) {
    heard_ += process.Metrics() + process.Health("/live").body + process.Health("/ready").body;
  }

  std::set<std::string> Leaks(const std::string& working_directory) const {
    std::set<std::string> leaks;
    const auto take = [&leaks](const std::vector<std::string>& found) {
      leaks.insert(found.begin(), found.end());
    };
    for (const LeakSearch* search : {&everywhere_, &but_in_state_}) {
      take(search->InFile(config_.directory().File("stderr")));
      take(search->InFile(config_.directory().File("stdout")));
      take(search->In("metrics or health", heard_));
      take(search->InTree(working_directory));
      take(search->InTree(config_.socket_directory()));
    }
    take(everywhere_.InTree(config_.directory().File("state")));
    return leaks;
  }

 private:
  const ProviderConfig& config_;
  LeakSearch everywhere_, but_in_state_;
  std::string heard_;
};

ProviderProcess::Options Talkative(const std::string& working_directory) {
  ProviderProcess::Options options;
  for (const char* proxy : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    options.environment[proxy] = "http://127.0.0.1:9";
  }
  options.environment["SSLKEYLOGFILE"] = working_directory + "/tls-secrets";
  options.environment["GRPC_TRACE"] = "all";
  options.environment["GRPC_VERBOSITY"] = "DEBUG";
  options.working_directory = working_directory;
  return options;
}

void MakeDebugCorrelation(ProviderConfig& config) {
  config.tree["logging"]["level"] = "debug";
  config.tree["logging"]["debugCorrelation"] = {
      {"enabled", true}, {"ttl", "15m"}, {"incidentId", "incident-1"}};
  config.Write();
}

// Requests that fail in each of the ways that local checks and Transit know.
void FailInManyWays(const Serving& provider, const testing::SealedObject& sealed) {
  const auto refused = [&provider](const testing::SealedObject& changed) {
    CHECK_FALSE(provider.stub.Decrypt(changed, kUid).status.ok());
  };
  testing::SealedObject changed = sealed;
  changed.ciphertext[12] = changed.ciphertext[12] == 'A' ? 'B' : 'A';
  refused(changed);
  changed = sealed;
  changed.ciphertext = "vault:v9:" + sealed.ciphertext.substr(9);
  refused(changed);
  changed = sealed;
  changed.key_id[10] = changed.key_id[10] == 'A' ? 'B' : 'A';
  refused(changed);
  changed = sealed;
  changed.key_id = "canary-plaintext-4e1f9d";
  refused(changed);
  changed = sealed;
  changed.annotations["canary-plaintext-4e1f9d.example.org"] = "x";
  changed.annotations.erase("provider.kms.openbao.org");
  refused(changed);
  changed = sealed;
  changed.annotations["transit-mount-hash.kms.openbao.org"] = std::string(43, 'A');
  refused(changed);
  CHECK_FALSE(provider.stub.Encrypt(std::string(5000, 'x') + kPlaintext, kUid).status.ok());
  CHECK_FALSE(provider.stub.Encrypt("", kUid).status.ok());
}

TEST_CASE("Silence: a whole life leaves no secret and no path or name in anything it writes") {
  Bench bench(ServingCanaries());
  ProviderConfig config = bench.Config();
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  MakeDebugCorrelation(config);
  const std::string cwd = config.directory().MakeDirectory("cwd", 0700);
  Silence silence(bench, config);
  const std::string good_jwt = testing::ReadWholeFile(config.jwt_file());

  {  // A start that OpenBao refuses.
    const std::string foreign = bench.setup.MintForeignJwt();
    silence.Jwt(foreign);
    config.WriteJwt(foreign);
    ProviderProcess refused(config, Talkative(cwd));
    CheckExits(refused, 5);
    config.WriteJwt(good_jwt);
  }
  {  // A configuration with canaries in values that are refused.
    ProviderConfig bad = bench.Config();
    bad.tree["openbao"]["address"] = "http://user:canary-plaintext-4e1f9d@host.invalid";
    bad.tree["transit"]["keyName"] = "canary-key-57cd/../x";
    bad.tree["auth"]["jwt"]["mountPath"] = "/canary-login-83ef";
    bad.tree["status"]["probeInterval"] = "canary-plaintext-4e1f9d";
    bad.tree["canary-plaintext"] = 1;
    bad.Write();
    testing::ChildProcess child(
        {.argv = {testing::ProviderProgram(), "serve", "--config", bad.config_file()},
         .environment = {},
         .stdout_file = config.directory().File("stdout"),
         .stderr_file = config.directory().File("stderr"),
         .working_directory = cwd});
    CHECK(child.Wait(Milliseconds(5000)) == testing::ExitStatus{.code = 3, .signal = std::nullopt});
  }
  {
    Serving provider(config, Talkative(cwd));
    const std::string before = provider.KeyId();
    silence.KeyId(before);
    testing::EncryptAnswer answer = provider.stub.Encrypt(kPlaintext, kUid);
    REQUIRE(answer.status.ok());
    silence.Sealed(answer.sealed);
    CHECK(provider.stub.Decrypt(answer.sealed, kUid).plaintext == kPlaintext);
    silence.Listen(provider.process);
    FailInManyWays(provider, answer.sealed);
    silence.Listen(provider.process);

    bench.setup.RotateKey();
    REQUIRE(Eventually(Milliseconds(15000), [&] {
      const testing::StatusAnswer status = provider.stub.Status();
      return status.healthz == "ok" && status.key_id != before;
    }));
    silence.Sealed(provider.stub.Encrypt(kPlaintext, kUid).sealed);
    silence.Listen(provider.process);

    // Credentials fail: a JWT that is not trusted, and no token.
    const std::string foreign = bench.setup.MintForeignJwt();
    silence.Jwt(foreign);
    config.WriteJwt(foreign);
    bench.setup.RevokeAllTokens();
    CHECK(Eventually(Milliseconds(8000), [&] { return !provider.Healthy(); }));
    CHECK_FALSE(provider.stub.Decrypt(answer.sealed, kUid).status.ok());
    silence.Listen(provider.process);
    config.WriteJwt(good_jwt);
    if (!OnRealOpenBao()) {
      // Server texts must not pass through either.
      for (const char* operation : {"jwt_login", "transit_decrypt", "transit_metadata_read"}) {
        SharedEmulator().QueueFault(
            {{"operation", operation},
             {"status", 400},
             {"body", {{"errors", {"canary-plaintext-4e1f9d canary-key-57cd"}}}}});
      }
    }
    CHECK(Eventually(Milliseconds(30000),
                     [&] { return provider.stub.Decrypt(answer.sealed, kUid).status.ok(); }));
    silence.Listen(provider.process);
    provider.process.child().Signal(SIGHUP);
    provider.process.WaitLog("log_level.reloaded");
    const auto pid = std::to_string(provider.process.child().pid());
    const std::string limits = testing::ReadWholeFile("/proc/" + pid + "/limits");
    CHECK(limits.find("Max core file size        0                    0") != std::string::npos);
    CHECK(testing::ReadWholeFile("/proc/" + pid + "/status").find("NoNewPrivs:\t1") !=
          std::string::npos);
    CHECK(provider.process.LogLines("kms.request").size() > 5);
    CHECK(provider.process.Stderr().find("request_uid_hash") != std::string::npos);
    CHECK(provider.process.Terminate().has_value());
  }
  if (!OnRealOpenBao()) SharedEmulator().emulator().ClearFaults();

  for (const std::string& leak : silence.Leaks(cwd)) FAIL_CHECK(leak);
  CHECK(access((cwd + "/tls-secrets").c_str(), F_OK) != 0);
  // The same search finds what is planted where it looked.
  testing::WriteWholeFile(cwd + "/planted", "x" + good_jwt + "y" + kPlaintext, 0600);
  CHECK(silence.Leaks(cwd).size() >= 2);
}

TEST_CASE("Silence: logs in text form keep the same silence") {
  Bench bench(ServingCanaries());
  ProviderConfig config = bench.Config();
  config.tree["logging"]["format"] = "text";
  MakeDebugCorrelation(config);
  const std::string cwd = config.directory().MakeDirectory("cwd", 0700);
  Silence silence(bench, config);
  {
    Serving provider(config, Talkative(cwd));
    silence.KeyId(provider.KeyId());
    const testing::EncryptAnswer answer = provider.stub.Encrypt(kPlaintext, kUid);
    REQUIRE(answer.status.ok());
    silence.Sealed(answer.sealed);
    CHECK(provider.stub.Decrypt(answer.sealed, kUid).plaintext == kPlaintext);
    FailInManyWays(provider, answer.sealed);
    bench.setup.RevokeAllTokens();
    CHECK(Eventually(Milliseconds(30000),
                     [&] { return provider.stub.Decrypt(answer.sealed, kUid).status.ok(); }));
    silence.Listen(provider.process);
    CHECK(provider.process.Terminate().has_value());
    const std::string log = provider.process.Stderr();
    CHECK(log.find("kms.decrypt") != std::string::npos);
    CHECK(log.find("error_class") != std::string::npos);
    CHECK_FALSE(log.starts_with("{"));
  }
  for (const std::string& leak : silence.Leaks(cwd)) FAIL_CHECK(leak);
}

}  // namespace
}  // namespace baokms::e2e
