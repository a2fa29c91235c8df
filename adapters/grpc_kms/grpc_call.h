// gRPC's side of one RPC, from our request for it to its last event. Every event comes on the call
// queue's thread; only the answer may start on another. It deletes itself.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <memory>
#include <optional>

#include "adapters/grpc_kms/caller.h"
#include "adapters/grpc_kms/kms_rpc_service.h"
#include "core/model/kms_messages.h"

namespace baokms::adapters::grpc_kms {

class GrpcCall final : public Caller {
 public:
  // Where calls come from and who serves them. Outlives every call.
  struct Source {
    grpc::AsyncGenericService& calls;
    grpc::ServerCompletionQueue& queue;
    KmsRpcService& service;
    // Each call, expected or under way, and whoever needs the queue to be polled. The last to leave
    // ends the queue: one that is shut down takes no answer.
    std::atomic<int> users = 0;
    void Leave() {
      if (--users == 0) queue.Shutdown();
    }
  };

  // What the queue's tags point to.
  class Event {
   public:
    using Step = void (GrpcCall::*)(bool ok);
    Event(GrpcCall& call, Step step) : call_(call), step_(step) {}
    void Happened(bool ok) { (call_.*step_)(ok); }

   private:
    GrpcCall& call_;
    const Step step_;
  };

  // Asks for one more call. When it comes, it asks for the next, until the server shuts down.
  static void Expect(Source& source);

  void Reply(const grpc::ByteBuffer& reply) override;
  void Refuse(const core::Error& error) override;

 private:
  explicit GrpcCall(Source& source) : source_(source) { ++source_.users; }
  ~GrpcCall() override;

  void OnArrived(bool ok);
  void OnMessage(bool ok);
  void OnAnswered(bool ok);
  void OnOver(bool ok);
  void DeleteAfterLast();

  Source& source_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  std::optional<core::KmsMethod> method_;
  grpc::ByteBuffer message_;
  std::shared_ptr<Rpc> rpc_;  // once the message is there

  // A call that has arrived ends with two events, in any order: its answer has left or never will,
  // and gRPC is done with it, which comes early for a caller that cancels.
  bool answered_ = false;
  bool over_ = false;

  Event arrived_event_{*this, &GrpcCall::OnArrived};
  Event message_event_{*this, &GrpcCall::OnMessage};
  Event answered_event_{*this, &GrpcCall::OnAnswered};
  Event over_event_{*this, &GrpcCall::OnOver};
};

}  // namespace baokms::adapters::grpc_kms
