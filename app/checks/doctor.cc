#include "app/checks/doctor.h"

#include <unistd.h>

#include <functional>
#include <iterator>
#include <string>
#include <utility>

#include "adapters/checked_file/posix_file_reader.h"
#include "app/checks/check_report.h"
#include "app/checks/check_screen.h"
#include "app/checks/credential_checks.h"
#include "app/checks/encryption_config_check.h"
#include "app/checks/kept_files.h"
#include "app/checks/key_checks.h"
#include "app/checks/kube_apiserver_process.h"
#include "app/checks/node_checks.h"
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
  bool usable = false;                // its values are good
  bool valid = false;                 // and its files are
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
  examined.usable = LoadConfiguration(request, files).has_value();
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

// Whose rights the checks of `doctor` have, and whom it found on this node.
NodeView ActAsServiceUser(const ConfigurationRequest& request, const std::string& encryption_config,
                          KeptFiles& files) {
  NodeView view{.service = {}, .started_as = geteuid(), .kube_apiservers = {}};
  const bool root = view.started_as == 0;
  if (root) {
    // Root's own copies: a bundle in its home, kube-apiserver's file.
    files.Keep(ConfigurationFile(request), ports::kConfigFile);
    files.Keep(encryption_config, ports::kEncryptionConfigFile);
  }
  const auto configuration = LoadConfiguration(request, files);
  if (!configuration) return view;
  // As root, if it is root: other users may not look at what a process has mounted.
  view.kube_apiservers = FindKubeApiservers(configuration->server.socket_path);
  view.service = FindServiceUser(*configuration);
  if (root && view.service.shown_by != UserShownBy::kNothing) {
    BecomeServiceUser(view.service, configuration->server.socket_group);
  }
  return view;
}

CheckResult CheckEncryptionConfig(const std::string& path, const OneShot& one_shot) {
  if (path.empty()) return Skip("needs --encryption-config");
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
                                     const std::string& encryption_config, const NodeView& view) {
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
  Append(plan, NodeChecks(one_shot, view, examined.usable));
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

ExitCode RunAndPrint(std::string_view name, Examined examined, const ports::FileReader& files,
                     OutputFormat format, const Planner& planner) {
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
  HardenProcess();
  const adapters::checked_file::PosixFileReader disk;
  KeptFiles files(disk);
  const NodeView view = ActAsServiceUser(request, encryption_config, files);
  Examined examined = Examine(request, files, LoadCheckedConfiguration);
  const std::string path = ConfigurationFile(request);
  if (examined.load.status == CheckStatus::kPass && !path.empty()) {
    if (const auto readable = disk.Check(path, ports::kConfigFile); !readable) {
      examined.load = Warn("the provider's user cannot read this file: " +
                               std::string(ports::Name(readable.error())),
                           "this is correct for a copy; serve must be able to read its own");
    }
  }
  if (!examined.validate.advice.empty() && view.service.shown_by != UserShownBy::kNothing &&
      geteuid() != view.service.uid) {
    examined.validate.advice +=
        "; what this user may not use may be right for the provider's user: run doctor as root or "
        "as that user";
  }
  return RunAndPrint("doctor", std::move(examined), files, format,
                     [&](const Examined& seen, const OneShot& one_shot) {
                       return PlanDoctor(seen, one_shot, encryption_config, view);
                     });
}

ExitCode VerifyKey(const ConfigurationRequest& request, OutputFormat format) {
  HardenProcess();
  const adapters::checked_file::PosixFileReader files;
  return RunAndPrint("verify-key", Examine(request, files, LoadConfiguration), files, format,
                     PlanVerifyKey);
}

}  // namespace baokms::app
