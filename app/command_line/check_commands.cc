#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "adapters/config_yaml/go_duration.h"
#include "app/command_line/commands.h"
#include "app/doctor.h"
#include "app/probe.h"
#include "core/model/key_id.h"

namespace baokms::app {
namespace {

std::optional<std::chrono::nanoseconds> ParseTimeout(const std::string& text) {
  const auto duration = adapters::config_yaml::ParseGoDuration(text);
  return duration && *duration > std::chrono::nanoseconds(0) ? duration : std::nullopt;
}

void AddProbe(CommandTree& tree) {
  struct Flags {
    ProbeRequest request;
    std::string timeout;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App& probe = tree.Add(
      tree.root(), {.name = "probe", .purpose = "Ask the running provider through its socket"},
      [&tree, flags] {
        flags->request.format = tree.format();
        if (!flags->timeout.empty()) flags->request.timeout = *ParseTimeout(flags->timeout);
        return Probe(flags->request);
      });
  tree.AddOutput(probe);
  probe
      .add_option("--socket", flags->request.socket_path, "The provider's socket; an absolute path")
      ->capture_default_str()
      ->check([](const std::string& path) {
        return path.starts_with('/') ? std::string() : "must be an absolute path";
      });
  probe.add_option("--timeout", flags->timeout, "How long the whole may take, for instance 10s")
      ->default_str("10s")
      ->check([](const std::string& text) {
        return ParseTimeout(text) ? std::string() : "must be a duration above 0s, such as 10s";
      });
  probe
      .add_option("--expected-key-id", flags->request.expected_key_id,
                  "The key_id that another node's probe printed")
      ->check([](const std::string& text) {
        return core::KeyId::Parse(text) ? std::string() : "must be the key_id that probe printed";
      });
}

}  // namespace

void AddChecks(CommandTree& tree) {
  const auto encryption_config = std::make_shared<std::string>();
  tree.AddReport({.name = "doctor",
                  .purpose = "Check what this node needs to serve, and say what to mend"},
                 [&tree, encryption_config] {
                   return Doctor(tree.request(), *encryption_config, tree.format());
                 })
      .add_option("--encryption-config", *encryption_config,
                  "kube-apiserver's EncryptionConfiguration, to be checked as well");
  tree.AddReport({.name = "verify-key",
                  .purpose = "Check the Transit key, the token's policy and this node's state"},
                 [&tree] { return VerifyKey(tree.request(), tree.format()); });
  AddProbe(tree);
}

}  // namespace baokms::app
