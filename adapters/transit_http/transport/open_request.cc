#include "adapters/transit_http/transport/open_request.h"

#include "core/model/proxy_failure.h"
#include "core/model/tls_failure.h"

namespace baokms::adapters::transit_http {
namespace {

// What a node said tells more than why TLS with one or the way through a proxy failed, that more
// than that one could not be reached, and that more than an attempt that was cut; among equals, the
// first. A proxy that was silent counts as out of reach: a call's last attempts wait for it for
// milliseconds.
int WorthOf(const ports::HttpOutcome& outcome) {
  if (outcome.reply) return 3;
  const auto at_proxy = core::ProxyFailureOf(outcome.reply.error());
  if (at_proxy == core::ProxyFailure::kSilent) return 1;
  if (at_proxy || core::TlsFailureOf(outcome.reply.error())) return 2;
  return outcome.reply.error() == core::Cancelled() ? 0 : 1;
}

}  // namespace

void OpenRequest::Keep(ports::HttpOutcome outcome) {
  if (answered()) return Supersede(outcome);
  if (kept_ && WorthOf(*kept_) >= WorthOf(outcome)) return Supersede(outcome);
  if (kept_) Supersede(*kept_);
  kept_ = std::move(outcome);
}

void OpenRequest::Answer(ports::HttpOutcome outcome) {
  if (const auto kept = std::exchange(kept_, std::nullopt)) Supersede(*kept);
  std::exchange(done_, nullptr)(std::move(outcome));
}

void OpenRequest::AnswerWithBestKept(const core::Error& otherwise) {
  if (!kept_) return Answer({.reply = std::unexpected(otherwise), .took = std::nullopt});
  ports::HttpOutcome best = *std::exchange(kept_, std::nullopt);
  Answer(std::move(best));
}

void OpenRequest::Supersede(const ports::HttpOutcome& outcome) const {
  if (request_.superseded) request_.superseded(outcome);
}

}  // namespace baokms::adapters::transit_http
