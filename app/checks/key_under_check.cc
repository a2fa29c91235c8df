#include "app/checks/key_under_check.h"

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "app/build_info.h"
#include "app/checks/credential_checks.h"
#include "app/mutex_exclusion.h"
#include "app/openbao/await.h"
#include "app/openbao/openbao_session.h"
#include "app/process/system_random.h"
#include "app/published_view.h"
#include "app/reports/failure_advice.h"
#include "app/state/configured_state.h"
#include "core/registry/recorded_identity.h"
#include "core/registry/registry_opening.h"
#include "core/requests/kms_service.h"
#include "core/rotation/bootstrap.h"
#include "core/rotation/deep_probe.h"
#include "core/rotation/key_view.h"
#include "core/text/duration_words.h"
#include "core/token/token_keeper.h"
#include "core/transit/transit_capabilities.h"
#include "core/transit/transit_profile.h"
#include "core/wire/key_id.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

constexpr std::string_view kPolicyAdvice =
    "give the role only the policy that `bao-kms-provider policy openbao` prints, and set "
    "token_no_default_policy";

// Where the policy denies a call, `lacks` says that transit.capabilities has named what it lacks.
CheckResult FailedCall(const core::Error& error, bool lacks = false) {
  if (lacks && error.error_class() == core::ErrorClass::kTransitPolicyDenied) {
    return Fail(std::string(core::Name(error.error_class())), "transit.capabilities: see there");
  }
  const std::string advice = AdviceFor(error);
  return Fail(std::string(core::Name(error.error_class())) + ": " + std::string(error.message()),
              advice.empty() ? "check OpenBao's log for this request" : advice);
}

// What a later check names the cause of.
CheckResult Needs(std::string_view check) {
  return {.status = CheckStatus::kSkip, .message = "needs " + std::string(check), .advice = {}};
}

CheckResult NeedsRestrictions() { return Needs("transit.version_restrictions"); }

void Join(std::string& text, std::string_view more) {
  if (!text.empty()) text += "; ";
  text += more;
}

std::string Words(const core::CapabilityFinding& finding) {
  using Kind = core::CapabilityFinding::Kind;
  const std::string path(finding.path);
  const std::string capability(finding.capability);
  switch (finding.kind) {
    case Kind::kMissing:
      return capability + " on " + path + " is missing";
    case Kind::kTooMuch:
      return capability + " on " + path + " must not be granted";
    case Kind::kNotAnswered:
      return "OpenBao did not answer about " + path;
  }
  return path;
}

// Nobody discovers anything for a command.
class NoDiscovery final : public ports::KeyDiscovery {
 public:
  std::unique_ptr<ports::PendingCall> Discover(const core::KeyId& /*key_id*/,
                                               core::MonotonicTime /*deadline*/,
                                               ports::Completion<void> done) override {
    done(std::unexpected(core::KeyDiscoveryFailed()));
    return nullptr;
  }
};

// Without a discovery no request waits with less than its whole budget.
class NoAlarm final : public ports::Alarm {
 public:
  void At(core::MonotonicTime /*at*/, std::move_only_function<void()> /*then*/) override {}
};

}  // namespace

KeyUnderCheck::KeyUnderCheck(const OneShot& one_shot, bool valid)
    : one_shot_(one_shot), state_(one_shot.configuration), files_(core::RegistryFiles{}) {
  if (valid) files_ = core::ReadRegistry(state_.store, state_.identity);
}

CheckResult KeyUnderCheck::RefuseState() const {
  return Fail("the state files are refused", files_.error());
}

CheckResult KeyUnderCheck::LogIn() {
  auto session = OpenBaoSession::Open(one_shot_);
  if (!session) return Fail("the login cannot start", session.error());
  session_ = *std::move(session);
  if (const auto login = session_->Login(); !login) return FailedLogin(login.error());
  const std::chrono::seconds lease = session_->lease();
  const auto refused =
      core::RefuseLease(lease, one_shot_.configuration.auth.login_before_token_expiry);
  if (refused) return FailedLogin(*refused);
  return Pass("a token with a lease of " + core::DurationWords(lease));
}

CheckResult KeyUnderCheck::CheckCapabilities() {
  CheckResult result = JudgePolicy();
  policy_lacks_ = result.status == CheckStatus::kFail;
  return result;
}

