#include <memory>
#include <string>

#include "app/checks/doctor.h"
#include "app/checks/probe.h"
#include "app/command_line/commands.h"
#include "app/command_line/duration_flag.h"
#include "core/model/key_id.h"

namespace baokms::app {
namespace {

void AddProbe(CommandTree& tree) {
  const auto request = std::make_shared<ProbeRequest>();
  CLI::App& probe = tree.Add(
      tree.root(),
      {.name = "probe",
       .purpose = "Ask the running provider through its socket",
       .examples =
           {{.command = "runuser -u openbao-kms -- bao-kms-provider probe",
             .what = "Status, Encrypt and Decrypt as the provider's user"},
            {.command = "bao-kms-provider probe --expected-key-id "
                        "obk2.gQ_yp6rHXFkWIp5Mit70k-8OWi65DQKVcYBzzdXbo_Y",
             .what =
                 "On the next node: it must have the key_id that the first node's probe printed"},
            {.command = "bao-kms-provider probe --wait 2m",
             .what = "In a pipeline: go on when the provider works"}},
       .notes =
           "Needs no configuration and ignores the common flags. Run it as the user that "
           "kube-apiserver runs as: root may open a socket that kube-apiserver may not. The line "
           "kms.key_id contains the active key_id, for --expected-key-id on the next node.",
       .exits = {{.code = ExitCode::kOk,
                  .when = "Status, Encrypt and Decrypt work through the socket."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "A check failed; the report shows which one, and what to do."}}},
      [&tree, request] {
        request->format = tree.format();
        return Probe(*request);
      });
  tree.AddOutput(probe);
  probe
      .add_option("--socket", request->socket_path,
                  "The provider's socket: server.socketPath of its configuration; absolute")
      ->type_name("FILE")
      ->capture_default_str()
      ->check([](const std::string& path) {
        return path.starts_with('/') ? std::string() : "must be an absolute path";
      });
  AddDuration(probe, "--timeout", request->timeout,
              "Time limit for the whole probe, above 0s, at most 24h: 500ms, 10s, 1m30s",
              {.default_text = "10s"});
  AddDuration(probe, "--wait", request->wait,
              "Probe again until nothing fails, at most this long: 30s, 2m; at most 24h");
  probe
      .add_option("--expected-key-id", request->expected_key_id,
                  "The key_id that another node's probe printed; any other key_id is a failure")
      ->type_name("KEY_ID")
      ->check([](const std::string& text) {
        return core::KeyId::Parse(text) ? std::string() : "must be the key_id that probe printed";
      });
}

}  // namespace

void AddChecks(CommandTree& tree) {
  const auto encryption_config = std::make_shared<std::string>();
  tree.AddReport(
          {.name = "doctor",
           .purpose = "Check what this node needs to serve, and what to fix",
           .examples = {{.command = "bao-kms-provider doctor --config /etc/openbao-kms/config.yaml",
                         .what = "Check everything that serve needs, and stop at the first problem "
                                 "that prevents serving"},
                        {.command =
                             "bao-kms-provider doctor --config /etc/openbao-kms/config.yaml \\\n"
                             "      --encryption-config /etc/kubernetes/encryption-config.yaml",
                         .what = "Check kube-apiserver's file as well"}},
           .notes = "Reads, logs in, and encrypts and decrypts a test value; it changes nothing "
                    "and may run while serve is running. Run it as root, which reads the two files and "
                    "then becomes the provider's user, or as that user. Each check is pass, warn, fail or skip; a fail "
                    "or warn is followed by what to do. --config must be an absolute path.",
           .exits = {{.code = ExitCode::kOk, .when = "No check failed; there may be warnings."},
                     {.code = ExitCode::kConfiguration,
                      .when = "The configuration cannot be loaded or is invalid."},
                     {.code = ExitCode::kCheckFailed, .when = "Another check failed."}}},
          [&tree, encryption_config] {
            return Doctor(tree.request(), *encryption_config, tree.format());
          })
      .add_option("--encryption-config", *encryption_config,
                  "kube-apiserver's EncryptionConfiguration, to check it as well; without it that "
                  "check is skipped")
      ->type_name("FILE");
  tree.AddReport(
      {.name = "verify-key",
       .purpose = "Check the Transit key, the token's policy and this node's state",
       .examples = {{.command = "bao-kms-provider verify-key --config /etc/openbao-kms/config.yaml "
                                "--output json",
                     .what = "Check only the key, with a JSON report"}},
       .notes = "Runs doctor's checks of the key. It encrypts nothing, and of the node's files it "
                "checks only the key registry.",
       .exits = {{.code = ExitCode::kOk, .when = "No check failed; there may be warnings."},
                 {.code = ExitCode::kConfiguration,
                  .when = "The configuration cannot be loaded or is invalid."},
                 {.code = ExitCode::kCheckFailed, .when = "Another check failed."}}},
      [&tree] { return VerifyKey(tree.request(), tree.format()); });
  AddProbe(tree);
}

}  // namespace baokms::app
