// Source oauth2 through a proxy: a token endpoint whose name resolves nowhere but at the proxy
// (auth.md, "source oauth2").
#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/adapters/transit_http/connect_proxy.h"
#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/leak_search.h"
#include "tests/e2e/support/token_endpoint.h"

namespace baokms::e2e {
namespace {

const std::string kSecretBehindProxy = "canary-client-secret-e41a";

std::string EndpointAt(const TokenEndpoint& endpoint) {
  return std::string(TokenEndpoint::kName) + ":" + std::to_string(endpoint.port());
}

struct ProxyBench {
  ProxyBench()
      : config(bench.Config()),
        endpoint(bench, "kms-node", kSecretBehindProxy),
        proxy({{EndpointAt(endpoint), endpoint.port()}}) {
    endpoint.Configure(config);
    config.tree["bootstrap"]["graceTimeout"] = "0s";
    oauth2()["tokenUrl"] = "https://" + EndpointAt(endpoint) + "/oauth/token?tenant=1";
    Through(proxy.Url());
  }
  Json& oauth2() { return config.tree["auth"]["jwt"]["oauth2"]; }
  void Through(const std::string& url) {
    oauth2()["proxyUrl"] = url;
    config.Write();
  }
  CommandResult Doctor() const {
    return RunCommand({"doctor", "--output", "json", "--config", config.config_file(),
                       "--allow-socket-parent", config.socket_directory()});
  }
  // What may appear nowhere, in all that the provider wrote and in `shown`.
  std::set<std::string> Leaks(const std::string& shown) {
    LeakSearch search;
    search.PlantTokenShape();
    search.Plant("client secret", kSecretBehindProxy);
    search.Plant("token URL", EndpointAt(endpoint));
    const auto url = oauth2()["proxyUrl"].get<std::string>();
    search.Plant("proxy URL", url.substr(url.find("://") + 3));
    std::set<std::string> leaks;
    for (const auto& found : {search.InFile(config.directory().File("stderr")),
                              search.InFile(config.directory().File("stdout")),
                              search.In("reports, metrics or health", shown)}) {
      leaks.insert(found.begin(), found.end());
    }
    return leaks;
  }

  Bench bench;
  ProviderConfig config;
  TokenEndpoint endpoint;
  tests::ConnectProxy proxy;
};

TEST_CASE("OAuth2: behind a proxy a grant succeeds and OpenBao is reached without it") {
  ProxyBench with;
  ProviderProcess::Options options;
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "ALL_PROXY"}) {
    options.environment[name] = with.proxy.Url();
  }
  {
    const Serving provider(with.config, options);
    const testing::SealedObject sealed = provider.Seal("before");
    with.bench.setup.RevokeAllTokens();
    provider.CheckOpens(sealed, "before");
    provider.CheckRoundTrip();
    CHECK(Logins(provider.process, "ok") == 2);
    CHECK(with.endpoint.requests() == 2);
    CHECK(with.Leaks(provider.process.Metrics() + provider.process.Health("/ready").body).empty());
  }
  // One tunnel carries both grants.
  REQUIRE(with.proxy.asked().size() == 1);
  for (const std::string& head : with.proxy.asked()) {
    CHECK(head.starts_with("CONNECT " + EndpointAt(with.endpoint) + " HTTP/1.1\r\n"));
    CHECK_FALSE(head.contains("Authorization"));
  }
}

TEST_CASE("OAuth2: a proxy that only the environment names is not used") {
  ProxyBench with;
  with.Through("");
  ProviderProcess::Options options;
  options.environment["HTTPS_PROXY"] = with.proxy.Url();
  ProviderProcess provider(with.config, options);
  const std::string line = CheckExits(provider, 5);
  CHECK_MESSAGE(line.contains("only auth.jwt.oauth2.proxyUrl names a proxy"), line);
  CHECK(provider.LogLines("auth.login").back().at("status") == "oauth2_request");
  CHECK(with.proxy.asked().empty());
}

TEST_CASE("OAuth2: doctor asks for its token through a proxy") {
  ProxyBench with;
  const CommandResult result = with.Doctor();
  CHECK_MESSAGE(result.code == 0, result.out);
  CHECK(with.endpoint.requests() > 0);
  CHECK_FALSE(with.proxy.asked().empty());
}

