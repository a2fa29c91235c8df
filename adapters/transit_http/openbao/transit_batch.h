// Several encrypts, or several decrypts, of one key in one Transit call (request-scheduling.md,
// "Batches"). Telemetry hears of the call, not of its items.
#pragma once

#include "core/model/openbao_operation.h"
#include "ports/http_transport.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

class TransitBatch final : public ports::HttpBatch {
 public:
  // `operation`: kTransitBatchEncrypt or kTransitBatchDecrypt. `telemetry` outlives the calls.
  TransitBatch(core::OpenBaoOperation operation, ports::Telemetry& telemetry)
      : operation_(operation), telemetry_(telemetry) {}

  ports::HttpRequest Compose(std::span<const ports::HttpRequest* const> requests) const override;
  std::vector<ports::HttpOutcome> Share(ports::HttpOutcome call, std::size_t items) const override;
  void Superseded(const ports::HttpOutcome& attempt, std::size_t items) const override;

 private:
  void Count(std::size_t items, core::OpenBaoStatus status, std::optional<core::Duration> took,
             std::string_view request_id) const;

  const core::OpenBaoOperation operation_;
  ports::Telemetry& telemetry_;
};

}  // namespace baokms::adapters::transit_http
