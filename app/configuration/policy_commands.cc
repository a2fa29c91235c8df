#include "app/configuration/policy_commands.h"

#include <cstdio>

#include "adapters/checked_file/posix_file_reader.h"

namespace baokms::app {
namespace {

std::string Stanza(std::string_view why, const std::string& path, std::string_view capability) {
  return "# " + std::string(why) + "\npath \"" + path + "\" {\n  capabilities = [\"" +
         std::string(capability) + "\"]\n}\n";
}

}  // namespace

std::expected<std::string, std::string> OpenBaoPolicy(std::string_view mount_path,
                                                      std::string_view key_name,
                                                      TokenRenewal renewal) {
  // '+' and a trailing '*' are wildcards there, quotes and backslashes end a string; a key's name
  // has none of them.
  if (mount_path.find_first_of("+*\"\\${}") != std::string_view::npos) {
    return std::unexpected(
        "a policy cannot name it exactly, because it contains a character of +*\"\\${}; mount "
        "Transit at another path");
  }
  const std::string mount(mount_path);
  const std::string key(key_name);
  std::string policy =
      Stanza("Read the key's versions and settings.", mount + "/keys/" + key, "read") + "\n" +
      Stanza("Encrypt data keys.", mount + "/encrypt/" + key, "update") + "\n" +
      Stanza("Decrypt data keys.", mount + "/decrypt/" + key, "update") + "\n" +
      Stanza("Read whether the mount may create keys on encrypt.", mount + "/config/keys", "read") +
      "\n" +
      Stanza("Read what this token may do, for doctor and verify-key.", "sys/capabilities-self",
             "update");
  if (renewal == TokenRenewal::kIncluded) {
    policy += "\n" + Stanza("Renew this token.", "auth/token/renew-self", "update");
  }
  return policy;
}

ExitCode PrintOpenBaoPolicy(const ConfigurationRequest& request, TokenRenewal renewal) {
  const adapters::checked_file::PosixFileReader files;
  const auto configuration = LoadConfiguration(request, files);
  if (!configuration) return RefuseConfiguration(configuration.error());
  const core::TransitConfiguration& transit = configuration->transit;
  const auto policy = OpenBaoPolicy(transit.mount_path, transit.key_name, renewal);
  if (!policy) {
    return RefuseConfiguration(
        {{.field = "transit.mountPath", .line = 0, .message = policy.error()}});
  }
  std::fputs(policy->c_str(), stdout);
  return ExitCode::kOk;
}

}  // namespace baokms::app
