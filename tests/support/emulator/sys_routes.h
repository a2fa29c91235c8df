// sys/: mounts, auth methods, policies, namespaces, capabilities, seal, quotas, health.
#pragma once

#include <string>

#include "tests/support/emulator/availability.h"
#include "tests/support/emulator/http_message.h"
#include "tests/support/emulator/logical.h"
#include "tests/support/emulator/mounts.h"
#include "tests/support/emulator/policies.h"
#include "tests/support/emulator/release.h"

namespace baokms::emulator {

class SysRoutes {
 public:
  SysRoutes(const Clock& clock, const Release& release, MountTable& mounts, PolicyStore& policies,
            Availability& availability)
      : clock_(clock),
        release_(release),
        mounts_(mounts),
        policies_(policies),
        availability_(availability) {}

  // Behind token and policy.
  Outcome Handle(const Call& call);

  // Without a token, sealed or not.
  HttpReply Health(const HttpRequest& request) const;
  HttpReply SealStatus() const;

 private:
  Outcome HandleMounts(const Call& call, const std::string& prefix, const std::string& rest);
  Outcome HandlePolicy(const Call& call, const std::string& name);
  Outcome HandleNamespace(const Call& call, const std::string& name);
  Outcome HandleQuota(const Call& call, const std::string& name);
  Outcome CapabilitiesSelf(const Call& call) const;

  const Clock& clock_;
  const Release& release_;
  MountTable& mounts_;
  PolicyStore& policies_;
  Availability& availability_;
};

}  // namespace baokms::emulator
