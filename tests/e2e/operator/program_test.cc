// The command line: outputs and exit codes (configuration-and-cli.md, reports-and-labels.md).
#include <doctest/doctest.h>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Program: version prints its five lines") {
  const CommandResult result = RunCommand({"version"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  std::size_t last = 0;
  for (const char* line :
       {"version: ", "\ncommit: ", "\nbuildDate: ", "\ndirty: ", "\nauthSources: jwt/file"}) {
    const std::size_t at = result.out.find(line);
    REQUIRE_MESSAGE(at != std::string::npos, line);
    CHECK(at >= last);
    last = at;
  }
  CHECK(RunCommand({"--version"}).code == 0);
}

TEST_CASE("Program: help and bare groups exit 0") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"--help"}, {"-h"}, {"help"}, {"help", "serve"}}) {
    const CommandResult result = RunCommand(arguments);
    CHECK(result.code == 0);
    CHECK_FALSE(result.out.empty());
    CHECK(result.err.empty());
  }
}

TEST_CASE("Program: unknown flags and commands and stray arguments exit 2") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"serve", "--no-such-flag"},
        {"--no-such-flag"},
        {"nosuchcommand"},
        {"serve", "stray"},
        {"version", "stray"},
        {"config", "nosuch"},
        {"help", "nosuch"},
        {"serve", "--config"}}) {
    const CommandResult result = RunCommand(arguments);
    CHECK_MESSAGE(result.code == 2, arguments.front());
    CHECK(result.out.empty());
    CHECK(result.err.starts_with("usage: "));
  }
}

TEST_CASE("Program: config schema is a JSON Schema of 2020-12") {
  const CommandResult result = RunCommand({"config", "schema"});
  CHECK(result.code == 0);
  const Json schema = Json::parse(result.out, nullptr, false);
  REQUIRE(schema.is_object());
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema.at("properties").contains("transit"));
}

TEST_CASE("Program: the published schema of the configuration is what config schema prints") {
  CHECK(testing::ReadWholeFile(BAOKMS_SCHEMAS_DIRECTORY "/config.schema.json") ==
        RunCommand({"config", "schema"}).out);
}

TEST_CASE("Program: config prints the resolved configuration and overrides win") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const CommandResult plain = RunCommand({"config", "--config", config.config_file()});
  CHECK(plain.code == 0);
  CHECK(plain.out.starts_with("configVersion: v1alpha1\nsocketPath: " + config.socket() + "\n"));
  CHECK(Says(plain.out, "\nmetricsAddress: " + config.metrics_address() + "\n"));
  CHECK(Says(plain.out, "\nauthMethod: jwt\n"));
  CHECK(Says(plain.out, "\nidentityFingerprint: cfg1."));

  const CommandResult by_environment =
      RunCommand({"config"}, {{"BAO_KMS_PROVIDER_CONFIG", config.config_file()},
                              {"BAO_KMS_PROVIDER_SERVER_METRICS_ADDRESS", "127.0.0.1:1"}});
  CHECK(Says(by_environment.out, "\nmetricsAddress: 127.0.0.1:1\n"));
  const CommandResult by_flag =
      RunCommand({"config", "--metrics-address", "127.0.0.1:2"},
                 {{"BAO_KMS_PROVIDER_CONFIG", config.config_file()},
                  {"BAO_KMS_PROVIDER_SERVER_METRICS_ADDRESS", "127.0.0.1:1"}});
  CHECK(Says(by_flag.out, "\nmetricsAddress: 127.0.0.1:2\n"));
}

TEST_CASE("Program: config fingerprint is the one of the state that serve writes") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const CommandResult result =
      RunCommand({"config", "fingerprint", "--config", config.config_file()});
  CHECK(result.code == 0);
  REQUIRE(result.out.size() == 49);
  CHECK(result.out.starts_with("cfg1."));
  const Serving provider(config);
  CHECK(ReadState(config).at("identityFingerprint").get<std::string>() + "\n" == result.out);
}

