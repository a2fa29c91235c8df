#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/command_line/commands.h"
#include "app/command_line/whole_number.h"
#include "app/init/init.h"

namespace baokms::app {
namespace {

// The last value means "no change" to chown.
std::optional<std::int64_t> ParseGid(const std::string& text) {
  return ParseWholeNumber(text, 1, UINT32_MAX - 1);
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
       .purpose = "Write the files that set up OpenBao and the nodes of a cluster",
       .examples = {{.command = "bao-kms-provider init --values values.yaml --new-key --out bundle",
                     .what = "For a first key, and providers run by systemd"},
                    {.command = "bao-kms-provider init --values values.yaml --out bundle",
                     .what = "For the existing key whose keyLineageId is in values.yaml"}},
       .notes = "The values file is a configuration in which fields that have a default may be "
                "omitted. init does not contact OpenBao and changes nothing outside the bundle's "
                "directory; its installation.json lists what is left to do.",
       .exits =
           {{.code = ExitCode::kOther,
             .when =
                 "The bundle could not be written; the files that were written are removed again."},
            {.code = ExitCode::kConfiguration,
             .when = "The values file cannot be read or is not valid; every problem is listed."}}},
      [&tree, flags] {
        InitRequest request = flags->request;
        request.allowed_socket_parents = tree.request().allowed_socket_parents;
        return Init(request);
      });
  InitRequest& request = flags->request;
  init.add_option("--values", request.values_file, "The values, in YAML")
      ->type_name("FILE")
      ->required();
  init.add_option("--out", request.out_directory,
                  "Directory for the bundle; it must be new or empty")
      ->type_name("DIR")
      ->required();
  init.add_option("--model", flags->model, "How the providers are run")
      ->type_name("systemd|static-pod")
      ->default_str(flags->model)
      ->check([](const std::string& text) {
        return text == "systemd" || text == "static-pod" ? "" : "must be systemd or static-pod";
      });
  init.add_flag("--new-key", request.new_key,
                "For a key that does not exist yet; generates its keyLineageId");
  init.add_option("--policy-name", request.policy_name, "The policy's name in OpenBao")
      ->type_name("NAME")
      ->default_str("openbao-kms-<clusterId>")
      ->check(CheckPolicyName);
  init.add_option("--image", request.image,
                  "The static pod's image, as repository@sha256:digest without a tag")
      ->type_name("IMAGE")
      ->check(CheckImage);
  init.add_option("--socket-gid", flags->socket_gid,
                  "The socket's group in a static pod; replaces server.socketGroup")
      ->type_name("N")
      ->check([](const std::string& text) {
        return ParseGid(text) ? "" : "must be a group id above 0";
      });
  tree.AddSocketParent(init);
  init.parse_complete_callback([flags] {
    InitRequest& given = flags->request;
    if (flags->model != Name(given.model)) given.model = DeploymentModel::kStaticPod;
    given.socket_gid = static_cast<std::uint32_t>(ParseGid(flags->socket_gid).value_or(0));
    const std::string wrong = CheckModelFlags(given);
    if (!wrong.empty()) throw CLI::ValidationError(wrong, CLI::ExitCodes::ValidationError);
  });
}

}  // namespace baokms::app
