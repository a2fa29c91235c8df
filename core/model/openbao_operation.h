// The calls we make to OpenBao; label values of openbao_requests_total (observability.md).
#pragma once

#include <cstdint>
#include <string_view>

namespace baokms::core {

enum class OpenBaoOperation : std::uint8_t {
  kJwtLogin,
  kCertLogin,
  kTokenRenewSelf,
  kTransitMetadataRead,
  kTransitDisableUpsertRead,
  kTransitEncrypt,
  kTransitDecrypt,
  kTransitBatchEncrypt,
  kTransitBatchDecrypt,
  kCapabilitiesSelf,
};

constexpr std::string_view Name(OpenBaoOperation operation) {
  switch (operation) {
    case OpenBaoOperation::kJwtLogin:
      return "jwt_login";
    case OpenBaoOperation::kCertLogin:
      return "cert_login";
    case OpenBaoOperation::kTokenRenewSelf:
      return "token_renew_self";
    case OpenBaoOperation::kTransitMetadataRead:
      return "transit_metadata_read";
    case OpenBaoOperation::kTransitDisableUpsertRead:
      return "transit_disable_upsert_read";
    case OpenBaoOperation::kTransitEncrypt:
      return "transit_encrypt";
    case OpenBaoOperation::kTransitDecrypt:
      return "transit_decrypt";
    case OpenBaoOperation::kTransitBatchEncrypt:
      return "transit_batch_encrypt";
    case OpenBaoOperation::kTransitBatchDecrypt:
      return "transit_batch_decrypt";
    case OpenBaoOperation::kCapabilitiesSelf:
      return "capabilities_self";
  }
  return "unknown";
}

}  // namespace baokms::core
