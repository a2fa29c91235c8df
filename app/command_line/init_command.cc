#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/command_line/commands.h"
#include "app/init/init.h"

namespace baokms::app {
namespace {

std::optional<std::uint32_t> ParseGid(const std::string& text) {
  std::uint32_t gid = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, gid);
  // The last value means "no change" to chown.
  if (error != std::errc{} || stopped != end || gid == 0 || gid == UINT32_MAX) return std::nullopt;
  return gid;
}

}  // namespace

void AddInit(CommandTree& tree) {
  struct Flags {
    InitRequest request;
    std::string model = std::string(Name(DeploymentModel::kSystemd));
    std::string socket_gid;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App& init = tree.AddBare(
      tree.root(),
      {.name = "init",
       .purpose = "Write the files that set up a cluster's OpenBao and nodes",
       .examples = {{"bao-kms-provider init --values values.yaml --new-key --out bundle",
                     "A first key, providers run by systemd"},
                    {"bao-kms-provider init --values values.yaml --out bundle --model static-pod "
                     "--image registry.example/bao-kms-provider@sha256:... --socket-gid 4711",
                     "The key that values.yaml names, providers run by the kubelet"}},
       .notes = "FILE is a configuration in which what has a default may be left out. Nothing is "
                "asked of\nOpenBao and nothing is changed but DIR; installation.json there says "
                "what to do next."},
      [&tree, flags] {
        InitRequest request = flags->request;
        request.allowed_socket_parents = tree.request().allowed_socket_parents;
        return Init(request);
      });
  InitRequest& request = flags->request;
  init.add_option("--values", request.values_file, "The values, a YAML file")
      ->type_name("FILE")
      ->required();
  init.add_option("--out", request.out_directory, "The bundle's directory: new, or empty")
      ->type_name("DIR")
      ->required();
  init.add_option("--model", flags->model, "systemd or static-pod")
      ->default_str(flags->model)
      ->check([](const std::string& text) {
        return text == "systemd" || text == "static-pod" ? "" : "must be systemd or static-pod";
      });
  init.add_flag("--new-key", request.new_key, "Name a new key: makes its keyLineageId");
  init.add_option("--policy-name", request.policy_name, "Of the policy in OpenBao")
      ->default_str("openbao-kms-<clusterId>")
      ->check(CheckPolicyName);
  init.add_option("--image", request.image, "static-pod: repository@sha256:digest")
      ->check(CheckImage);
  init.add_option("--socket-gid", flags->socket_gid, "static-pod: the socket's numeric group")
      ->check([](const std::string& text) {
        return ParseGid(text) ? "" : "must be a group id above 0";
      });
  tree.AddSocketParent(init);
  init.parse_complete_callback([flags] {
    InitRequest& given = flags->request;
    if (flags->model != Name(given.model)) given.model = DeploymentModel::kStaticPod;
    given.socket_gid = ParseGid(flags->socket_gid).value_or(0);
    const std::string wrong = CheckModelFlags(given);
    if (!wrong.empty()) throw CLI::ValidationError(wrong, CLI::ExitCodes::ValidationError);
  });
}

}  // namespace baokms::app
