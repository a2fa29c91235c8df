#include "adapters/transit_http/transport/open_call.h"

#include <algorithm>
#include <iterator>
#include <utility>

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

OpenCall::OpenCall(RequestId id, ports::HttpRequest request,
                   ports::CompletionWith<ports::HttpOutcome> done) {
  items_.push_back({id, std::move(request), std::move(done)});
}

void OpenCall::Join(OpenCall&& other) {
  std::ranges::move(other.items_, std::back_inserter(items_));
  waiting_ += std::exchange(other.waiting_, 0);
}

void OpenCall::Compose() {
  if (items_.size() == 1) return;
  std::vector<const ports::HttpRequest*> requests;
  core::MonotonicTime deadline = items_.front().request.deadline;
  for (const Item& item : items_) {
    requests.push_back(&item.request);
    deadline = std::max(deadline, item.request.deadline);
  }
  composed_ = items_.front().request.batch->Compose(requests);
  composed_->deadline = deadline;
  for (Item& item : items_) item.request.body = {};
}

const ports::HttpRequest& OpenCall::request() const {
  return composed_ ? *composed_ : items_.front().request;
}

void OpenCall::Keep(ports::HttpOutcome outcome) {
  if (waiting_ == 0) return Supersede(outcome);
  if (kept_ && WorthOf(*kept_) >= WorthOf(outcome)) return Supersede(outcome);
  if (kept_) Supersede(*kept_);
  kept_ = std::move(outcome);
}

void OpenCall::AnswerOne(RequestId id, const core::Error& error, Answers& out) {
  Tell(*std::ranges::find(items_, id, &Item::id),
       {.reply = std::unexpected(error), .took = std::nullopt}, out);
  if (waiting_ > 0) return;
  if (const auto kept = std::exchange(kept_, std::nullopt)) Supersede(*kept);
}

void OpenCall::Answer(ports::HttpOutcome outcome, Answers& out) {
  if (const auto kept = std::exchange(kept_, std::nullopt)) Supersede(*kept);
  if (items_.size() == 1) return Tell(items_.front(), std::move(outcome), out);
  const ports::HttpBatch& batch = *items_.front().request.batch;
  std::vector<ports::HttpOutcome> shares = batch.Share(std::move(outcome), items_.size());
  for (std::size_t i = 0; i < items_.size(); ++i) Tell(items_[i], std::move(shares[i]), out);
}

void OpenCall::AnswerWithBestKept(const core::Error& otherwise, Answers& out) {
  if (!kept_) return Answer({.reply = std::unexpected(otherwise), .took = std::nullopt}, out);
  ports::HttpOutcome best = *std::exchange(kept_, std::nullopt);
  Answer(std::move(best), out);
}

void OpenCall::Tell(Item& item, ports::HttpOutcome outcome, Answers& out) {
  if (!item.done) return;
  --waiting_;
  out.push_back({std::exchange(item.done, nullptr), std::move(outcome)});
}

void OpenCall::Supersede(const ports::HttpOutcome& outcome) const {
  const ports::HttpRequest& first = items_.front().request;
  if (items_.size() > 1) return first.batch->Superseded(outcome, items_.size());
  if (first.superseded) first.superseded(outcome);
}

}  // namespace baokms::adapters::transit_http
