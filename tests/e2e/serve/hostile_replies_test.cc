// An OpenBao that answers badly (wire-contract.md, "gRPC status and error class"): the right code
// within the deadline, nothing kept of the bad answer, and the next request is fine.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

using std::chrono::steady_clock;

// No probe meets a fault that is queued for a request: none but the first deep probe is due.
ProviderConfig QuietConfig(Bench& bench) {
  return PacedConfig(bench,
                     {.timeout = "1s", .probe = "1s", .deep_probe = "10m", .staleness = "10s"});
}

// Codes by number: those that only these tables name.
constexpr int kInvalid = 3, kDeadline = 4, kDenied = 7, kNotFound = 5, kExhausted = 8,
              kInternal = 13, kUnavailable = 14, kUnauthenticated = 16;

struct BadReply {
  const char* name;
  Json fault;
  int code;
  // It says nothing about the request: met once, it is made up for by another attempt.
  bool another_attempt = false;
};

// Bad whatever is asked.
std::vector<BadReply> BadReplies() {
  return {
      {"garbage instead of HTTP", {{"garbage", 4096}}, kUnavailable, true},
      {"a head cut short", {{"cut_after", 20}}, kUnavailable, true},
      {"a body cut short", {{"cut_after", 230}}, kUnavailable, true},
      {"a reset before the reply", {{"reset", true}}, kUnavailable, true},
      {"no answer in time", {{"delay_ms", 3000}}, kDeadline, true},
      {"a byte now and then", {{"slow_bytes", 1}, {"slow_interval_ms", 200}}, kDeadline, true},
      {"a body without end", {{"endless", true}}, kUnavailable},
      {"an empty body", {{"status", 200}, {"body", ""}}, kUnavailable},
      {"a body that is no JSON", {{"status", 200}, {"body", "<html>canary</html>"}}, kUnavailable},
      {"the same object twice", {{"double_body", true}}, kUnavailable},
      {"a redirect", {{"redirect", "https://127.0.0.1:1/elsewhere"}}, kUnavailable, true},
      {"no content where content belongs", {{"status", 204}}, kUnavailable},
      {"an unknown status", {{"status", 418}}, kUnavailable},
      {"an internal error", {{"status", 500}}, kUnavailable},
      {"a rate limit", {{"status", 429}}, kExhausted},
      {"a missing route", {{"status", 404}}, kNotFound},
      {"a refusal", {{"status", 400}}, kInvalid},
      {"a seal", {{"status", 503}, {"body", {{"errors", {"Vault is sealed"}}}}}, kUnavailable},
  };
}

// Queues the fault, asks, and clears what is left of it. CHECKs code and time.
template <typename Ask>
void CheckAnswerOnce(const char* operation, BadReply bad, Ask ask) {
  bad.fault["operation"] = operation;
  SharedEmulator().QueueFault(bad.fault);
  const auto began = steady_clock::now();
  const testing::CallStatus status = ask();
  const auto took = steady_clock::now() - began;
  SharedEmulator().emulator().ClearFaults();
  CHECK_MESSAGE(status.code == bad.code, bad.name, ": ", status.code, " ", status.message);
  CHECK_MESSAGE(took < Milliseconds(1600), bad.name);
  for (const char* word : {"canary", "127.0.0.1", "transit", "injected", "elsewhere", "vault:"}) {
    CHECK_MESSAGE(status.message.find(word) == std::string::npos, status.message);
  }
}

template <typename Ask>
void CheckAnswer(const char* operation, BadReply bad, Ask ask) {
  CAPTURE(bad.name);
  if (bad.another_attempt) {
    CheckAnswerOnce(operation, {.name = bad.name, .fault = bad.fault, .code = 0}, ask);
    bad.fault["count"] = 100;  // as long as the request asks
  }
  CheckAnswerOnce(operation, bad, ask);
}

