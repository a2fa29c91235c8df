#include <doctest/doctest.h>

#include <map>
#include <string>

#include "tests/adapters/config_yaml/sample_files.h"

namespace {

using namespace baokms::adapters::config_yaml;
using namespace baokms::tests;
namespace core = baokms::core;

EnvLookup Environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

core::Configuration LoadWith(const Overrides& overrides, const EnvLookup& environment) {
  const auto loaded =
      LoadConfiguration(kJwtFileSample, overrides, environment, ValidationOptions{});
  if (!loaded) FAIL(FormatProblems(loaded.error()));
  return *loaded;
}

TEST_CASE("Overrides: flags beat environment beats file") {
  const auto environment = Environment({{"BAO_KMS_PROVIDER_LOG_LEVEL", "warn"},
                                        {"BAO_KMS_PROVIDER_SERVER_METRICS_ADDRESS", "127.0.0.1:1"},
                                        {"BAO_KMS_PROVIDER_SERVER_HEALTH_ADDRESS", "127.0.0.1:2"}});
  const auto from_environment = LoadWith({}, environment);
  CHECK(from_environment.logging.level == core::LogLevel::kWarn);
  CHECK(from_environment.server.metrics_address == "127.0.0.1:1");
  CHECK(from_environment.server.health_address == "127.0.0.1:2");
  Overrides flags;
  flags.log_level = "error";
  flags.metrics_address = "127.0.0.1:3";
  flags.health_address = "127.0.0.1:4";
  const auto from_flags = LoadWith(flags, environment);
  CHECK(from_flags.logging.level == core::LogLevel::kError);
  CHECK(from_flags.server.metrics_address == "127.0.0.1:3");
  CHECK(from_flags.server.health_address == "127.0.0.1:4");
}

TEST_CASE("Overrides: of each pair of variables the first non-empty one wins") {
  const auto both = [](const char* first, const char* second) {
    return Environment({{"BAO_KMS_PROVIDER_LOG_LEVEL", first},
                        {"BAO_KMS_PROVIDER_LOGGING_LEVEL", second},
                        {"BAO_KMS_PROVIDER_SERVER_METRICSADDRESS", "127.0.0.1:5"},
                        {"BAO_KMS_PROVIDER_SERVER_HEALTHADDRESS", "127.0.0.1:6"}});
  };
  CHECK(LoadWith({}, both("warn", "error")).logging.level == core::LogLevel::kWarn);
  CHECK(LoadWith({}, both("", "error")).logging.level == core::LogLevel::kError);
  CHECK(LoadWith({}, both("", "")).logging.level == core::LogLevel::kInfo);
  CHECK(LoadWith({}, both("", "")).server.metrics_address == "127.0.0.1:5");
  CHECK(LoadWith({}, both("", "")).server.health_address == "127.0.0.1:6");
}

TEST_CASE("Overrides: an empty variable counts as unset, an empty address flag switches it off") {
  const auto empty = Environment({{"BAO_KMS_PROVIDER_SERVER_METRICS_ADDRESS", ""}});
  CHECK(LoadWith({}, empty).server.metrics_address == "127.0.0.1:8081");
  Overrides off;
  off.metrics_address = "";
  CHECK(LoadWith(off, empty).server.metrics_address.empty());
}

TEST_CASE("Overrides: no other field can be set from the environment") {
  const auto asked_for = [] {
    std::map<std::string, int> names;
    const EnvLookup spy = [&](const std::string& name) -> std::optional<std::string> {
      ++names[name];
      return std::nullopt;
    };
    LoadWith({}, spy);
    ResolveConfigPath({}, spy, [](const std::string&) { return false; });
    return names;
  }();
  CHECK(asked_for.size() == 8);
}

TEST_CASE("Overrides: a wrong override is a problem that names its origin, not a line") {
  Overrides flags;
  flags.log_level = "loud";
  flags.metrics_address = "127.0.0.1:8082";
  const auto loaded = LoadConfiguration(
      kJwtFileSample, flags, Environment({{"BAO_KMS_PROVIDER_SERVER_HEALTH_ADDRESS", "nowhere"}}),
      ValidationOptions{});
  REQUIRE_FALSE(loaded.has_value());
  REQUIRE(loaded.error().size() == 2);
  CHECK(loaded.error()[0].field == "logging.level");
  CHECK(loaded.error()[0].line == 0);
  CHECK(loaded.error()[0].message.find("--log-level") != std::string::npos);
  CHECK(loaded.error()[1].field == "server.healthAddress");
  CHECK(loaded.error()[1].message.find("BAO_KMS_PROVIDER_SERVER_HEALTH_ADDRESS") !=
        std::string::npos);
}

TEST_CASE("Overrides: two listeners on one port by a flag are refused") {
  Overrides flags;
  flags.metrics_address = "127.0.0.1:8082";
  const auto loaded = LoadConfiguration(kJwtFileSample, flags, EnvLookup{}, ValidationOptions{});
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error()[0].field == "server.healthAddress");
}

TEST_CASE("Overrides: debug correlation cannot survive a flag that lowers the level") {
  const auto text = Replaced(Replaced(Replaced(kJwtFileSample, "enabled: false", "enabled: true"),
                                      "level: info", "level: debug"),
                             "incidentId: \"\"", "incidentId: INC-1");
  Overrides flags;
  flags.log_level = "info";
  const auto loaded = LoadConfiguration(text, flags, EnvLookup{}, ValidationOptions{});
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error()[0].field == "logging.level");
}

TEST_CASE("ResolveConfigPath: flag, then the two variables, then the usual file if it is there") {
  const auto none = [](const std::string&) { return false; };
  const auto usual = [](const std::string& path) { return path == "/etc/openbao-kms/config.yaml"; };
  const auto environment =
      Environment({{"BAO_KMS_PROVIDER_CONFIG", "/one"}, {"BAO_KMS_PROVIDER_CONFIG_PATH", "/two"}});
  Overrides flags;
  CHECK(ResolveConfigPath(flags, environment, usual) == "/one");
  CHECK(ResolveConfigPath(flags,
                          Environment({{"BAO_KMS_PROVIDER_CONFIG", ""},
                                       {"BAO_KMS_PROVIDER_CONFIG_PATH", "/two"}}),
                          usual) == "/two");
  CHECK_FALSE(ResolveConfigPath(flags, Environment({}), none).has_value());
  CHECK(ResolveConfigPath(flags, Environment({}), usual) == "/etc/openbao-kms/config.yaml");
  flags.config_path = "/flag";
  CHECK(ResolveConfigPath(flags, environment, usual) == "/flag");
  flags.config_path = "";
  CHECK(ResolveConfigPath(flags, environment, usual) == "/one");
}

}  // namespace
