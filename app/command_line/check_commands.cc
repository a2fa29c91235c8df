#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/checks/doctor.h"
#include "app/checks/probe.h"
#include "app/command_line/commands.h"
#include "app/command_line/duration_flag.h"
#include "app/command_line/whole_number.h"
#include "core/model/key_id.h"

namespace baokms::app {
namespace {

// "4,10"; nullopt when any part is no uid or gid.
std::optional<std::vector<gid_t>> ParseIds(const std::string& text) {
  constexpr std::int64_t kLargest = std::int64_t{UINT32_MAX} - 1;  // the largest number is no id
  std::vector<gid_t> ids;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto id = ParseWholeNumber(text.substr(begin, end - begin), 0, kLargest);
    if (!id) return std::nullopt;
    ids.push_back(static_cast<gid_t>(*id));
    begin = end + 1;
  }
  return ids;
}

std::optional<gid_t> ParseId(const std::string& text) {
  const auto ids = ParseIds(text);
  return ids && ids->size() == 1 ? std::optional(ids->front()) : std::nullopt;
}

struct ProbeFlags {
  std::string uid;
  std::string gid;
  std::string groups;
  ProbeRequest request;
};

// Whom it asks as.
void AddCaller(CLI::App& probe, const std::shared_ptr<ProbeFlags>& flags) {
  const auto one_id = [](const std::string& text) {
    return ParseId(text) ? std::string() : "must be a number from 0 to 4294967294";
  };
  CLI::Option* as = probe.add_flag("--as-kube-apiserver", flags->request.as_kube_apiserver,
                                   "Ask as the user of the kube-apiserver that runs on this node, "
                                   "or as the one that --uid names; needs root");
  CLI::Option* uid =
      probe.add_option("--uid", flags->uid, "The user that kube-apiserver runs as, or will run as")
          ->type_name("N")
          ->check(one_id)
          ->needs(as);
  CLI::Option* gid = probe.add_option("--gid", flags->gid, "Its primary group")
                         ->type_name("N")
                         ->check(one_id)
                         ->needs(uid);
  uid->needs(gid);
  probe
      .add_option("--groups", flags->groups,
                  "Its further groups, separated by commas; none by default")
      ->type_name("N,N")
      ->check([](const std::string& text) {
        return ParseIds(text) ? std::string()
                              : "must be numbers from 0 to 4294967294, separated by commas";
      })
      ->needs(uid);
  probe.parse_complete_callback([flags] {
    if (flags->uid.empty()) return;
    SocketCaller user{.uid = *ParseId(flags->uid), .gid = *ParseId(flags->gid), .groups = {}};
    // As root in a container usually may.
    user.overrides_modes = user.uid == 0;
    if (!flags->groups.empty()) user.groups = *ParseIds(flags->groups);
    flags->request.user = user;
  });
}

void AddProbe(CommandTree& tree) {
  const auto flags = std::make_shared<ProbeFlags>();
  ProbeRequest& request = flags->request;
  CLI::App& probe = tree.Add(
      tree.root(),
      {.name = "probe",
       .purpose = "Ask the running provider through its socket",
       .examples =
           {{.command = "bao-kms-provider probe --as-kube-apiserver",
             .what = "As root: Status, Encrypt and Decrypt as kube-apiserver's user"},
            {.command = "runuser -u openbao-kms -- bao-kms-provider probe",
             .what = "The same as the provider's user"},
            {.command = "bao-kms-provider probe --expected-key-id "
                        "obk2.gQ_yp6rHXFkWIp5Mit70k-8OWi65DQKVcYBzzdXbo_Y",
             .what =
                 "On the next node: it must have the key_id that the first node's probe printed"},
            {.command = "bao-kms-provider probe --wait 2m",
             .what = "In a pipeline: go on when the provider works"}},
       .notes =
           "Needs no configuration and ignores the common flags. Root may open a socket that "
           "kube-apiserver may not: with --as-kube-apiserver it takes on that process's user and "
           "groups first, and client.identity says which process was found; where several run, "
           "one that has the socket's directory at the same path. The line kms.key_id contains the "
           "active key_id, for --expected-key-id on the next node.",
       .exits = {{.code = ExitCode::kOk,
                  .when = "Status, Encrypt and Decrypt work through the socket."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "A check failed; the report shows which one, and what to do."}}},
      [&tree, flags] {
        flags->request.format = tree.format();
        return Probe(flags->request);
      });
  tree.AddOutput(probe);
  probe
      .add_option("--socket", request.socket_path,
                  "The provider's socket: server.socketPath of its configuration; absolute")
      ->type_name("FILE")
      ->capture_default_str()
      ->check([](const std::string& path) {
        return path.starts_with('/') ? std::string() : "must be an absolute path";
      });
  AddDuration(probe, "--timeout", request.timeout,
              "Time limit for the whole probe, above 0s, at most 24h: 500ms, 10s, 1m30s",
              {.default_text = "10s"});
  AddDuration(probe, "--wait", request.wait,
              "Probe again until nothing fails, at most this long: 30s, 2m; at most 24h");
  probe
      .add_option("--expected-key-id", request.expected_key_id,
                  "The key_id that another node's probe printed; any other key_id is a failure")
      ->type_name("KEY_ID")
      ->check([](const std::string& text) {
        return core::KeyId::Parse(text) ? std::string() : "must be the key_id that probe printed";
      });
  AddCaller(probe, flags);
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
           .notes =
               "Reads, logs in, and encrypts and decrypts a test value; it changes nothing "
               "and may run while serve is running. Run it as root, which reads the two files and "
               "then becomes the provider's user, or as that user. Each check is pass, warn, fail "
               "or skip; a fail "
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