// A way for the proxy to fail, and what is said of it.
struct ProxyFault {
  const char* message;  // of doctor
  const char* advice;   // also in the last line of a failed start
  std::function<void(ProxyBench&)> arrange;
};

std::function<void(ProxyBench&)> Answers(const std::string& status_and_rest) {
  return [=](ProxyBench& with) { with.proxy.Instead("HTTP/1.1 " + status_and_rest); };
}

std::vector<ProxyFault> ProxyFaults() {
  return {{"oauth2_proxy: could not connect to the proxy", "proxyUrl: could not connect",
           [](ProxyBench& with) { with.Through("http://127.0.0.1:1"); }},
          {"oauth2_proxy: the proxy's host name could not be resolved",
           "proxyUrl: the host name could not be resolved",
           [](ProxyBench& with) { with.Through("http://proxy-canary.invalid:3128"); }},
          {"oauth2_proxy: the proxy forbids the connection to the server", "answered 403",
           Answers("403 X\r\nContent-Length: 3\r\n\r\nno!")},
          {"oauth2_proxy: the proxy wants credentials", "credentials, which are not supported",
           Answers("407 X\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")},
          {"oauth2_proxy: the proxy could not reach the server", "answered 502, 503 or 504",
           Answers("502 X\r\nContent-Type: text/html\r\n\r\n<html>no such host</html>")},
          {"oauth2_proxy: the proxy refused to connect to the server", "refused the CONNECT",
           Answers("418 X\r\nContent-Length: 0\r\n\r\n")},
          {"oauth2_proxy: the proxy gave no HTTP answer", "the proxy closed the connection",
           [](ProxyBench& with) { with.proxy.Instead(""); }},
          {"oauth2_proxy: the proxy did not answer in time", "did not answer in time",
           [](ProxyBench& with) {
             with.config.tree["auth"]["loginTimeout"] = "2s";
             with.config.Write();
             with.proxy.InsteadHang();
           }}};
}

TEST_CASE("OAuth2: doctor and a failed start name each way for a proxy to fail") {
  for (const ProxyFault& failure : ProxyFaults()) {
    INFO(std::string(failure.message));
    ProxyBench with;
    failure.arrange(with);
    const CommandResult result = with.Doctor();
    CHECK(result.code == 4);
    int failed = 0;
    const Json report = Json::parse(result.out);
    for (const Json& check : report.at("checks")) {
      if (check.at("status") != "fail") continue;
      ++failed;
      CHECK(check.at("id") == "oauth2.acquire");
      CHECK(check.at("message") == failure.message);
      CHECK(check.at("advice").get<std::string>().contains(failure.advice));
    }
    CHECK(failed == 1);
    ProviderProcess provider(with.config);
    const std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.contains(failure.advice), line);
    REQUIRE_FALSE(provider.LogLines("auth.login").empty());
    CHECK(provider.LogLines("auth.login").back().at("status") == "oauth2_proxy");
    CHECK(with.endpoint.requests() == 0);
    CHECK(with.Leaks(result.out + result.err).empty());
  }
}

TEST_CASE("OAuth2: what fails behind a proxy is not called the proxy's") {
  ProxyBench with;
  with.config.directory().Write("idp-ca.pem", tests::MakeAuthority("another").certificate_pem,
                                0644);
  const CommandResult result = with.Doctor();
  CHECK(result.code == 4);
  CHECK(result.out.contains("oauth2_request: "));
  CHECK(result.out.contains("auth.jwt.oauth2.caCertFile: TLS to the authorization server failed"));
  CHECK(with.endpoint.requests() == 0);
}

TEST_CASE("OAuth2: a start that a proxy holds up goes on when it tunnels again") {
  ProxyBench with;
  with.config.tree["bootstrap"]["graceTimeout"] = "60s";
  with.config.Write();
  with.proxy.Instead("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n");
  ProviderProcess provider(with.config);
  CHECK(Eventually(Milliseconds(15000), [&] { return Logins(provider, "oauth2_proxy") >= 1; }));
  with.proxy.InsteadNothing();
  CHECK(Eventually(Milliseconds(30000), [&] { return Logins(provider, "ok") >= 1; }));
}

}  // namespace
}  // namespace baokms::e2e
