#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command_line/commands.h"
#include "app/command_line/span.h"
#include "app/command_line/whole_number.h"
#include "app/key_usage/key_usage.h"

namespace baokms::app {
namespace {

using adapters::etcd::Endpoint;

constexpr std::int64_t kMostKeys = 10000;

std::optional<std::int64_t> ParsePageSize(const std::string& text) {
  return ParseWholeNumber(text, 1, kMostKeys);
}

std::string CheckPrefix(const std::string& text) {
  const bool plain = text.find_first_of(std::string_view("\0\n\r\t\x1b", 5)) == std::string::npos;
  return text.size() > 1 && text.starts_with('/') && text.ends_with('/') && plain
             ? std::string()
             : "must begin and end with a slash, for example /registry/";
}

constexpr std::chrono::hours kLongestPause{1};

std::string CheckPath(const std::string& path) {
  return path.starts_with('/') ? std::string() : "must be an absolute path";
}

// What one flag needs of another.
void CheckTogether(const KeyUsageRequest& request) {
  const bool tls = std::ranges::any_of(request.endpoints, &Endpoint::tls);
  if (tls && request.ca_file.empty()) {
    throw CLI::ValidationError("--etcd-cacert", "is required for https endpoints");
  }
  if (!tls && !(request.ca_file + request.certificate_file).empty()) {
    throw CLI::ValidationError("--etcd-endpoints", "must be https when certificates are given");
  }
  const bool plaintext =
      std::ranges::find(request.fail_on, Finding::kPlaintext) != request.fail_on.end();
  if (plaintext && request.encryption_configuration_file.empty()) {
    throw CLI::ValidationError(
        "--fail-on",
        "plaintext needs --encryption-config, which tells which resources should be encrypted");
  }
}

// What follows the census beside the report.
void AddConclusions(CLI::App& command, KeyUsageRequest& request, std::vector<std::string>& fail_on,
                    std::string& pause) {
  command
      .add_option("--encryption-config", request.encryption_configuration_file,
                  "kube-apiserver's EncryptionConfiguration, which tells which resources should be "
                  "encrypted; absolute")
      ->type_name("FILE")
      ->check(CheckPath);
  command
      .add_option("--fail-on", fail_on,
                  "Exit 4 when the census finds any of these, separated by commas: plaintext (of "
                  "resources that should be encrypted), other-provider, old-version, malformed")
      ->type_name("KIND")
      ->delimiter(',')
      ->check([](const std::string& name) {
        return ParseFinding(name) ? std::string()
                                  : "must be plaintext, other-provider, old-version or malformed";
      });
  command
      .add_option("--textfile", request.textfile,
                  "Also write the counts as Prometheus metrics into this file, for the text file "
                  "collector of the node exporter; absolute")
      ->type_name("FILE")
      ->check(CheckPath);
  command
      .add_option("--watch", pause,
                  "Repeat the census after this pause until nothing is left to rewrite, and show "
                  "how far it is: 10s, 1m; at most 1h")
      ->type_name("DURATION")
      ->check([](const std::string& text) {
        return ParseSpan(text, kLongestPause) ? std::string()
                                              : "must be a duration above 0s, at most 1h";
      });
}

}  // namespace

void AddKeyUsage(CommandTree& tree) {
  struct Flags {
    std::vector<std::string> endpoints;
    std::string page_size;
    std::vector<std::string> fail_on;
    std::string pause;
    KeyUsageRequest request;
  };
  const auto flags = std::make_shared<Flags>();
  KeyUsageRequest& request = flags->request;
  CLI::App& command = tree.AddReport(
      {.name = "key-usage",
       .purpose = "Count what etcd still stores under each key version, and in plaintext",
       .examples = {{.command =
                         "bao-kms-provider key-usage --config /etc/openbao-kms/config.yaml \\\n"
                         "      --etcd-endpoints https://127.0.0.1:2379 \\\n"
                         "      --etcd-cacert /etc/kubernetes/pki/etcd/ca.crt \\\n"
                         "      --etcd-cert /etc/kubernetes/pki/etcd/healthcheck-client.crt \\\n"
                         "      --etcd-key /etc/kubernetes/pki/etcd/healthcheck-client.key",
                     .what = "On a kubeadm control-plane node, as root"},
                    {.command =
                         "bao-kms-provider key-usage --config /etc/openbao-kms/config.yaml \\\n"
                         "      --etcd-endpoints http://127.0.0.1:2379 \\\n"
                         "      --encryption-config /etc/kubernetes/encryption-config.yaml \\\n"
                         "      --fail-on plaintext,old-version,malformed",
                     .what = "In a pipeline: exit 4 unless everything that should be encrypted is, "
                             "under the active version"}},
       .notes = "Reads etcd at one revision and writes nothing, in etcd or elsewhere. It "
                "classifies values by their first bytes and never decrypts them; it prints no "
                "key_id, object or value. The report is the evidence for retire-versions, together "
                "with a list of what it cannot see, above all etcd's snapshots and backups.",
       .exits = {{.code = ExitCode::kOk, .when = "etcd was read completely."},
                 {.code = ExitCode::kConfiguration,
                  .when = "The configuration, or a file given by these flags, is refused."},
                 {.code = ExitCode::kCheckFailed,
                  .when = "etcd could not be read to the end: there is no report, and one line for "
                          "each endpoint explains why. Or something that --fail-on names was "
                          "found; then the report is complete."},
                 {.code = ExitCode::kOther, .when = "--textfile could not be written."}}},
      [&tree, flags] {
        flags->request.format = tree.format();
        return KeyUsage(tree.request(), flags->request);
      });
  command
      .add_option("--etcd-endpoints", flags->endpoints,
                  "Client URLs of one etcd cluster, separated by commas; http:// only for a "
                  "loopback address")
      ->type_name("URL")
      ->required()
      ->delimiter(',')
      ->check([](const std::string& url) {
        const auto endpoint = Endpoint::Parse(url);
        return endpoint ? std::string() : std::string(endpoint.error());
      });
  command
      .add_option("--etcd-cacert", request.ca_file,
                  "CA of etcd's certificates, required for https://; absolute")
      ->type_name("FILE");
  CLI::Option* certificate = command
                                 .add_option("--etcd-cert", request.certificate_file,
                                             "Client certificate for etcd; absolute")
                                 ->type_name("FILE");
  CLI::Option* key = command
                         .add_option("--etcd-key", request.key_file,
                                     "The key of --etcd-cert, mode 0640 or stricter; absolute")
                         ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command
      .add_option("--prefix", request.prefix,
                  "Where kube-apiserver stores its objects: its --etcd-prefix followed by a slash")
      ->type_name("PREFIX")
      ->capture_default_str()
      ->check(CheckPrefix);
  command
      .add_option("--page-size", flags->page_size,
                  "Maximum keys per request, 1 to 10000; by default 500 at first, and up to 10000 "
                  "while replies stay small")
      ->type_name("N")
      ->check([](const std::string& text) {
        return ParsePageSize(text) ? std::string() : "must be a number from 1 to 10000";
      });
  AddConclusions(command, request, flags->fail_on, flags->pause);
  command.parse_complete_callback([flags] {
    for (const std::string& url : flags->endpoints) {
      flags->request.endpoints.push_back(*Endpoint::Parse(url));
    }
    if (!flags->page_size.empty()) flags->request.largest_page = *ParsePageSize(flags->page_size);
    for (const std::string& name : flags->fail_on) {
      flags->request.fail_on.push_back(*ParseFinding(name));
    }
    if (!flags->pause.empty()) {
      flags->request.watch =
          std::chrono::ceil<std::chrono::seconds>(*ParseSpan(flags->pause, kLongestPause));
    }
    CheckTogether(flags->request);
  });
}

}  // namespace baokms::app