CheckResult KeyUnderCheck::JudgePolicy() const {
  const core::TransitConfiguration& transit = one_shot_.configuration.transit;
  auto paths = core::CapabilityPaths(transit.mount_path, transit.key_name);
  const auto answers = Await<core::Result<core::CapabilitiesByPath>>([&](auto done) {
    session_->transit().ReadCapabilities(session_->token(), std::move(paths),
                                         session_->CallDeadline(), std::move(done));
  });
  if (!answers && answers.error().error_class() == core::ErrorClass::kTransitPolicyDenied) {
    return Fail(
        "the token's policy lacks update on sys/capabilities-self, and probably everything: "
        "read on keys/<key>, update on encrypt/<key> and decrypt/<key>, read on "
        "config/keys, update on auth/token/renew-self",
        std::string(kPolicyAdvice));
  }
  if (!answers) return FailedCall(answers.error());
  std::string found;
  for (const auto& finding :
       core::JudgeCapabilities(*answers, transit.mount_path, transit.key_name)) {
    Join(found, Words(finding));
  }
  if (found.empty()) return Pass();
  return Fail(std::move(found), std::string(kPolicyAdvice));
}

CheckResult KeyUnderCheck::ReadMetadata() {
  auto metadata = Await<core::Result<core::TransitKeyMetadata>>([&](auto done) {
    session_->transit().ReadKeyMetadata(session_->token(), session_->CallDeadline(),
                                        std::move(done));
  });
  if (!metadata) return FailedCall(metadata.error(), policy_lacks_);
  metadata_ = *std::move(metadata);
  return Pass("latest version " + std::to_string(metadata_->latest_version));
}

CheckResult KeyUnderCheck::CheckProfile() {
  std::string found;
  std::string advice;
  for (const core::ProfileFinding& finding : core::TransitProfileFindings(*metadata_)) {
    Join(found, finding.code);
    Join(advice, finding.advice);
  }
  if (!found.empty()) return Fail(std::move(found), std::move(advice));
  auto times = core::ReliableCreationTimes(*metadata_);
  if (!times) {
    return Fail(
        std::string(times.error()),
        "OpenBao's list of the key's versions is not reliable: check its log, or restore it");
  }
  times_ = *std::move(times);
  return Pass();
}

CheckResult KeyUnderCheck::CheckUpsert() const {
  const auto disabled = Await<core::Result<bool>>([&](auto done) {
    session_->transit().ReadDisableUpsert(session_->token(), session_->CallDeadline(),
                                          std::move(done));
  });
  if (!disabled) return FailedCall(disabled.error(), policy_lacks_);
  if (*disabled) return Pass();
  return Fail("the mount may create keys on encrypt",
              std::string(AdviceFor(core::Reason::kUpsertAllowed)));
}

CheckResult KeyUnderCheck::ProbeTransit() {
  if (const auto cause = WhyNoCall()) return *cause;
  const auto probe = Await<core::DeepProbeFinished>([&](auto done) {
    core::ProbeDeeply(session_->tokens(), session_->transit(), random_, VersionInUse(),
                      session_->CallDeadline(), std::move(done));
  });
  if (probe.result == core::DeepResult::kOk) return Pass();
  if (probe.error) return FailedCall(*probe.error, policy_lacks_);
  return Fail("encrypt and decrypt of a random text did not agree",
              std::string(AdviceFor(core::Reason::kDeepProbeInvalid)));
}

CheckResult KeyUnderCheck::CheckKeyId() const {
  if (const auto cause = WhyNotListed()) return *cause;
  const core::TransitKeyVersion version = VersionInUse();
  const std::int64_t created = times_.at(version.number());
  const auto derive = [&] {
    return core::DeriveKeyId(state_.identity->identity(), version, created);
  };
  const core::KeyId key_id = derive();
  const std::string seen = "key_id_hash " + core::PublicHash(key_id.str());
  const auto* registry = Recorded();
  const bool recorded = registry == nullptr || registry->active().version != version ||
                        registry->active().key_id == key_id;
  if (key_id == derive() && recorded) return Pass(seen);
  return Fail(seen + " differs from the recorded key_id",
              "the key was recreated in OpenBao, or openbao.instanceId, openbao.namespace or "
              "transit.* was changed: restore the values from when the state was created");
}

CheckResult KeyUnderCheck::CheckState() const {
  if (const auto* registry = Recorded()) return JudgeState(Beside(*registry));
  const auto first = StartingRegistry();
  if (first) return Warn("there is no state", "none is needed: serve creates the first state");
  return Fail("there is no state, and none can be created for this key" +
                  (first.error().why.empty() ? std::string() : " (" + first.error().why + ")"),
              "state.path: " + std::string(AdviceWithoutState()));
}

