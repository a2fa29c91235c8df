// Logging in and renewing over an HttpTransport; give it a transport that Transit does not use.
#pragma once

#include <memory>
#include <string>

#include "adapters/transit_http/openbao/openbao_request.h"
#include "ports/openbao_auth.h"

namespace baokms::adapters::transit_http {

class OpenBaoAuthClient final : public ports::OpenBaoAuth {
 public:
  // May be destroyed before its requests complete; what `context` refers to may not.
  explicit OpenBaoAuthClient(const OpenBaoRequestContext& context) : context_(context) {}

  void Login(core::OpenBaoOperation operation, const std::string& mount_path,
             core::Secret json_body, core::ClientIdentityRef identity, core::MonotonicTime deadline,
             ports::Completion<core::TokenGrant> done) override;
  void RenewSelf(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
                 core::ClientIdentityRef identity, core::MonotonicTime deadline,
                 ports::Completion<core::TokenGrant> done) override;

 private:
  const OpenBaoRequestContext context_;
};

}  // namespace baokms::adapters::transit_http
