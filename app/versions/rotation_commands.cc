#include "app/versions/rotation_commands.h"

#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "app/openbao/live_key.h"
#include "app/openbao/one_shot.h"
#include "app/process/progress_line.h"
#include "app/process/terminal.h"
#include "app/reports/wrapped_text.h"
#include "app/state/configured_state.h"
#include "app/versions/rotation_report.h"
#include "app/versions/rotation_sentence.h"
#include "core/registry/registry_opening.h"

namespace baokms::app {
namespace {

using std::chrono::steady_clock;
using Reporter = RotationReport (*)(const RotationFacts&);

constexpr std::chrono::seconds kBetweenLooks{2};

// Reads the key's metadata again and again over one login, and logs in anew when that failed.
class KeyReader {
 public:
  explicit KeyReader(const OneShot& one_shot) : one_shot_(one_shot) {}

  LiveKey Read() {
    if (!session_) {
      auto session = LogIn(one_shot_);
      if (!session) return {.metadata = std::nullopt, .problem = session.error()};
      session_ = *std::move(session);
    }
    LiveKey key = ReadLiveKey(*session_);
    if (!key.metadata) session_.reset();
    return key;
  }

 private:
  const OneShot& one_shot_;
  std::unique_ptr<OpenBaoSession> session_;
};

struct Look {
  RotationReport result;
  std::string sentence;
};

// The error: the state is refused.
std::expected<Look, std::string> LookOnce(const std::string& name, Reporter reporter,
                                          const OneShot& one_shot, KeyReader& reader) {
  const core::Configuration& configuration = one_shot.configuration;
  ConfiguredState state(configuration);
  const auto files = core::ReadRegistry(state.store, state.identity);
  if (!files) return std::unexpected(files.error());
  const LiveKey key = reader.Read();
  const RotationFacts facts{.name = name,
                            .identity = state.identity,
                            .files = *files,
                            .key = key,
                            .policy = RotationPolicyOf(configuration),
                            .activation_delay = configuration.rotation.activation_delay,
                            .wall = one_shot.clock.Now().wall};
  RotationReport result = reporter(facts);
  std::string sentence = RotationSentence(result, facts);
  return Look{.result = std::move(result), .sentence = std::move(sentence)};
}

// A person gets a sentence first; scripts get the fields alone.
std::string Render(const Look& look, OutputFormat format) {
  if (format == OutputFormat::kJson) return RenderJson(look.result.report);
  const std::string fields = RenderFields(look.result.report);
  if (!IsTerminal(stdout)) return fields;
  return WrapUnder(look.sentence, 0, 0, TerminalWidth(stdout)) + '\n' + fields;
}

ExitCode Print(const std::string& name, Reporter reporter, const ConfigurationRequest& request,
               OutputFormat format, std::chrono::nanoseconds wait = {}) {
  return RunOneShot(request, [&](const OneShot& one_shot) {
    const auto give_up = steady_clock::now() + wait;
    KeyReader reader(one_shot);
    ProgressLine progress;
    auto look = LookOnce(name, reporter, one_shot, reader);
    while (look && !RotationIsOver(look->result) &&
           steady_clock::now() + kBetweenLooks <= give_up) {
      progress.Show("waiting: " + look->sentence);
      std::this_thread::sleep_for(kBetweenLooks);
      look = LookOnce(name, reporter, one_shot, reader);
    }
    progress.Clear();
    if (!look) return FailCheck(name, look.error());
    std::fputs(Render(*look, format).c_str(), stdout);
    if (!look->result.problem.empty()) return FailCheck(name, look->result.problem);
    if (wait.count() == 0 || RotationIsOver(look->result)) return ExitCode::kOk;
    return FailCheck(name, "the rotation is not over after --wait: " + look->sentence);
  });
}

}  // namespace

ExitCode PrintRotationPlan(const ConfigurationRequest& request, OutputFormat format) {
  return Print("rotation-plan", ReportRotation, request, format);
}

ExitCode PrintVerifiedRotation(const ConfigurationRequest& request, OutputFormat format,
                               std::chrono::nanoseconds wait) {
  return Print("verify-rotation", ReportVerification, request, format, wait);
}

}  // namespace baokms::app