CheckResult KeyUnderCheck::CheckRestrictions() const {
  const auto* registry = Recorded();
  return registry == nullptr ? Pass() : JudgeRestrictions(Beside(*registry));
}

CheckResult KeyUnderCheck::CheckAutoRotation() const {
  const std::int64_t period = metadata_->auto_rotate_period;
  if (period <= 0) return Pass();
  const std::string every =
      period % 3600 == 0 ? std::to_string(period / 3600) + " h" : std::to_string(period) + " s";
  return Warn("OpenBao adds a version to the key by itself every " + every,
              "every node takes each version into use, and nobody rewrites the objects or retires "
              "the version before: set auto_rotate_period=0 on the key, or plan for it");
}

CheckResult KeyUnderCheck::CheckService() {
  if (const auto cause = WhyNoCall()) return *cause;
  const auto registry = StartingRegistry();
  if (!registry) return Fail("there is no state to serve from", "fix registry.state first");
  PublishedView view;
  view.Store({.keys = core::BuildKeySet(*registry, kVersion),
              .metadata_reason = std::nullopt,
              .deep_reason = std::nullopt,
              .metadata_error = std::nullopt,
              .deep_error = std::nullopt,
              .verified_at = one_shot_.clock.Now().boot,
              .max_staleness = one_shot_.configuration.status.status_max_staleness});
  NoDiscovery discovery;
  MutexExclusion exclusion;
  NoAlarm alarm;
  core::TransitKmsService service(
      {one_shot_.clock, view, session_->tokens(), session_->transit(), discovery, exclusion, alarm},
      one_shot_.configuration.openbao.timeout);
  return RoundTrip(service);
}

std::optional<CheckResult> KeyUnderCheck::WhyNotListed() const {
  const std::int64_t version = VersionInUse().number();
  if (times_.contains(version)) return std::nullopt;
  return version > metadata_->latest_version ? Needs("registry.state") : NeedsRestrictions();
}

std::optional<CheckResult> KeyUnderCheck::WhyNoCall() const {
  if (core::EncryptionBlocked(VersionInUse(), *metadata_)) return NeedsRestrictions();
  return WhyNotListed();
}

const core::Registry* KeyUnderCheck::Recorded() const {
  const auto& registry = files_->recovered.registry;
  return registry ? &*registry : nullptr;
}

std::expected<core::Registry, core::BootstrapRefusal> KeyUnderCheck::StartingRegistry() const {
  if (const auto* registry = Recorded()) return *registry;
  return core::Bootstrap(state_.identity, *metadata_, one_shot_.clock.Now().wall);
}

core::TransitKeyVersion KeyUnderCheck::VersionInUse() const {
  if (const auto* registry = Recorded()) return registry->active().version;
  return *core::TransitKeyVersion::FromNumber(metadata_->latest_version);
}

RecordedVersions KeyUnderCheck::Beside(const core::Registry& registry) const {
  return {.registry = registry,
          .checkpoint = files_->recovered.checkpoint,
          .metadata = *metadata_,
          .times = times_,
          .policy = RotationPolicyOf(one_shot_.configuration),
          .wall = one_shot_.clock.Now().wall};
}

CheckResult KeyUnderCheck::RoundTrip(core::TransitKmsService& service) {
  const core::StatusReply status = service.Status();
  core::Secret text = core::Secret::OfSize(32);
  random_.Fill(text.MutableBytes());
  auto sealed = Await<core::KmsOutcome<core::EncryptReply>>(
      [&](auto done) { service.Encrypt(text.Clone(), std::move(done)); });
  if (!sealed.result) return FailedCall(sealed.result.error(), policy_lacks_);
  if (!status.healthy || status.key_id != sealed.result->key_id.str()) {
    return Fail("the key_id in Status differs from the one in Encrypt", "report this as a defect");
  }
  auto opened = Await<core::KmsOutcome<core::DecryptReply>>([&](auto done) {
    service.Decrypt({.ciphertext = std::string(sealed.result->ciphertext.bytes()),
                     .key_id = status.key_id,
                     .annotations = *sealed.result->annotations},
                    std::move(done));
  });
  if (!opened.result) return FailedCall(opened.result.error(), policy_lacks_);
  if (opened.result->plaintext.ExposeSecret() == text.ExposeSecret()) return Pass();
  return Fail("Decrypt returned a different plaintext than Encrypt was given",
              "report this as a defect");
}

}  // namespace baokms::app