TEST_CASE("Program: a configuration that cannot be read exits 3") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const auto exits_3 = [](const std::vector<std::string>& arguments) {
    const CommandResult result = RunCommand(arguments);
    CHECK(result.code == 3);
    CHECK(result.out.empty());
    // Behind the log's last line, if it is serve.
    CHECK(Says("\n" + result.err, "\nconfig invalid\n"));
  };
  exits_3({"serve", "--config", config.directory().File("absent.yaml")});
  exits_3({"config", "--config", config.directory().File("absent.yaml")});
  config.WriteText("configVersion: [unclosed\n");
  exits_3({"serve", "--config", config.config_file()});
  exits_3({"config", "--config", config.config_file()});
  config.Write();
  exits_3({"serve", "--config", config.config_file(), "--allow-socket-parent",
           config.socket_directory(), "--log-level", "loud"});
  exits_3({"serve", "--config", config.config_file()});  // the socket's directory is not allowed
}

TEST_CASE("Program: every fault of a configuration is reported in one pass") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["server"]["socketMode"] = "0666";
  config.tree["server"]["maxConcurrentEncrypt"] = 0;
  config.tree["openbao"]["address"] = "http://canary-host.invalid";
  config.tree["openbao"]["timeout"] = "0s";
  config.tree["auth"]["jwt"]["mountPath"] = "jwt";
  config.tree["auth"]["jwt"]["jwtFile"] = config.directory().File("no-such-file");
  config.tree["transit"]["keyName"] = "";
  config.tree["status"]["probeInterval"] = "5s";
  config.tree["rotation"]["requireStableObservationCount"] = 0;
  config.tree["logging"]["level"] = "loud";
  config.Write();
  ProviderProcess provider(config);
  const auto ended = provider.child().Wait(Milliseconds(5000));
  CHECK(ended == testing::ExitStatus{.code = 3, .signal = std::nullopt});
  const std::string err = provider.Stderr();
  CHECK(Says(err, "\nconfig invalid\n"));
  CHECK(err.starts_with("{"));  // the same as the log's last line
  for (const char* field :
       {"server.socketMode", "server.maxConcurrentEncrypt", "openbao.address", "openbao.timeout",
        "auth.jwt.mountPath", "transit.keyName", "status.probeInterval",
        "rotation.requireStableObservationCount", "logging.level"}) {
    CHECK_MESSAGE(Says(err, std::string("\n") + field + ": "), field);
  }
  CHECK_FALSE(Says(err, "canary-host"));
}

TEST_CASE("Program: unknown and duplicate keys are refused with their line") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  config.WriteText("configVersion: v1alpha1\nserver:\n  socketPaht: /run/x\n");
  const CommandResult unknown = RunCommand({"config", "--config", config.config_file()});
  CHECK(unknown.code == 3);
  CHECK(Says(unknown.err, "line 3"));
  config.WriteText("configVersion: v1alpha1\nconfigVersion: v1alpha1\n");
  const CommandResult twice = RunCommand({"config", "--config", config.config_file()});
  CHECK(twice.code == 3);
  CHECK(Says(twice.err, "line 2"));
}

TEST_CASE("Program: files named in the configuration are checked before anything starts") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["auth"]["jwt"]["jwtFile"] = config.directory().File("no-such-file");
  config.tree["openbao"]["caCertFile"] = config.directory().File("no-such-ca");
  config.Write();
  ProviderProcess provider(config);
  const auto ended = provider.child().Wait(Milliseconds(5000));
  CHECK(ended == testing::ExitStatus{.code = 3, .signal = std::nullopt});
  CHECK(Says(provider.Stderr(), "\nauth.jwt.jwtFile: "));
  CHECK(Says(provider.Stderr(), "\nopenbao.caCertFile: "));
  CHECK_FALSE(Says(provider.Stderr(), "no-such"));
}

}  // namespace
}  // namespace baokms::e2e
