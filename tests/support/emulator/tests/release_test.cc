// The emulator as another release of OpenBao (openbao-observed.md, "Between releases").
#include <doctest/doctest.h>

#include "tests/support/emulator/tests/test_client.h"

namespace baokms::emulator {
namespace {

TEST_CASE("Release: three numbers and nothing else name one") {
  CHECK(Release().version() == "2.5.3");
  CHECK(Release::Parse("2.6.2")->version() == "2.6.2");
  for (const char* text : {"", "2.6", "v2.6.2", "2.6.2-beta", "2.6.2 ", "latest"}) {
    CAPTURE(text);
    CHECK_FALSE(Release::Parse(text).has_value());
  }
}

TEST_CASE("Release: the one that was asked for is what the server says it is") {
  RunningEmulator running(Release::Parse("2.6.2").value());
  TestClient client = running.Root();
  const Answer health = client.Get("sys/health");
  CHECK(health.json["version"] == "2.6.2");
  CHECK_FALSE(health.json.contains("performance_standby"));
  CHECK(client.Get("sys/seal-status").json["version"] == "2.6.2");
  CHECK(client.Get("sys/seal-status").json.contains("commit_date"));
  CHECK(client.Get("sys/mounts/transit").json["data"]["running_plugin_version"] ==
        "v2.6.2+builtin.bao");
}

TEST_CASE("Release: two texts are others since 2.6") {
  for (const auto& [version, json, certificate] :
       {std::tuple{"2.5.5", "error parsing JSON", "client certificate must be supplied"},
        std::tuple{"2.6.0", "failed to decode JSON input: unexpected EOF",
                   "no client certificate found"},
        std::tuple{"3.0.0", "failed to decode JSON input: unexpected EOF",
                   "no client certificate found"}}) {
    CAPTURE(version);
    RunningEmulator running(Release::Parse(version).value());
    TestClient client = running.Root();
    CHECK(client.Send("POST", "transit/encrypt/k", "{\"a\"").error() == json);
    client.Post("sys/auth/cert", {{"type", "cert"}});
    CHECK(running.Client().Post("auth/cert/login").error() == certificate);
  }
}

}  // namespace
}  // namespace baokms::emulator
