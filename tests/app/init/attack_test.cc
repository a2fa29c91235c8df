// Values that attack the files of a bundle: each is refused by name, or means itself wherever it is
// read: config.yaml, the EncryptionConfigurations and openbao-setup.sh, which is run.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "adapters/config_yaml/field_table.h"
#include "tests/app/init/attack_texts.h"
#include "tests/app/init/planned.h"
#include "tests/support/emulator/certificates.h"
#include "tests/support/emulator/jwt.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::app {
namespace {

namespace config_yaml = adapters::config_yaml;
using config_yaml::Field;

// Answers as an empty OpenBao does, and notes each call: arguments, standard input, namespace.
constexpr const char* kBao = R"sh(#!/bin/bash
shopt -s nullglob
calls=("$RECORD"/*.argv)
call=$RECORD/$(printf '%03d' $((${#calls[@]} + 1)))
printf '%s\0' "$@" >"$call.argv"
printf '%s' "${BAO_NAMESPACE-}" >"$call.namespace"
last=${!#}
if [ "$last" = - ]; then cat >"$call.stdin"; fi
case $1 in
  read)
    if [ -e "$RECORD/key" ] && [ "$last" = "$(cat "$RECORD/key")" ]; then
      case $3 in
        -field=type) printf '"aes256-gcm96"' ;;
        -field=keys) printf '{\n  "1": 1700000000\n}' ;;
        -field=supports_*) printf true ;;
        *) printf false ;;
      esac
      exit
    fi
    echo "No value found at $last" >&2
    exit 2
    ;;
  list)
    echo '{}'
    exit 2
    ;;
  policy)
    [ "$2" = write ] && exit
    echo "No policy named: x" >&2
    exit 2
    ;;
  write)
    if grep -q aes256 "$call.stdin"; then printf '%s' "${@: -2:1}" >"$RECORD/key"; fi
    ;;
esac
)sh";

struct CallOfBao {
  std::vector<std::string> arguments;
  std::string input;
  std::string name_space;
};

// openbao-setup.sh, run to its end in a directory of its own.
class SetupRun {
 public:
  // `trust` names the file of public keys or certificates in question.
  SetupRun(const std::string& script, const char* trust, const std::string& pem) {
    const std::string record = directory_.MakeDirectory("record", 0700);
    directory_.MakeDirectory("bin", 0700);
    directory_.Write("bin/bao", kBao, 0700);
    directory_.Write("openbao-setup.sh", script, 0700);
    directory_.Write("trusted.pem", pem);
    // Glob patterns find something here.
    const std::string here = directory_.MakeDirectory("here", 0700);
    directory_.Write("here/a", "");
    testing::ChildProcess child(
        {.argv = {"bash", directory_.File("openbao-setup.sh"), "all", trust,
                  directory_.File("trusted.pem")},
         .environment = {{"PATH", directory_.File("bin") + ":/usr/bin:/bin"},
                         {"RECORD", record},
                         {"BAO_NAMESPACE", "of/whoever/runs/it"}},
         .stdout_file = directory_.File("said"),
         .stderr_file = directory_.File("said"),
         .working_directory = here});
    const auto ended = child.Wait(std::chrono::seconds(60));
    INFO(testing::ReadWholeFile(directory_.File("said")));
    CHECK(ended == testing::ExitStatus{.code = 0, .signal = std::nullopt});
    std::set<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(here)) {
      left.insert(entry.path().filename().string());
    }
    CHECK(left == std::set<std::string>{"a"});
    ReadCalls(record);
  }

  // The one call that begins like this; REQUIREd.
  const CallOfBao& Call(const std::vector<std::string>& begin) const {
    const CallOfBao* found = nullptr;
    for (const CallOfBao& call : calls_) {
      if (call.arguments.size() < begin.size() ||
          !std::equal(begin.begin(), begin.end(), call.arguments.begin())) {
        continue;
      }
      CHECK(found == nullptr);
      found = &call;
    }
    CAPTURE(begin.back());
    REQUIRE(found != nullptr);
    return *found;
  }
  const std::vector<CallOfBao>& calls() const { return calls_; }

 private:
  void ReadCalls(const std::string& record) {
    for (int number = 1;; ++number) {
      std::string file = record;
      file.append("/").append(std::to_string(1000 + number).substr(1));
      const auto read = [&](const char* what) { return testing::ReadWholeFile(file + what); };
      const std::string argv = read(".argv");
      if (argv.empty()) break;
      CallOfBao call;
      for (std::size_t at = 0; at < argv.size(); at = argv.find('\0', at) + 1) {
        call.arguments.emplace_back(argv.c_str() + at);
      }
      call.input = read(".stdin");
      call.name_space = read(".namespace");
      calls_.push_back(std::move(call));
    }
    CHECK(calls_.size() > 10);
  }

  testing::TempDirectory directory_;
  std::vector<CallOfBao> calls_;
};

// OpenBao is told what the configuration says, to the letter.
void CheckSetup(const Installation& installation, const std::string& script) {
  const core::Configuration& c = installation.configuration;
  const core::JwtConfiguration& jwt = c.auth.jwt;
  const std::string key = c.transit.mount_path + "/keys/" + c.transit.key_name;
  const auto signing_key = emulator::GenerateSigningKey(emulator::SigningKeyKind::kEcP256);
  const std::string pem = emulator::PublicKeyPem(signing_key.get());
  const SetupRun run(script, "--jwt-public-key", pem);
  for (const CallOfBao& call : run.calls()) CHECK(call.name_space == c.openbao.openbao_namespace);
  run.Call({"secrets", "enable", "-path=" + c.transit.mount_path, "transit"});
  run.Call({"auth", "enable", "-path=" + jwt.mount_path.substr(5), "jwt"});
  CHECK(Json::parse(run.Call({"write", "-format=json", "--", key, "-"}).input).at("type") ==
        "aes256-gcm96");
  CHECK(run.Call({"policy", "write", "--", installation.policy_name, "-"})
            .input.contains("path \"" + key + "\""));
  CHECK(
      Json::parse(run.Call({"write", "-format=json", "--", jwt.mount_path + "/config", "-"}).input)
          .at("bound_issuer") == jwt.expected_issuer);
  const Json role = Json::parse(
      run.Call({"write", "-format=json", "--", jwt.mount_path + "/role/" + jwt.role, "-"}).input);
  CHECK(role.at("bound_subject") == jwt.expected_subject);
  CHECK(role.at("bound_audiences") == Json(jwt.expected_audience));
}

// The fields that take a text, those of a list included.
std::vector<const Field*> TextFields() {
  std::vector<const Field*> fields;
  for (const Field& field : config_yaml::Fields()) {
    const bool text = std::holds_alternative<config_yaml::TextSlot>(field.slot) ||
                      std::holds_alternative<config_yaml::TextListSlot>(field.slot);
    const bool counts = field.branch == config_yaml::Branch::kAlways ||
                        field.branch == config_yaml::Branch::kJwt ||
                        field.branch == config_yaml::Branch::kJwtFile;
    if (text && counts) fields.push_back(&field);
  }
  return fields;
}

Json AsValue(const Field& field, const std::string& text) {
  return std::holds_alternative<config_yaml::TextListSlot>(field.slot) ? Json{text} : Json(text);
}

std::vector<std::string> TextsOf(const Field& field, core::Configuration& configuration) {
  if (const auto* list = std::get_if<config_yaml::TextListSlot>(&field.slot)) {
    return (*list)(configuration);
  }
  return {std::get<config_yaml::TextSlot>(field.slot)(configuration)};
}

InitRequest NewKey() { return {.new_key = true, .policy_name = "the-policy"}; }

Json NewKeyValues() {
  Json values = JwtValues();
  values["transit"]["keyIdScope"].erase("keyLineageId");
  return values;
}

// Where `text` may stand, each field tried alone; the others refused it by their own name.
std::vector<const Field*> FieldsThatTake(const std::string& text) {
  std::vector<const Field*> taking;
  for (const Field* field : TextFields()) {
    if (field->name == "transit.keyIdScope.keyLineageId") continue;  // made, not given
    CAPTURE(field->name);
    Json values = NewKeyValues();
    values[Pointer(field->name)] = AsValue(*field, text);
    const auto installation = Plan(values, NewKey());
    if (installation) {
      taking.push_back(field);
      continue;
    }
    const auto& problems = installation.error();
    // A control character may be refused with the whole document.
    CHECK(std::ranges::any_of(
        problems, [&](const auto& p) { return p.field == field->name || p.field == "config"; }));
    const std::string said = config_yaml::FormatProblems(problems);
    if (text.size() > 5) CHECK_FALSE(said.contains(text));
  }
  return taking;
}

TEST_CASE("Attack: a value is refused by its field or means itself in every file") {
  std::map<std::string_view, int> taken;
  for (const std::string& text : AttackTexts()) {
    CAPTURE(text);
    Json values = NewKeyValues();
    const std::vector<const Field*> fields = FieldsThatTake(text);
    for (const Field* field : fields) {
      // Two listeners at one address are another problem.
      values[Pointer(field->name)] = AsValue(*field, text);
      ++taken[field->name];
    }
    const Installation installation = Planned(values, NewKey());
    const std::vector<BundleFile> files = Bundled(installation);
    core::Configuration loaded = LoadBack(files);
    for (const Field* field : fields) {
      CAPTURE(field->name);
      CHECK(TextsOf(*field, loaded) == std::vector<std::string>{text});
    }
    CheckSetup(installation, FileOf(files, "openbao-setup.sh").content);
  }
  // Not everything was refused: where people choose names, most texts are names.
  for (const char* field : {"openbao.instanceId", "auth.jwt.expectedSubject",
                            "auth.jwt.expectedAudience", "auth.jwt.expectedIssuer",
                            "transit.keyIdScope.clusterId", "transit.keyIdScope.transitMountId"}) {
    CAPTURE(field);
    CHECK(taken[field] == static_cast<int>(AttackTexts().size()));
  }
  CHECK(taken["transit.mountPath"] > 20);
  CHECK(taken["openbao.namespace"] > 20);
  CHECK(taken["transit.keyName"] < 10);
  CHECK(taken["auth.jwt.role"] < 10);
}

TEST_CASE("Attack: a role for X.509-SVIDs allows the one SPIFFE ID and nothing else") {
  Json values = CertValues();
  values["auth"]["cert"].erase("pkcs11");
  values["auth"]["cert"]["source"] = "spiffe";
  values["auth"]["cert"]["spiffe"] = {{"workloadAPISocket", "unix:///run/spire/agent.sock"},
                                      {"spiffeID", "spiffe://example.org/kms"},
                                      {"trustDomain", "example.org"}};
  values["transit"]["keyIdScope"].erase("keyLineageId");
  const Installation installation = Planned(values, NewKey());
  const emulator::CertificateAuthority authority("trust domain");
  const SetupRun run(FileOf(Bundled(installation), "openbao-setup.sh").content, "--client-ca",
                     authority.pem());
  const Json role =
      Json::parse(run.Call({"write", "-format=json", "--", "auth/cert/certs/kms-node", "-"}).input);
  CHECK(role.at("allowed_uri_sans") == Json{"spiffe://example.org/kms"});
  CHECK(role.at("certificate").get<std::string>() + "\n" == authority.pem());
  CHECK(role.at("token_policies") == Json{"the-policy"});
  for (const auto& [name, value] : role.items()) {
    CHECK((!name.starts_with("allowed_") || name == "allowed_uri_sans"));
  }
}

TEST_CASE("Attack: what cannot be seen is refused in every field") {
  for (const std::string& text : HiddenTexts()) {
    CAPTURE(text);
    for (const Field* field : FieldsThatTake(text)) FAIL_CHECK(field->name);
  }
}

TEST_CASE("Attack: YAML that is more than values is refused with its line") {
  for (const std::string yaml :
       {"configVersion: &a v1alpha1\n", "configVersion: !!str v1alpha1\n", "a: &x {}\n<<: *x\n",
        "configVersion: v1alpha1\nconfigVersion: v1alpha1\n",
        "configVersion: v1alpha1\n---\nconfigVersion: v1alpha1\n", "unknown: 1\n",
        "configVersion: \"\xFF\"\n", "configVersion: [\n", "", "[]\n"}) {
    CAPTURE(yaml);
    const auto installation = PlanText(yaml, NewKey());
    REQUIRE_FALSE(installation.has_value());
    CHECK_FALSE(installation.error().empty());
  }
}

// shellcheck reads the scripts with the worst values in them.
TEST_CASE("Attack: shellcheck finds nothing in the scripts") {
  const testing::TempDirectory directory;
  Json values = JwtValues();
  for (const char* field :
       {"openbao.instanceId", "auth.jwt.expectedSubject", "transit.keyIdScope.clusterId"}) {
    values[Pointer(field)] = "'; touch canary; '";
  }
  for (const Json& login : {values, CertValues()}) {
    const std::vector<BundleFile> files = Bundled(Planned(login, {.policy_name = "the-policy"}));
    for (const char* name : {"openbao-setup.sh", "node-setup.sh"}) {
      const std::string script = directory.Write(name, FileOf(files, name).content);
      testing::ChildProcess check({.argv = {"shellcheck", "--exclude=SC2015,SC2016", script},
                                   .stdout_file = directory.File("said"),
                                   .stderr_file = directory.File("said")});
      const auto ended = check.Wait(std::chrono::seconds(60));
      INFO(testing::ReadWholeFile(directory.File("said")));
      CHECK(ended == testing::ExitStatus{.code = 0, .signal = std::nullopt});
    }
  }
}

}  // namespace
}  // namespace baokms::app
