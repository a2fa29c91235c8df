#include "adapters/grpc_kms/grpc_call.h"

#include <string>

#include "adapters/grpc_kms/rpc.h"

namespace baokms::adapters::grpc_kms {

void GrpcCall::Expect(Source& source) {
  auto* call = new GrpcCall(source);
  call->context_.AsyncNotifyWhenDone(&call->over_event_);
  source.calls.RequestCall(&call->context_, &call->stream_, &source.queue, &source.queue,
                           &call->arrived_event_);
}

GrpcCall::~GrpcCall() {
  if (rpc_) rpc_->Forget();
  source_.Leave();
}

void GrpcCall::OnArrived(bool ok) {
  if (!ok) {  // the server shuts down; nothing follows
    delete this;
    return;
  }
  Expect(source_);
  method_ = KmsRpcService::MethodAt(context_.method());
  if (method_) {
    stream_.Read(&message_, &message_event_);
  } else {
    stream_.Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""), &answered_event_);
  }
}

void GrpcCall::OnMessage(bool ok) {
  // None came, or one that gRPC has refused already, or its caller has left.
  if (!ok || over_) return Refuse(core::MalformedMessage());
  try {
    rpc_ = source_.service.Serve({.method = *method_,
                                  .peer = context_.peer(),
                                  .deadline = context_.deadline(),
                                  .message = message_},
                                 *this);
  } catch (...) {
    Refuse(core::HandlerFailed());
  }
  message_.Clear();
}

void GrpcCall::Reply(const grpc::ByteBuffer& reply) {
  stream_.WriteAndFinish(reply, {}, grpc::Status::OK, &answered_event_);
}

void GrpcCall::Refuse(const core::Error& error) {
  // RpcCode has gRPC's numbers (core/model/error.h).
  stream_.Finish(
      grpc::Status(static_cast<grpc::StatusCode>(error.code()), std::string(error.message())),
      &answered_event_);
}

void GrpcCall::OnAnswered(bool /*ok*/) {
  answered_ = true;
  DeleteAfterLast();
}

void GrpcCall::OnOver(bool /*ok*/) {
  over_ = true;
  if (rpc_ && context_.IsCancelled()) rpc_->Cancel();
  DeleteAfterLast();
}

void GrpcCall::DeleteAfterLast() {
  if (answered_ && over_) delete this;
}

}  // namespace baokms::adapters::grpc_kms
