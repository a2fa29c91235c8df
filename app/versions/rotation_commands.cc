#include "app/versions/rotation_commands.h"

#include <cstdio>
#include <string>

#include "app/openbao/live_key.h"
#include "app/openbao/one_shot.h"
#include "app/process/terminal.h"
#include "app/reports/wrapped_text.h"
#include "app/state/configured_state.h"
#include "app/versions/rotation_report.h"
#include "app/versions/rotation_sentence.h"
#include "core/registry/registry_opening.h"

namespace baokms::app {
namespace {

using Reporter = RotationReport (*)(const RotationFacts&);

// A person gets a sentence first; scripts get the fields alone.
std::string Render(const RotationReport& result, const RotationFacts& facts, OutputFormat format) {
  if (format == OutputFormat::kJson) return RenderJson(result.report);
  const std::string fields = RenderFields(result.report);
  if (!IsTerminal(stdout)) return fields;
  const std::string sentence = RotationSentence(result, facts);
  return WrapUnder(sentence, 0, 0, TerminalWidth(stdout)) + '\n' + fields;
}

ExitCode Print(const std::string& name, Reporter reporter, const ConfigurationRequest& request,
               OutputFormat format) {
  return RunOneShot(request, [&](const OneShot& one_shot) {
    const core::Configuration& configuration = one_shot.configuration;
    ConfiguredState state(configuration);
    const auto files = core::ReadRegistry(state.store, state.identity);
    if (!files) return FailCheck(name, files.error());
    const LiveKey key = ReadLiveKey(one_shot);
    const RotationFacts facts{.name = name,
                              .identity = state.identity,
                              .files = *files,
                              .key = key,
                              .policy = RotationPolicyOf(configuration),
                              .activation_delay = configuration.rotation.activation_delay,
                              .wall = one_shot.clock.Now().wall};
    const RotationReport result = reporter(facts);
    std::fputs(Render(result, facts, format).c_str(), stdout);
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
