#include "app/versions/rotation_commands.h"

#include <cstdio>
#include <string>

#include "app/openbao/live_key.h"
#include "app/openbao/one_shot.h"
#include "app/state/configured_state.h"
#include "app/versions/rotation_report.h"
#include "core/registry/registry_opening.h"

namespace baokms::app {
namespace {

using Reporter = RotationReport (*)(const RotationFacts&);

ExitCode Print(const std::string& name, Reporter reporter, const ConfigurationRequest& request,
               OutputFormat format) {
  return RunOneShot(request, [&](const OneShot& one_shot) {
    const core::Configuration& configuration = one_shot.configuration;
    ConfiguredState state(configuration);
    const auto files = core::ReadRegistry(state.store, state.identity);
    if (!files) return FailCheck(name, files.error());
    const LiveKey key = ReadLiveKey(one_shot);
    const RotationReport result =
        reporter({.name = name,
                  .identity = state.identity,
                  .files = *files,
                  .key = key,
                  .policy = RotationPolicyOf(configuration),
                  .activation_delay = configuration.rotation.activation_delay,
                  .wall = one_shot.clock.Now().wall});
    const std::string text =
        format == OutputFormat::kJson ? RenderJson(result.report) : RenderFields(result.report);
    std::fputs(text.c_str(), stdout);
    return result.problem.empty() ? ExitCode::kOk : FailCheck(name, result.problem);
  });
}

}  // namespace

ExitCode PrintRotationPlan(const ConfigurationRequest& request, OutputFormat format) {
  return Print("rotation-plan", ReportRotation, request, format);
}

ExitCode PrintVerifiedRotation(const ConfigurationRequest& request, OutputFormat format) {
  return Print("verify-rotation", ReportVerification, request, format);
}

}  // namespace baokms::app
