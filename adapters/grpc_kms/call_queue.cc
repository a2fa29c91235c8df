#include "adapters/grpc_kms/call_queue.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "adapters/posix/all_signals_blocked.h"

namespace baokms::adapters::grpc_kms {
namespace {

// Requests for calls that gRPC has at hand. A burst beyond them waits inside gRPC until this thread
// takes its next event, so their number hardly matters (libraries.md, "gRPC").
constexpr int kExpectedCalls = 16;

}  // namespace

CallQueue::CallQueue(grpc::ServerBuilder& builder, KmsRpcService& service)
    : queue_(builder.AddCompletionQueue()),
      source_{.calls = calls_, .queue = *queue_, .service = service, .users = 1} {
  builder.RegisterAsyncGenericService(&calls_);
}

CallQueue::~CallQueue() { Stop(); }

bool CallQueue::Start() {
  for (int i = 0; i < kExpectedCalls; ++i) GrpcCall::Expect(source_);
  try {
    const posix::AllSignalsBlocked blocked;
    thread_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "kms-calls");
      Run();
    });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void CallQueue::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) static_cast<GrpcCall::Event*>(tag)->Happened(ok);
}

void CallQueue::Stop() {
  if (std::exchange(stopped_, true)) return;
  source_.Leave();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Run();
  }
}

}  // namespace baokms::adapters::grpc_kms
