#include "app/init/init.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/checked_file/posix_file_reader.h"
#include "app/configuration/configuration_source.h"
#include "app/init/bundle.h"
#include "app/init/plan_installation.h"
#include "app/init/remaining_actions.h"
#include "app/init/write_bundle.h"
#include "app/login/login_parts.h"
#include "app/process/system_random.h"

namespace baokms::app {
namespace {

// It holds no secret; who may write it decides which OpenBao a cluster trusts.
constexpr ports::FilePolicy kValuesFile{.forbidden_mode_bits = 0002, .max_bytes = ports::kMebibyte};

ExitCode Fail(const std::string& why) {
  std::fprintf(stderr, "init: %s\n", why.c_str());
  return ExitCode::kOther;
}

void Tell(const Installation& installation, const std::vector<BundleFile>& files) {
  std::string text =
      "model: " + std::string(Name(installation.model)) +
      "\nidentityFingerprint: " + installation.identity_fingerprint +
      "\nkeyLineageId: " + installation.configuration.transit.key_id_scope.key_lineage_id + "\n";
  for (const BundleFile& file : files) text += "file: " + file.name + ", " + file.purpose + "\n";
  for (const std::string& action : RemainingActions(installation)) text += "next: " + action + "\n";
  std::fputs(text.c_str(), stdout);
}

}  // namespace

ExitCode Init(const InitRequest& request) {
  const adapters::checked_file::PosixFileReader reader;
  std::error_code unknown_directory;
  const auto path = std::filesystem::absolute(request.values_file, unknown_directory);
  const auto values = reader.Read(path.string(), kValuesFile);
  if (!values) {
    return RefuseConfiguration(
        {{.field = "--values",
          .line = 0,
          .message = "cannot be read: " + std::string(ports::Name(values.error())) +
                     " (a regular file, not a link, not writable by others)"}});
  }
  SystemRandom random;
  const adapters::config_yaml::ValidationOptions options{
      .sources = BuiltSources(), .allowed_socket_parents = request.allowed_socket_parents};
  const auto installation =
      PlanInstallation(values->ExposeSecret(), request, options.sources, random);
  if (!installation) return RefuseConfiguration(installation.error());
  const auto files = MakeBundle(*installation, options);
  if (!files)
    return Fail("nothing was written because of a defect in this program: " + files.error());
  if (const auto written = WriteBundle(request.out_directory, *files); !written) {
    return Fail(written.error());
  }
  Tell(*installation, *files);
  return ExitCode::kOk;
}

}  // namespace baokms::app
