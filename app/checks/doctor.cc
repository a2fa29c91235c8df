#include "app/checks/doctor.h"

#include <functional>
#include <iterator>
#include <string>
#include <utility>

#include "adapters/checked_file/posix_file_reader.h"
#include "app/checks/check_report.h"
#include "app/checks/check_screen.h"
#include "app/checks/credential_checks.h"
#include "app/checks/encryption_config_check.h"
#include "app/checks/key_checks.h"
#include "app/checks/openbao_checks.h"
#include "app/process/landlock.h"
#include "app/process/socket_group.h"
#include "app/process/startup.h"
#include "app/process/system_call_filter.h"
#include "app/process/system_clock.h"
#include "ports/null_telemetry.h"

namespace baokms::app {
namespace {

// All of them in one message.
std::string Describe(const ConfigProblems& problems) {
  std::string seen;
  for (const auto& problem : problems) {
    if (!seen.empty()) seen += "; ";
    seen += FormatProblem(problem);
  }
  return seen;
}

// The configuration, and how far it came.
struct Examined {
  CheckResult load;
  CheckResult validate;
  core::Configuration configuration;  // as far as it could be read
  bool valid = false;
  bool memory_locked = false;
};

// `doctor` looks at the files that the configuration names, too; `verify-key` at its values alone.
using Loader = decltype(&LoadCheckedConfiguration);

Examined Examine(const ConfigurationRequest& request, const ports::FileReader& files, Loader load) {
  Examined examined;
  auto resolved = ResolveConfiguration(request, files);
  if (!resolved) {
    examined.load = Fail(Describe(resolved.error()),
                         "correct the file; `bao-kms-provider config schema` describes it");
    return examined;
  }
  examined.configuration = *std::move(resolved);
  if (!NamesConfiguration(request)) {
    examined.load = Warn("no configuration file is given, so every setting has its default",
                         "give --config PATH, set BAO_KMS_PROVIDER_CONFIG, or write "
                         "/etc/openbao-kms/config.yaml");
  }
  auto checked = load(request, files);
  if (!checked) {
    examined.validate = Fail(Describe(checked.error()),
                             "correct each field; `bao-kms-provider config schema` describes them");
    return examined;
  }
  examined.configuration = *std::move(checked);
  examined.valid = true;
  return examined;
}

CheckResult CheckEncryptionConfig(const std::string& path, const OneShot& one_shot) {
  if (path.empty()) {
    return {.status = CheckStatus::kSkip, .message = "needs --encryption-config", .advice = {}};
  }
  const auto file = one_shot.files.Read(path, ports::kEncryptionConfigFile);
  if (!file) {
    return Fail(std::string(ports::Name(file.error())),
                "--encryption-config: give the absolute path of kube-apiserver's file; this user "
                "must be able to read it, and only root may write it");
  }
  return JudgeEncryptionConfig(file->ExposeSecret(),
                               one_shot.configuration.transit.key_id_scope.provider_name,
                               one_shot.configuration.server.socket_path);
}

CheckResult CheckSocketGroup(const core::Configuration& configuration) {
  if (SocketGroupId(configuration.server.socket_group)) return Pass();
  return Fail("this machine has no such group",
              "server.socketGroup: create the group, or use an existing group or a gid");
}

std::string_view LandlockInWords(LandlockScope scope) {
  switch (scope) {
    case LandlockScope::kPrograms:
      return "Landlock forbids running programs";
    case LandlockScope::kFiles:
      return "Landlock restricts files (TCP ports need Linux 6.7)";
    case LandlockScope::kFilesAndPorts:
      return "Landlock restricts files and TCP ports";
    case LandlockScope::kNone:
      break;
  }
  return "";
}

// What `serve` gives up, locks and restricts, as far as this process and kernel could do the same.
CheckResult CheckHardening(const Examined& examined) {
  const core::HardeningConfiguration& wanted = examined.configuration.hardening;
  std::string found = "core dumps and new privileges are disabled";
  if (wanted.lock_memory && !examined.memory_locked) {
    return Warn("secrets cannot be locked in memory",
                "raise the limit on locked memory (LimitMEMLOCK), or disable hardening.lockMemory");
  }
  const LandlockScope landlock =
      AvailableLandlock(core::RunsForeignModule(examined.configuration.auth));
  if (wanted.landlock && landlock == LandlockScope::kNone) {
    return Warn("this kernel cannot restrict file access (Landlock)",
                "use Linux 5.13 or later with Landlock enabled, or disable hardening.landlock");
  }
  found += wanted.landlock ? "; " + std::string(LandlockInWords(landlock))
                           : "; hardening.landlock is off";
  if (wanted.seccomp && !CanFilterSystemCalls()) {
    return Warn("this kernel cannot restrict system calls (seccomp)",
                "use a kernel with seccomp filters, or disable hardening.seccomp");
  }
  found += wanted.seccomp ? "; seccomp restricts system calls" : "; hardening.seccomp is off";
  return Pass(found);
}

void Append(std::vector<PlannedCheck>& plan, std::vector<PlannedCheck> more) {
  plan.insert(plan.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

std::vector<PlannedCheck> ConfigurationChecks(const Examined& examined) {
  return {{"config.load", "Config load", IfFailed::kSkipTheRest, [&] { return examined.load; }},
          {"config.validate", "Config validation", IfFailed::kSkipTheRest,
           [&] { return examined.validate; }}};
}

SourceContext SourceContextOf(const OneShot& one_shot) {
  return {one_shot.configuration, one_shot.clock, one_shot.files, one_shot.telemetry};
}

std::vector<PlannedCheck> PlanDoctor(const Examined& examined, const OneShot& one_shot,
                                     const std::string& encryption_config) {
  std::vector<PlannedCheck> plan = ConfigurationChecks(examined);
  plan.push_back({"socket.group", "Socket group", IfFailed::kGoOn,
                  [&] { return CheckSocketGroup(examined.configuration); }});
  const SourceContext source = SourceContextOf(one_shot);
  Append(plan, CredentialChecks(source));
  plan.push_back({"kubernetes.encryption_config", "EncryptionConfiguration", IfFailed::kGoOn,
                  [&] { return CheckEncryptionConfig(encryption_config, one_shot); }});
  const auto key = ExamineKey(one_shot, examined.valid);
  Append(plan, RefusedStateCheck(key));
  Append(plan, OpenBaoChecks(one_shot));
  Append(plan, AcquisitionChecks(source));
  Append(plan, KeyChecks(key, one_shot.configuration.auth.method, KeyScope::kWithTraffic));
  plan.push_back({"process.hardening", "Process hardening", IfFailed::kGoOn,
                  [&] { return CheckHardening(examined); }});
  return plan;
}

std::vector<PlannedCheck> PlanVerifyKey(const Examined& examined, const OneShot& one_shot) {
  std::vector<PlannedCheck> plan = ConfigurationChecks(examined);
  const SourceContext source = SourceContextOf(one_shot);
  const auto key = ExamineKey(one_shot, examined.valid);
  Append(plan, RefusedStateCheck(key));
  Append(plan, OpenBaoChecks(one_shot));
  Append(plan, AcquisitionChecks(source));
  Append(plan, KeyChecks(key, one_shot.configuration.auth.method, KeyScope::kReadOnly));
  return plan;
}

using Planner = std::function<std::vector<PlannedCheck>(const Examined&, const OneShot&)>;

ExitCode RunAndPrint(std::string_view name, const ConfigurationRequest& request,
                     OutputFormat format, Loader load, const Planner& planner) {
  HardenProcess();
  const adapters::checked_file::PosixFileReader files;
  Examined examined = Examine(request, files, load);
  examined.memory_locked = OpenLibraries(examined.configuration.hardening.lock_memory);
  const SystemClock clock;
  ports::NullTelemetry telemetry;
  const OneShot one_shot{examined.configuration, clock, files, telemetry};
  const ExitCode code = ShowChecks(name, planner(examined, one_shot), format);
  return examined.valid ? code : ExitCode::kConfiguration;
}

}  // namespace

ExitCode Doctor(const ConfigurationRequest& request, const std::string& encryption_config,
                OutputFormat format) {
  return RunAndPrint("doctor", request, format, LoadCheckedConfiguration,
                     [&](const Examined& examined, const OneShot& one_shot) {
                       return PlanDoctor(examined, one_shot, encryption_config);
                     });
}

ExitCode VerifyKey(const ConfigurationRequest& request, OutputFormat format) {
  return RunAndPrint("verify-key", request, format, LoadConfiguration, PlanVerifyKey);
}

}  // namespace baokms::app
