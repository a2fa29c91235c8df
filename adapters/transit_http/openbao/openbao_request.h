// One HTTP request to OpenBao, each of its attempts told to telemetry once, whatever became of it.
#pragma once

#include <memory>
#include <utility>

#include "adapters/transit_http/openbao/openbao_replies.h"
#include "adapters/transit_http/openbao/reply_classification.h"
#include "core/model/error.h"
#include "core/model/openbao_operation.h"
#include "ports/http_transport.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

// What every client of the transport needs; all outlive the requests, and so the transport's
// thread.
struct OpenBaoRequestContext {
  ports::HttpTransport& transport;
  ports::Telemetry& telemetry;
};

// Of one attempt, for openbao_requests_total.
inline core::OpenBaoStatus StatusOf(const core::Result<ports::HttpReply>& reply) {
  if (reply) return ClassifyReply(reply->status, reply->body.ExposeSecret());
  return reply.error().openbao_status().value_or(core::OpenBaoStatus::kUnknown);
}

// An error reply in the words of the table.
struct RefuseByStatus {
  core::Error operator()(const ports::HttpReply& reply, core::OpenBaoStatus status) const {
    if (status == core::OpenBaoStatus::kUnknown && IsRedirect(reply.status)) {
      return IsStandbyRedirect(reply.status) ? core::StandbyRedirect() : core::ForeignRedirect();
    }
    const bool unavailable = status == core::OpenBaoStatus::kUnavailable;
    return unavailable && reply.status < 500 ? core::ForeignReply() : core::OpenBaoFailure(status);
  }
};

// `read` gets the body of a 200 or 204 and returns a ReadReply<T>; `refuse` turns any other reply
// and its classification into the error. Telemetry hears of each attempt once; of the one that
// brings the answer before `done`, so no metric is behind the answer it counts.
template <typename T, typename Read, typename Refuse = RefuseByStatus>
std::unique_ptr<ports::PendingCall> SendOpenBaoRequest(const OpenBaoRequestContext& context,
                                                       core::OpenBaoOperation operation,
                                                       ports::HttpRequest request, Read read,
                                                       ports::Completion<T> done,
                                                       Refuse refuse = {}) {
  request.judge = JudgeReply;
  request.superseded = [&telemetry = context.telemetry,
                        operation](const ports::HttpOutcome& attempt) {
    telemetry.OpenBaoRequestFinished({.operation = operation,
                                      .status = StatusOf(attempt.reply),
                                      .duration = attempt.took.value_or(core::Duration::zero()),
                                      .request_id = {}});
  };
  auto finish = [&telemetry = context.telemetry, operation, read = std::move(read),
                 refuse = std::move(refuse),
                 done = std::move(done)](ports::HttpOutcome answer) mutable {
    ReadReply<T> outcome{std::unexpected(core::OpenBaoFailure(core::OpenBaoStatus::kUnknown)), {}};
    core::OpenBaoStatus status = StatusOf(answer.reply);
    if (!answer.reply) {
      outcome.result = std::unexpected(answer.reply.error());
    } else if (status == core::OpenBaoStatus::kOk) {
      outcome = read(answer.reply->body.ExposeSecret());
      if (!outcome.result) {
        status = outcome.result.error().openbao_status().value_or(core::OpenBaoStatus::kUnknown);
      }
    } else {
      outcome.result = std::unexpected(refuse(*answer.reply, status));
    }
    if (answer.took) {
      telemetry.OpenBaoRequestFinished({.operation = operation,
                                        .status = status,
                                        .duration = *answer.took,
                                        .request_id = outcome.request_id});
    }
    done(std::move(outcome.result));
  };
  return context.transport.Send(std::move(request), std::move(finish));
}

}  // namespace baokms::adapters::transit_http
