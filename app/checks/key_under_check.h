// The Transit key of the configuration, its mount, the token's policy and this node's state under
// the eyes of `doctor` and `verify-key`: one method a check (reports-and-labels.md).
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "app/checks/check_report.h"
#include "app/checks/recorded_versions.h"
#include "app/openbao/one_shot.h"
#include "app/openbao/openbao_session.h"
#include "app/process/system_random.h"
#include "app/state/configured_state.h"
#include "core/model/transit_key_metadata.h"
#include "core/registry/recorded_identity.h"
#include "core/registry/registry_opening.h"
#include "core/requests/kms_service.h"
#include "core/rotation/bootstrap.h"

namespace baokms::app {

class KeyUnderCheck {
 public:
  // Reads the state files of a configuration that is `valid`; talks to nobody yet.
  KeyUnderCheck(const OneShot& one_shot, bool valid);

  // Files that no login would fix; the other checks of the state are then not to be asked.
  bool StateRefused() const { return !files_; }
  CheckResult RefuseState() const;

  // Every further check needs this one's token; from CheckUpsert on they need a good profile's
  // metadata, too.
  CheckResult LogIn();
  CheckResult CheckCapabilities();
  CheckResult ReadMetadata();
  CheckResult CheckProfile();
  CheckResult CheckUpsert() const;
  CheckResult ProbeTransit();
  CheckResult CheckKeyId() const;
  CheckResult CheckState() const;
  CheckResult CheckRestrictions() const;
  CheckResult CheckAutoRotation() const;
  // Status, Encrypt and Decrypt in this process, as the socket would serve them.
  CheckResult CheckService();

 private:
  CheckResult JudgePolicy() const;
  const core::Registry* Recorded() const;  // null: there is no state
  // What serve would start from: the recorded registry, or the first one that it would make.
  std::expected<core::Registry, core::BootstrapRefusal> StartingRegistry() const;
  // What encrypts: the state's active version, or the one that a first state would have.
  core::TransitKeyVersion VersionInUse() const;
  // When OpenBao does not list the version in use, or would refuse a call under it: the check that
  // says why.
  std::optional<CheckResult> WhyNotListed() const;
  std::optional<CheckResult> WhyNoCall() const;
  RecordedVersions Beside(const core::Registry& registry) const;
  CheckResult RoundTrip(core::TransitKmsService& service);

  const OneShot one_shot_;
  ConfiguredState state_;
  std::expected<core::RegistryFiles, std::string> files_;
  SystemRandom random_;
  std::unique_ptr<OpenBaoSession> session_;
  std::optional<core::TransitKeyMetadata> metadata_;
  bool policy_lacks_ = false;  // transit.capabilities has failed
  core::CreationTimes times_;  // of a good profile
};

}  // namespace baokms::app
