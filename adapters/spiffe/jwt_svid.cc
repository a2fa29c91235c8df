#include "adapters/spiffe/jwt_svid.h"

#include <string>

#include "adapters/spiffe/workload.pb.h"

namespace baokms::adapters::spiffe {

std::expected<core::Secret, AgentProblem> ReadJwtSvid(const core::Secret& message,
                                                      std::string_view spiffe_id) {
  JWTSVIDResponse response;
  const std::string_view bytes = message.ExposeSecret();
  const bool parsed = response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  std::expected<core::Secret, AgentProblem> read =
      std::unexpected(parsed && response.svids_size() > 0 ? AgentProblem::kOtherIdentity
                                                          : AgentProblem::kUnreadable);
  if (parsed) {
    for (const JWTSVID& svid : response.svids()) {
      if (svid.spiffe_id() != spiffe_id) continue;
      read = std::unexpected(AgentProblem::kUnreadable);
      if (!svid.svid().empty()) read = core::Secret::Copy(svid.svid());
      break;
    }
  }
  for (JWTSVID& svid : *response.mutable_svids()) {
    std::string& token = *svid.mutable_svid();
    core::WipeMemory(token.data(), token.size());
  }
  return read;
}

}  // namespace baokms::adapters::spiffe
