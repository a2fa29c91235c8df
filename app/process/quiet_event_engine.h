// gRPC's timers, without a thread that wakes up every second.
#pragma once

#include <grpc/event_engine/event_engine.h>

#include <memory>

namespace baokms::app {

// What gRPC 1.51 uses of an event engine: tasks, at once or later. gRPC's own engine starts three
// or four threads, one of which looks at its timers every second even if there are none. This one
// starts one thread with the first task, which sleeps until the next one is due; a server that only
// serves never needs it. Tasks run one after the other, in the order of their times, and must not
// block. Connections and names are not here: this version of gRPC handles them elsewhere. Any
// thread may call it; it may be destroyed by one of its own tasks, and drops those that are not
// due.
class QuietEventEngine final : public grpc_event_engine::experimental::EventEngine {
 public:
  QuietEventEngine();
  ~QuietEventEngine() override;
  QuietEventEngine(const QuietEventEngine&) = delete;
  QuietEventEngine& operator=(const QuietEventEngine&) = delete;

  bool IsWorkerThread() override;
  void Run(Closure* closure) override;
  void Run(absl::AnyInvocable<void()> closure) override;
  TaskHandle RunAfter(Duration when, Closure* closure) override;
  TaskHandle RunAfter(Duration when, absl::AnyInvocable<void()> closure) override;
  bool Cancel(TaskHandle handle) override;

  // Unimplemented, as their results say.
  absl::StatusOr<std::unique_ptr<Listener>> CreateListener(
      Listener::AcceptCallback on_accept, absl::AnyInvocable<void(absl::Status)> on_shutdown,
      const grpc_event_engine::experimental::EndpointConfig& config,
      std::unique_ptr<grpc_event_engine::experimental::MemoryAllocatorFactory> memory) override;
  ConnectionHandle Connect(OnConnectCallback on_connect, const ResolvedAddress& address,
                           const grpc_event_engine::experimental::EndpointConfig& config,
                           grpc_event_engine::experimental::MemoryAllocator memory,
                           Duration timeout) override;
  bool CancelConnect(ConnectionHandle handle) override;
  std::unique_ptr<DNSResolver> GetDNSResolver(const DNSResolver::ResolverOptions& options) override;

 private:
  struct Tasks;
  const std::shared_ptr<Tasks> tasks_;  // the thread's too: it may outlive the engine for a moment
};

// Makes gRPC use it. Before any gRPC call.
void QuietLibraryTimers();

}  // namespace baokms::app
