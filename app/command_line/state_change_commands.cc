#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/command_line/commands.h"
#include "app/command_line/span.h"
#include "app/command_line/whole_number.h"
#include "app/versions/change_commands.h"
#include "app/versions/recover_state.h"
#include "core/census/stored_resource.h"
#include "core/model/transit_key_version.h"
#include "core/registry/registry_json.h"

namespace baokms::app {
namespace {

std::optional<core::TransitKeyVersion> ParseVersion(const std::string& text, std::int64_t least) {
  const auto number = ParseWholeNumber(text, least, INT64_MAX);
  return number ? core::TransitKeyVersion::FromNumber(*number) : std::nullopt;
}

// "1,2"; empty when any part is no version.
std::vector<core::TransitKeyVersion> ParseVersions(const std::string& text) {
  std::vector<core::TransitKeyVersion> versions;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto version = ParseVersion(text.substr(begin, end - begin), 1);
    if (!version) return {};
    versions.push_back(*version);
    begin = end + 1;
  }
  return versions;
}

constexpr std::chrono::hours kOldestEvidence{720};

std::vector<ExitText> ChangeExits() {
  return {{.code = ExitCode::kOk,
           .when = "The change was planned or applied, or there was nothing to change."},
          {.code = ExitCode::kConfiguration,
           .when = "The configuration, or a file given by a flag, is refused."},
          {.code = ExitCode::kCheckFailed,
           .when = "The change was refused and nothing was changed: each line explains why and "
                   "what to do."}};
}

// A command that changes the state: a plan unless --apply.
CLI::App& AddChange(CommandTree& tree, const CommandText& text,
                    const std::shared_ptr<ChangeRequest>& change, CommandTree::Action run) {
  CLI::App& command = tree.AddReport(text, [&tree, change, run = std::move(run)] {
    change->format = tree.format();
    return run();
  });
  CLI::Option* expected =
      command
          .add_option("--expected-state-hash", change->expected_state_hash,
                      "The stateHash that the plan printed; required by --apply, which refuses any "
                      "other state")
          ->type_name("HASH")
          ->check([](const std::string& hash) {
            return core::IsRegistryHash(hash) ? "" : "must be the stateHash that a plan printed";
          });
  command
      .add_flag("--apply", change->apply,
                "Change the state as planned; the provider must be stopped")
      ->needs(expected);
  return command;
}

// What a report of key-usage must be to count. `age` is what TakeAge reads.
void AddEvidenceBounds(CLI::App& command, EvidenceBounds& bounds, std::string& age) {
  command.add_option("--max-evidence-age", age, "How old the evidence may be; at most 720h")
      ->type_name("DURATION")
      ->default_str("24h")
      ->check([](const std::string& text) {
        return ParseSpan(text, kOldestEvidence)
                   ? std::string()
                   : "must be a duration above 0s, at most 720h, such as 24h";
      });
  command
      .add_option("--prefix", bounds.prefix, "The prefix of etcd that the evidence must be about")
      ->type_name("PREFIX")
      ->default_val(std::string(core::kRegistryRoot));
}

void TakeAge(const std::string& age, EvidenceBounds& bounds) {
  if (age.empty()) return;
  bounds.max_age = std::chrono::floor<std::chrono::seconds>(*ParseSpan(age, kOldestEvidence));
}

void AddRetireVersions(CommandTree& tree) {
  struct Flags {
    std::string before;
    std::string age;
    bool without_evidence = false;
    EvidenceRequest evidence;
  };
  const auto change = std::make_shared<ChangeRequest>();
  const auto flags = std::make_shared<Flags>();
  EvidenceRequest& evidence = flags->evidence;
  CLI::App& command = AddChange(
      tree,
      {.name = "retire-versions",
       .purpose = "Stop decrypting old key versions on this node",
       .examples =
           {{.command = "bao-kms-provider retire-versions --config "
                        "/etc/openbao-kms/config.yaml --before-version 3",
             .what =
                 "Print the plan; nothing is changed. Then stop the provider and apply the plan"},
            {.command = "bao-kms-provider retire-versions --config "
                        "/etc/openbao-kms/config.yaml --before-version 3 \\\n"
                        "      --evidence /root/key-usage.json \\\n"
                        "      --apply --expected-state-hash "
                        "krs1.9pGhQA0O3mYBAejk-yGcv0cIxq-so-GJrY2IH4bZV7Q",
             .what = "The same, applied with the plan's stateHash"}},
       .notes = "Without --apply it prints its plan and writes nothing. Data that etcd still "
                "stores under a removed version can no longer be read: rewrite every object first, "
                "and give the report of key-usage as the evidence. It is refused when an object "
                "needs a version that would be removed, and when it is old, of another cluster, or "
                "from before every kube-apiserver had the new key_id. restore-versions undoes it.",
       .exits = ChangeExits()},
      change, [&tree, change, flags] {
        return RetireVersions(tree.request(), *change, *ParseVersion(flags->before, 2),
                              flags->evidence);
      });
  command
      .add_option("--before-version", flags->before,
                  "Remove the versions below this one; from 2 up to the active version")
      ->type_name("N")
      ->required()
      ->check([](const std::string& text) {
        return ParseVersion(text, 2) ? "" : "must be a version above 1";
      });
  CLI::Option* files =
      command
          .add_option("--evidence", evidence.files,
                      "A report of key-usage --output json that shows that nothing needs these "
                      "versions; absolute, may be given for several etcds")
          ->type_name("FILE")
          ->check([](const std::string& path) {
            return path.starts_with('/') ? std::string() : "must be an absolute path";
          });
  AddEvidenceBounds(command, evidence.bounds, flags->age);
  command
      .add_flag("--without-evidence", flags->without_evidence,
                "Apply the plan without evidence: you know that nothing needs these versions")
      ->excludes(files);
  command.parse_complete_callback([change, flags] {
    if (change->apply && flags->evidence.files.empty() && !flags->without_evidence) {
      throw CLI::ValidationError(
          "--apply",
          "needs --evidence, a report of key-usage --output json, or --without-evidence");
    }
    TakeAge(flags->age, flags->evidence.bounds);
  });
}

void AddRestoreVersions(CommandTree& tree) {
  struct Flags {
    std::vector<std::string> lists;
    std::set<core::TransitKeyVersion> versions;
  };
  const auto change = std::make_shared<ChangeRequest>();
  const auto flags = std::make_shared<Flags>();
  CLI::App& command = AddChange(
      tree,
      {.name = "restore-versions",
       .purpose = "Decrypt removed key versions again on this node",
       .examples = {{.command = "bao-kms-provider restore-versions --config "
                                "/etc/openbao-kms/config.yaml --versions 1,2",
                     .what = "Print the plan; apply it in the same way as with retire-versions"}},
       .notes = "Takes versions that this node's state records as removed and that Transit still "
                "has unchanged; if one version cannot be restored, none is.",
       .exits = ChangeExits()},
      change,
      [&tree, change, flags] { return RestoreVersions(tree.request(), *change, flags->versions); });
  command
      .add_option("--versions", flags->lists,
                  "Removed versions, from 1 up, separated by commas; all or none are restored")
      ->type_name("N,N")
      ->required()
      ->check([](const std::string& text) {
        return ParseVersions(text).empty() ? "must be versions from 1 up, separated by commas" : "";
      });
  command.parse_complete_callback([flags] {
    for (const std::string& list : flags->lists) {
      for (const core::TransitKeyVersion version : ParseVersions(list)) {
        if (flags->versions.insert(version).second) continue;
        throw CLI::ValidationError("--versions", "lists a version twice");
      }
    }
  });
}

void AddMigrateState(CommandTree& tree) {
  const auto change = std::make_shared<ChangeRequest>();
  AddChange(
      tree,
      {.name = "migrate-state",
       .purpose = "Convert a v1alpha1 state file to v1alpha2",
       .examples = {{.command = "bao-kms-provider migrate-state --config "
                                "/etc/openbao-kms/config.yaml",
                     .what = "Print the plan; apply it in the same way as with retire-versions"}},
       .notes = "For the state file of an older Go provider, which serve refuses. It does not use "
                "the network. Keep a copy of both old files, and check with rotation-plan before "
                "you start the provider.",
       .exits = ChangeExits()},
      change, [&tree, change] { return MigrateState(tree.request(), *change); });
}

// What one flag needs of the others.
void CheckTogether(const RecoverRequest& recover, bool without_evidence) {
  const bool given = !(recover.peer_state_file + recover.census_file).empty();
  if (without_evidence && given) {
    throw CLI::ValidationError("--without-evidence",
                               "has no meaning beside evidence; leave it out");
  }
  if (recover.adopt && !recover.peer_state_file.empty()) {
    throw CLI::ValidationError("--adopt",
                               "is for a key that no node has served with; leave it out");
  }
  if (recover.change.apply && !given && !without_evidence) {
    throw CLI::ValidationError("--without-evidence",
                               "must be given with --apply when there is neither --evidence nor "
                               "--peer-state");
  }
}

void AddRecoverState(CommandTree& tree) {
  struct Flags {
    std::shared_ptr<ChangeRequest> change = std::make_shared<ChangeRequest>();
    RecoverRequest recover;
    std::string age;
    bool without_evidence = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App& command = AddChange(
      tree,
      {.name = "recover-state",
       .purpose = "Make a node's lost state anew, or adopt a rotated key",
       .examples =
           {{.command = "bao-kms-provider recover-state --config /etc/openbao-kms/config.yaml \\\n"
                        "      --evidence /etc/openbao-kms/key-usage.json",
             .what = "Print the plan, checked against what key-usage --output json found in etcd; "
                     "nothing is changed"},
            {.command = "bao-kms-provider recover-state --config /etc/openbao-kms/config.yaml \\\n"
                        "      --evidence /etc/openbao-kms/key-usage.json --apply \\\n"
                        "      --expected-state-hash "
                        "krs1.9pGhQA0O3mYBAejk-yGcv0cIxq-so-GJrY2IH4bZV7Q",
             .what = "The same, applied with the plan's stateHash"},
            {.command = "bao-kms-provider recover-state --config /etc/openbao-kms/config.yaml \\\n"
                        "      --adopt --evidence /etc/openbao-kms/key-usage.json",
             .what = "The first node of a cluster, and its key is rotated already"}},
       .notes = "Records every version that OpenBao lists, the latest one as active. Refused when "
                "etcd needs a key_id that no version gives, when OpenBao has lost or remade a "
                "version, when a minimum hides versions that may be needed, and when the evidence "
                "is old or of another cluster. It only makes a state where there is none.",
       .exits = ChangeExits()},
      flags->change, [&tree, flags] {
        flags->recover.change = *flags->change;
        return RecoverState(tree.request(), flags->recover);
      });
  command
      .add_option("--evidence", flags->recover.census_file,
                  "Report of key-usage --output json on this cluster's etcd; absolute")
      ->type_name("FILE");
  command
      .add_option("--peer-state", flags->recover.peer_state_file,
                  "State file of another node of this cluster, or an old one of any; absolute")
      ->type_name("FILE");
  AddEvidenceBounds(command, flags->recover.bounds, flags->age);
  command.add_flag("--without-evidence", flags->without_evidence,
                   "Apply a plan that nothing proves; the plan says what is not known");
  command.add_flag("--adopt", flags->recover.adopt,
                   "The key is rotated, and this provider has never encrypted under it");
  command.parse_complete_callback([flags] {
    flags->recover.change = *flags->change;
    TakeAge(flags->age, flags->recover.bounds);
    CheckTogether(flags->recover, flags->without_evidence);
  });
}

}  // namespace

void AddStateChanges(CommandTree& tree) {
  AddRetireVersions(tree);
  AddRestoreVersions(tree);
  AddRecoverState(tree);
  AddMigrateState(tree);
}

}  // namespace baokms::app
