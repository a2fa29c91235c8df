// One HTTP request to OpenBao, timed and told to telemetry once, whatever became of it.
#pragma once

#include <memory>
#include <utility>

#include "adapters/transit_http/openbao/openbao_replies.h"
#include "adapters/transit_http/openbao/reply_classification.h"
#include "core/model/error.h"
#include "core/model/openbao_operation.h"
#include "ports/clock.h"
#include "ports/http_transport.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

// What every client of the transport needs; all outlive the requests, and so the transport's
// thread.
struct OpenBaoRequestContext {
  ports::HttpTransport& transport;
  const ports::Clock& clock;
  ports::Telemetry& telemetry;
};

// An error reply in the words of the table.
struct RefuseByStatus {
  core::Error operator()(const ports::HttpReply& /*reply*/, core::OpenBaoStatus status) const {
    return core::OpenBaoFailure(status);
  }
};

// `read` gets the body of a 200 or 204 and returns a ReadReply<T>; `refuse` turns any other reply
// and its classification into the error. Telemetry hears of the request before `done`, so no metric
// is behind the answer it counts.
template <typename T, typename Read, typename Refuse = RefuseByStatus>
std::unique_ptr<ports::PendingCall> SendOpenBaoRequest(const OpenBaoRequestContext& context,
                                                       core::OpenBaoOperation operation,
                                                       ports::HttpRequest request, Read read,
                                                       ports::Completion<T> done,
                                                       Refuse refuse = {}) {
  const core::MonotonicTime started = context.clock.Now().monotonic;
  auto finish = [&clock = context.clock, &telemetry = context.telemetry, operation, started,
                 read = std::move(read), refuse = std::move(refuse),
                 done = std::move(done)](core::Result<ports::HttpReply> reply) mutable {
    ReadReply<T> outcome{std::unexpected(core::OpenBaoFailure(core::OpenBaoStatus::kUnknown)), {}};
    core::OpenBaoStatus status = core::OpenBaoStatus::kOk;
    if (!reply) {
      outcome.result = std::unexpected(reply.error());
    } else {
      status = ClassifyReply(reply->status, reply->body.ExposeSecret());
      if (status == core::OpenBaoStatus::kOk) {
        outcome = read(reply->body.ExposeSecret());
      } else {
        outcome.result = std::unexpected(refuse(*reply, status));
      }
    }
    if (status == core::OpenBaoStatus::kOk && !outcome.result) {
      status = outcome.result.error().openbao_status().value_or(core::OpenBaoStatus::kUnknown);
    }
    telemetry.OpenBaoRequestFinished({.operation = operation,
                                      .status = status,
                                      .duration = clock.Now().monotonic - started,
                                      .request_id = outcome.request_id});
    done(std::move(outcome.result));
  };
  return context.transport.Send(std::move(request), std::move(finish));
}

}  // namespace baokms::adapters::transit_http
