// Faults do to a client what they say, and leave the next request alone.
#include <doctest/doctest.h>

#include <chrono>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/tests/test_client.h"

namespace baokms::emulator {
namespace {

constexpr const char* kRead = "transit/keys/k";

std::int64_t MillisOf(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin)
      .count();
}

struct FaultFixture {
  Answer With(Json fault) {
    fault["operation"] = "transit_metadata_read";
    const auto queued = running.emulator.QueueFault(fault);
    REQUIRE_MESSAGE(queued.has_value(), fault.dump(), ": ",
                    queued.has_value() ? "" : queued.error());
    const Answer answer = client.Get(kRead);
    CHECK(running.Root().Get(kRead).status == 200);  // used up
    return answer;
  }

  RunningEmulator running;
  TestClient client = running.Root();
};

TEST_CASE_FIXTURE(FaultFixture, "Fault: status, body and headers replace the reply") {
  const Answer answer = With({{"status", 502},
                              {"body", Json::object({{"errors", Json::array({"x"})}})},
                              {"headers", Json::object({{"Retry-After", "7"}})}});
  CHECK(answer.status == 502);
  CHECK(answer.error() == "x");
  CHECK(answer.headers.find("Retry-After: 7") != std::string::npos);
  CHECK(With({{"status", 204}}).text.empty());
  const Answer redirect = With({{"redirect", "https://127.0.0.1:1/"}});
  CHECK(redirect.status == 307);
  CHECK(redirect.headers.find("Location: https://127.0.0.1:1/") != std::string::npos);
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: a cut reply fails the transfer") {
  CHECK(With({{"cut_after", 300}}).code == CURLE_PARTIAL_FILE);
  CHECK(With({{"cut_after", 0}}).code != CURLE_OK);
  // Without a length a cut looks like the end.
  const Answer silent = With({{"cut_after", 400}, {"drop_content_length", true}});
  CHECK(silent.code == CURLE_OK);
  CHECK(silent.json.is_discarded());
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: a reset and garbage are no HTTP") {
  CHECK(With({{"reset", true}}).code != CURLE_OK);
  CHECK(With({{"garbage", 64}}).code != CURLE_OK);
  CHECK(With({{"raw", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"}}).text == "{}");
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: a doubled body is two documents") {
  const Answer answer = With({{"double_body", true}});
  CHECK(answer.json.is_discarded());
  const std::string half = answer.text.substr(0, answer.text.size() / 2);
  CHECK(answer.text == half + half);
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: set and remove edit the reply") {
  const Answer answer = With({{"set", Json::object({{"/data/latest_version", 9}})},
                              {"remove", Json::array({"/data/type"})}});
  CHECK(answer.json["data"]["latest_version"] == 9);
  CHECK_FALSE(answer.json["data"].contains("type"));
  CHECK(answer.json["data"]["name"] == "k");
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: delay and slow bodies take their time") {
  CHECK(MillisOf([this] { CHECK(With({{"delay_ms", 200}}).status == 200); }) >= 200);
  CHECK(MillisOf([this] {
          CHECK(With({{"slow_bytes", 100}, {"slow_interval_ms", 30}}).status == 200);
        }) >= 150);
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: an endless body goes on until the client leaves") {
  client.TimeoutMillis(300);
  const Answer answer = With({{"endless", true}});
  CHECK(answer.code == CURLE_OPERATION_TIMEDOUT);
  CHECK(answer.text.size() > 100000);
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: count, skip and operation choose the requests") {
  Emulator& emulator = running.emulator;
  REQUIRE(emulator
              .QueueFault(
                  {{"operation", "transit_encrypt"}, {"key_version", 7}, {"count", 2}, {"skip", 1}})
              .has_value());
  CHECK(client.Get(kRead).status == 200);
  std::string versions;
  for (int i = 0; i < 4; ++i) {
    const Answer answer = client.Post("transit/encrypt/k", {{"plaintext", Base64Encode("x")}});
    versions += answer.json["data"]["key_version"].dump();
  }
  CHECK(versions == "1771");
  REQUIRE(emulator.QueueFault({{"count", -1}, {"status", 500}}).has_value());
  CHECK(client.Get(kRead).status == 500);
  CHECK(client.Get("sys/health").status == 500);
  emulator.ClearFaults();
  CHECK(client.Get(kRead).status == 200);
  CHECK_FALSE(emulator.QueueFault({{"statsu", 500}}).has_value());
  CHECK_FALSE(emulator.QueueFault({{"operation", "nonsense"}}).has_value());
}

TEST_CASE_FIXTURE(FaultFixture, "Fault: a replaced reply leaves the request without effect") {
  REQUIRE(running.emulator.QueueFault({{"operation", "other"}, {"status", 500}}).has_value());
  client.Post("transit/keys/k/rotate");
  CHECK(client.Get(kRead).json["data"]["latest_version"] == 1);
  REQUIRE(running.emulator.QueueFault({{"operation", "other"}, {"status", 500}, {"execute", true}})
              .has_value());
  client.Post("transit/keys/k/rotate");
  CHECK(client.Get(kRead).json["data"]["latest_version"] == 2);
}

TEST_CASE_FIXTURE(FaultFixture, "Connections: kept alive, counted, closed and told apart") {
  running.emulator.ResetCounters();
  for (int i = 0; i < 5; ++i) CHECK(client.Get(kRead).status == 200);
  Json counters = running.emulator.CountersJson();
  CHECK(counters["connections_accepted"] == 1);
  CHECK(counters["tls_handshakes"] == 1);
  CHECK(counters["tls_handshakes_with_client_certificate"] == 0);
  CHECK(counters["operations"]["transit_metadata_read"]["requests"] == 5);
  CHECK(counters["operations"]["transit_metadata_read"]["statuses"]["200"] == 5);
  running.emulator.Control("POST", "connections/close");
  CHECK(client.Get(kRead).status == 200);
  LeafRequest leaf;
  leaf.common_name = "node";
  TestClient with = running.Root();
  with.Certificate(running.emulator.IssueClientCertificate(leaf));
  CHECK(with.Get(kRead).status == 200);
  counters = running.emulator.CountersJson();
  CHECK(counters["connections_accepted"] == 3);
  CHECK(counters["tls_handshakes_with_client_certificate"] == 1);
  CHECK(counters["operations"]["transit_metadata_read"]["with_client_certificate"] == 1);
  running.emulator.Control("POST", "listener", {{"listening", false}});
  CHECK(running.Root().Get(kRead).code == CURLE_COULDNT_CONNECT);
  running.emulator.Control("POST", "listener", {{"listening", true}});
  CHECK(running.Root().Get(kRead).status == 200);
}

TEST_CASE_FIXTURE(FaultFixture, "TLS: a new CA is seen by new connections only") {
  TestClient old_ca = running.Root();
  CHECK(client.Get(kRead).status == 200);
  running.emulator.Control("POST", "tls/rotate", Json::object());
  CHECK(client.Get(kRead).status == 200);
  CHECK(old_ca.Get(kRead).code == CURLE_PEER_FAILED_VERIFICATION);
  CHECK(running.Root().Get(kRead).status == 200);
}

TEST_CASE_FIXTURE(FaultFixture, "Control: works over its own port, and large replies are chunked") {
  TestClient control(running.emulator.ControlAddress(), "");
  CHECK(control.Post("/emulator/faults", {{"operation", "any"}, {"status", 418}}).status == 200);
  CHECK(client.Get(kRead).status == 418);
  CHECK(control.Get("/emulator/requests").json.back()["status"] == 418);
  CHECK(control.Send("POST", "/emulator/faults", "{").status == 400);
  const Json items(64, Json{{"plaintext", Base64Encode("x")}, {"key_version", 1}});
  const Answer batch = client.Post("transit/encrypt/k", {{"batch_input", items}});
  CHECK(batch.json["data"]["batch_results"].size() == 64);
  CHECK(batch.headers.find("Transfer-Encoding: chunked") != std::string::npos);
  CHECK(control.Get("/emulator/counters").json["operations"]["transit_encrypt"]["largest_batch"] ==
        64);
}

}  // namespace
}  // namespace baokms::emulator
