#include "adapters/transit_http/openbao/openbao_auth_client.h"

#include <utility>

#include "adapters/transit_http/openbao/login_refusals.h"
#include "adapters/transit_http/openbao/openbao_headers.h"
#include "adapters/transit_http/openbao/openbao_path.h"
#include "adapters/transit_http/openbao/request_bodies.h"

namespace baokms::adapters::transit_http {
namespace {

// A login is refused with 400, 403 or 500 "missing name in alias" (wire-contract.md, "gRPC status
// and error class"); a sealed server's reply and another server's keep their own rows.
core::Error RefuseLogin(core::OpenBaoOperation operation, const ports::HttpReply& reply,
                        core::OpenBaoStatus status) {
  if (IsMissingCertificate(reply.status, reply.body.ExposeSecret())) {
    return core::LoginCertificateMissing();
  }
  // OpenBao's own word for an auth method that has no such login; a proxy's is ForeignReply().
  if (reply.status == 405 && status == core::OpenBaoStatus::kUnknown) {
    return core::OpenBaoFailure(core::OpenBaoStatus::kNotFound);
  }
  const bool refused = status == core::OpenBaoStatus::kInvalidRequest ||
                       status == core::OpenBaoStatus::kPermissionDenied ||
                       IsMissingAliasName(reply.status, reply.body.ExposeSecret());
  if (!refused) return RefuseByStatus()(reply, status);
  return core::LoginRefused(WhyRefused(operation, reply.status, reply.body.ExposeSecret()));
}

}  // namespace

void OpenBaoAuthClient::Login(core::OpenBaoOperation operation, const std::string& mount_path,
                              core::Secret json_body, core::ClientIdentityRef identity,
                              core::MonotonicTime deadline,
                              ports::Completion<core::TokenGrant> done) {
  ports::HttpRequest request;
  request.method = ports::HttpMethod::kPost;
  request.path = OpenBaoPath(mount_path, "login");
  request.body = std::move(json_body);
  request.identity = std::move(identity);
  request.deadline = deadline;
  SendOpenBaoRequest(context_, operation, std::move(request), ReadTokenReply, std::move(done),
                     [operation](const ports::HttpReply& reply, core::OpenBaoStatus status) {
                       return RefuseLogin(operation, reply, status);
                     });
}

void OpenBaoAuthClient::RenewSelf(std::shared_ptr<const core::HeldToken> token,
                                  std::chrono::seconds increment, core::ClientIdentityRef identity,
                                  core::MonotonicTime deadline,
                                  ports::Completion<core::TokenGrant> done) {
  ports::HttpRequest request;
  request.method = ports::HttpMethod::kPost;
  request.path = "/v1/auth/token/renew-self";
  request.body = RenewBody(increment);
  request.credential_header = OpenBaoTokenHeader(*token);
  request.identity = std::move(identity);
  request.deadline = deadline;
  SendOpenBaoRequest(context_, core::OpenBaoOperation::kTokenRenewSelf, std::move(request),
                     ReadTokenReply, std::move(done));
}

}  // namespace baokms::adapters::transit_http
