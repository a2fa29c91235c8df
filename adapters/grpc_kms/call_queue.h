// The queue on which gRPC reports each step of each call, and the one thread that polls it. The
// thread reads the connections, and does all local work of an RPC at once: nothing is handed to
// another thread (libraries.md, "gRPC").
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <thread>

#include "adapters/grpc_kms/grpc_call.h"
#include "adapters/grpc_kms/kms_rpc_service.h"

namespace baokms::adapters::grpc_kms {

class CallQueue {
 public:
  // Adds itself to a server that is about to be built. `service` outlives it.
  CallQueue(grpc::ServerBuilder& builder, KmsRpcService& service);
  ~CallQueue();
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  // Once, when the server is built: calls are served from now on. False: no thread to be had.
  bool Start();
  // Returns when every call has ended, whoever answers it. After the server's Shutdown, which needs
  // the queue polled, and before its destructor, because events refer to it; or when none was
  // built. Idempotent.
  void Stop();

 private:
  void Run();

  grpc::AsyncGenericService calls_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  GrpcCall::Source source_;
  std::thread thread_;
  bool stopped_ = false;
};

}  // namespace baokms::adapters::grpc_kms