TEST_CASE("Faults: Decrypt answers with the right code and the next one is fine") {
  Bench bench;
  const ProviderConfig config = QuietConfig(bench);
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("kept safe");
  std::vector<BadReply> replies = BadReplies();
  replies.push_back(
      {"a plaintext that is no base64", {{"set", {{"/data/plaintext", "canary!"}}}}, kUnavailable});
  replies.push_back({"an empty plaintext", {{"set", {{"/data/plaintext", ""}}}}, kInternal});
  replies.push_back({"no plaintext", {{"remove", {"/data/plaintext"}}}, kInternal});
  replies.push_back(
      {"another key's refusal",
       {{"status", 400}, {"body", {{"errors", {"cipher: message authentication failed"}}}}},
       kInvalid});
  replies.push_back({"a key that is gone",
                     {{"status", 400}, {"body", {{"errors", {"encryption key not found"}}}}},
                     kNotFound});
  for (const BadReply& bad : replies) {
    CheckAnswer("transit_decrypt", bad, [&] { return provider.stub.Decrypt(sealed).status; });
    CAPTURE(bad.name);
    provider.CheckOpens(sealed, "kept safe");
  }
  CHECK(provider.process.child().Running());
  CHECK(provider.Healthy());
}

TEST_CASE("Faults: Encrypt answers with the right code and the next one is fine") {
  Bench bench;
  const ProviderConfig config = QuietConfig(bench);
  Serving provider(config);
  std::vector<BadReply> replies = BadReplies();
  replies.push_back({"another version than sent", {{"key_version", 2}}, kInternal});
  replies.push_back({"no version", {{"remove", {"/data/key_version"}}}, kInternal});
  replies.push_back({"no ciphertext", {{"remove", {"/data/ciphertext"}}}, kInternal});
  replies.push_back({"a ciphertext of another version",
                     {{"set", {{"/data/ciphertext", "vault:v2:AAAA"}}}},
                     kInternal});
  replies.push_back({"a ciphertext above the limit",
                     {{"set", {{"/data/ciphertext", "vault:v1:" + std::string(1024, 'A')}}}},
                     kInternal});
  // A day later nobody could decrypt these.
  for (const std::string body : {"!!not base64!!", "QUJD", ""}) {
    replies.push_back({"a ciphertext that Decrypt would refuse",
                       {{"set", {{"/data/ciphertext", "vault:v1:" + body}}}},
                       kInternal});
  }
  replies.push_back({"a ciphertext of another plaintext",
                     {{"set", {{"/data/ciphertext", "vault:v1:" + std::string(80, 'A')}}}},
                     kInternal});
  for (const BadReply& bad : replies) {
    CheckAnswer("transit_encrypt", bad, [&] { return provider.stub.Encrypt("safe").status; });
    CAPTURE(bad.name);
    provider.CheckRoundTrip("safe");
  }
  CHECK(provider.process.child().Running());
  CHECK(provider.Healthy());
}

