#include "adapters/transit_http/openbao/transit_batch.h"

#include <utility>

#include "adapters/transit_http/openbao/batch_replies.h"
#include "adapters/transit_http/openbao/openbao_request.h"
#include "adapters/transit_http/openbao/request_bodies.h"

namespace baokms::adapters::transit_http {
namespace {

// As many bytes as the metadata of many versions (wire-contract.md, "Limits").
constexpr std::size_t kMaxReplyBytes = std::size_t{4} * 1024 * 1024;

}  // namespace

ports::HttpRequest TransitBatch::Compose(
    std::span<const ports::HttpRequest* const> requests) const {
  std::vector<std::string_view> bodies;
  bodies.reserve(requests.size());
  for (const ports::HttpRequest* request : requests) {
    bodies.push_back(request->body.ExposeSecret());
  }
  const ports::HttpRequest& first = *requests.front();
  ports::HttpRequest all;
  all.method = first.method;
  all.path = first.path;
  all.body = BatchBody(bodies);
  all.credential_header = first.credential_header.Clone();
  all.identity_if_wanted = first.identity_if_wanted;
  all.max_reply_bytes = kMaxReplyBytes;
  all.max_error_bytes = kMaxReplyBytes;  // a failed item makes the whole reply an error
  all.lane = first.lane;
  all.judge = JudgeBatchReply;
  return all;
}

std::vector<ports::HttpOutcome> TransitBatch::Share(ports::HttpOutcome call,
                                                    std::size_t items) const {
  std::vector<ports::HttpOutcome> shares;
  shares.reserve(items);
  if (!call.reply) {
    Count(items, StatusOf(call.reply), call.took, {});
    while (shares.size() < items) {
      shares.push_back({.reply = std::unexpected(call.reply.error()), .took = std::nullopt});
    }
    return shares;
  }
  BatchReplies replies = ReadBatchReplies(*call.reply, items);
  Count(items, replies.status, call.took, replies.request_id);
  for (ports::HttpReply& reply : replies.items) {
    shares.push_back({.reply = std::move(reply), .took = std::nullopt});
  }
  return shares;
}

void TransitBatch::Superseded(const ports::HttpOutcome& attempt, std::size_t items) const {
  Count(items, StatusOf(attempt.reply), attempt.took.value_or(core::Duration::zero()), {});
}

void TransitBatch::Count(std::size_t items, core::OpenBaoStatus status,
                         std::optional<core::Duration> took, std::string_view request_id) const {
  if (!took) return;  // it never left
  telemetry_.TransitBatchSent(items);
  telemetry_.OpenBaoRequestFinished(
      {.operation = operation_, .status = status, .duration = *took, .request_id = request_id});
}

}  // namespace baokms::adapters::transit_http
