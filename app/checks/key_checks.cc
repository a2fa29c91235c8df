#include "app/checks/key_checks.h"

#include "app/checks/key_under_check.h"

namespace baokms::app {

std::shared_ptr<KeyUnderCheck> ExamineKey(const OneShot& one_shot, bool valid) {
  return std::make_shared<KeyUnderCheck>(one_shot, valid);
}

std::vector<PlannedCheck> RefusedStateCheck(const std::shared_ptr<KeyUnderCheck>& key) {
  if (!key->StateRefused()) return {};
  return {{"registry.state", "Registry state", IfFailed::kSkipTheRest,
           [key] { return key->RefuseState(); }}};
}

std::vector<PlannedCheck> KeyChecks(const std::shared_ptr<KeyUnderCheck>& key,
                                    core::AuthMethod method, KeyScope scope) {
  using enum IfFailed;
  const bool jwt = method == core::AuthMethod::kJwt;
  std::vector<PlannedCheck> plan;
  plan.push_back({"openbao.auth", jwt ? "OpenBao JWT login" : "OpenBao cert login", kSkipTheRest,
                  [key] { return key->LogIn(); }});
  plan.push_back({"transit.capabilities", "Transit policy capabilities", kGoOn,
                  [key] { return key->CheckCapabilities(); }});
  plan.push_back({"transit.metadata", "Transit metadata", kSkipTheRest,
                  [key] { return key->ReadMetadata(); }});
  plan.push_back({"transit.profile", "Transit key profile", kSkipTheRest,
                  [key] { return key->CheckProfile(); }});
  plan.push_back({"transit.disable_upsert", "Transit disable_upsert", kGoOn,
                  [key] { return key->CheckUpsert(); }});
  if (scope == KeyScope::kWithTraffic) {
    plan.push_back(
        {"transit.probe", "Transit probe", kGoOn, [key] { return key->ProbeTransit(); }});
  }
  plan.push_back(
      {"key_id.deterministic", "Key ID determinism", kGoOn, [key] { return key->CheckKeyId(); }});
  if (!key->StateRefused()) {
    plan.push_back(
        {"registry.state", "Registry state", kGoOn, [key] { return key->CheckState(); }});
  }
  plan.push_back({"transit.version_restrictions", "Transit version restrictions", kGoOn,
                  [key] { return key->CheckRestrictions(); }});
  plan.push_back({"transit.auto_rotate_period", "Transit auto_rotate_period", kGoOn,
                  [key] { return key->CheckAutoRotation(); }});
  if (scope == KeyScope::kWithTraffic) {
    plan.push_back({"kms.status_encrypt", "Status/encrypt consistency", kGoOn,
                    [key] { return key->CheckService(); }});
  }
  return plan;
}

}  // namespace baokms::app
