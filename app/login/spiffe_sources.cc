// In a build with BAOKMS_WITH_SPIFFE.
#include <cstdint>

#include "adapters/spiffe/jwt_svid_source.h"
#include "adapters/spiffe/x509_svid_source.h"
#include "app/login/login_parts.h"
#include "app/process/random_seed.h"
#include "app/process/system_random.h"
#include "core/token/backoff.h"

namespace baokms::app {

using namespace std::chrono_literals;

std::unique_ptr<ports::CertificateSource> MakeX509SvidSource(const SourceContext& context) {
  const core::CertSpiffeConfiguration& spiffe = context.configuration.auth.cert.spiffe;
  SystemRandom random;
  const core::Backoff backoff(1s, 30s, RandomSeed(random));
  return std::make_unique<adapters::spiffe::X509SvidSource>(
      adapters::spiffe::X509SvidOptions{
          .socket = spiffe.workload_api_socket,
          .spiffe_id = spiffe.spiffe_id,
          .retry_after = [backoff](std::uint32_t failures) { return backoff.After(failures); }},
      context.clock);
}

std::unique_ptr<ports::JwtSource> MakeJwtSvidSource(const SourceContext& context) {
  const core::JwtSpiffeConfiguration& spiffe = context.configuration.auth.jwt.spiffe;
  return std::make_unique<adapters::spiffe::JwtSvidSource>(
      adapters::spiffe::JwtSvidOptions{.socket = spiffe.workload_api_socket,
                                       .spiffe_id = spiffe.spiffe_id,
                                       .audience = spiffe.audience},
      context.clock);
}

}  // namespace baokms::app