TEST_CASE("Faults: a denial is retried once after one login and then answered") {
  Bench bench;
  const ProviderConfig config = QuietConfig(bench);
  const Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("kept");
  SharedEmulator().QueueFault({{"operation", "transit_decrypt"}, {"status", 403}});
  provider.CheckOpens(sealed, "kept");
  CHECK(provider.process.Metric("openbao_kms_auth_login_total{status=\"ok\"}") == 2.0);

  // The recovery is throttled now: the original denial is the answer, without a login.
  SharedEmulator().QueueFault({{"operation", "transit_decrypt"}, {"status", 403}});
  const int code = provider.stub.Decrypt(sealed).status.code;
  CHECK((code == kDenied || code == kUnauthenticated));
  SharedEmulator().emulator().ClearFaults();
  CHECK(provider.process.Metric("openbao_kms_auth_login_total{status=\"ok\"}") == 2.0);
  CHECK(Eventually(Milliseconds(15000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
}

TEST_CASE("Faults: no redirect is followed") {
  Bench bench;
  const ProviderConfig config = QuietConfig(bench);
  const Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("kept");
  // To where it could be followed: same server, same authority.
  const auto before = SharedEmulator().emulator().Requests("sys_health");
  SharedEmulator().QueueFault({{"operation", "transit_decrypt"},
                               {"redirect", SharedEmulator().address() + "/v1/sys/health"},
                               {"count", 100}});
  CHECK(provider.stub.Decrypt(sealed).status.code == kUnavailable);
  CHECK(SharedEmulator().emulator().Requests("sys_health") == before);
}

TEST_CASE("Faults: a client's shorter deadline is answered in time") {
  Bench bench;
  ProviderConfig config = QuietConfig(bench);
  config.tree["openbao"]["timeout"] = "5s";
  config.Write();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("kept");
  for (const char* operation : {"transit_encrypt", "transit_decrypt"}) {
    SharedEmulator().QueueFault({{"operation", operation}, {"delay_ms", 2500}, {"count", 2}});
    const auto began = steady_clock::now();
    const int code = operation == std::string("transit_encrypt")
                         ? provider.stub.Encrypt("x", "uid", Milliseconds(300)).status.code
                         : provider.stub.Decrypt(sealed, "uid", Milliseconds(300)).status.code;
    const auto took = steady_clock::now() - began;
    CHECK(code == kDeadline);
    CHECK(took < Milliseconds(800));
    provider.CheckRoundTrip();
  }
  // The provider itself answered, not only the client's own clock.
  CHECK(Eventually(Milliseconds(3000), [&] {
    const auto lines = provider.process.LogLines("kms.request");
    return std::count_if(lines.begin(), lines.end(), [](const Json& line) {
             const std::string status = line.value("status", "");
             return (status == "deadline_exceeded" || status == "canceled") &&
                    line.value("duration_ms", 1e9) < 800;
           }) == 2;
  }));
}

TEST_CASE("Faults: bad metadata never changes what is published") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["openbao"]["timeout"] = "1s";
  config.Write();
  Serving provider(config);
  const std::string key_id = provider.KeyId();
  const testing::SealedObject sealed = provider.Seal("kept");
  const StateFiles files = ReadStateFiles(config);
  const std::vector<Json> faults = {
      {{"garbage", 512}, {"count", 100}},
      {{"set", {{"/data/latest_version", 0}}}},
      {{"set", {{"/data/latest_version", -1}}}},
      {{"set", {{"/data/latest_version", "2"}}}},
      {{"set", {{"/data/latest_version", 9}}}},
      {{"set", {{"/data/keys", Json::object()}}}},
      {{"set", {{"/data/keys", {{"1", 12345}}}}}},
      {{"set", {{"/data/type", "aes128-gcm96"}}}},
      {{"remove", {"/data/type"}}},
  };
  for (const Json& fault : faults) {
    CAPTURE(fault.dump());
    Json queued = fault;
    queued["operation"] = "transit_metadata_read";
    queued["count"] = -1;  // a reply that cannot be read counts from the second one on
    SharedEmulator().QueueFault(queued);
    CHECK(Eventually(Milliseconds(3000), [&] { return !provider.Healthy(); }));
    SharedEmulator().emulator().ClearFaults();
    provider.CheckOpens(sealed, "kept");
    CHECK(Eventually(Milliseconds(5000), [&] { return provider.Healthy(); }));
    CHECK(provider.KeyId() == key_id);
  }
  CHECK(ReadStateFiles(config) == files);
  CHECK(provider.process.child().Running());
}

TEST_CASE("Faults: logins that are answered badly fail the start with a plain line") {
  Bench bench;
  ProviderConfig config = QuietConfig(bench);
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.tree["auth"]["loginTimeout"] = "1s";
  config.Write();
  const std::vector<Json> faults = {
      {{"garbage", 512}, {"count", 100}},
      {{"endless", true}},
      {{"status", 500}},
      {{"remove", {"/auth/client_token"}}},
      {{"set", {{"/auth/lease_duration", 1}}}},
      {{"delay_ms", 2500}},
  };
  for (Json fault : faults) {
    CAPTURE(fault.dump());
    fault["operation"] = "jwt_login";
    fault["count"] = -1;
    SharedEmulator().QueueFault(fault);
    ProviderProcess provider(config);
    const std::string line = CheckExits(provider, 5);
    SharedEmulator().emulator().ClearFaults();
    // Never the line for what nobody thought of.
    CHECK_MESSAGE(!line.empty(), fault.dump());
    CHECK_MESSAGE(line.find("status.probe line") == std::string::npos, fault.dump());
    CHECK(ReadStateFiles(config) == StateFiles{});
  }
}

}  // namespace
}  // namespace baokms::e2e
