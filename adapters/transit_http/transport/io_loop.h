// The transport's I/O thread: a queue in, one curl multi, completions out. All but the first group
// of methods runs on that thread.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "adapters/transit_http/transport/another_address.h"
#include "adapters/transit_http/transport/ca_bundle.h"
#include "adapters/transit_http/transport/server_address.h"
#include "adapters/transit_http/transport/transfer.h"
#include "ports/clock.h"
#include "ports/http_transport.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

struct IoLoopSettings {
  std::vector<ServerAddress> addresses;
  TransferSettings transfer;
  std::size_t max_transfers = 1;
  AnotherAddressMayAnswer another_address_may_answer = nullptr;
};

class IoLoop {
 public:
  // nullptr when curl or the system has no resources for it.
  static std::shared_ptr<IoLoop> Start(IoLoopSettings settings, std::unique_ptr<CaBundle> ca,
                                       const ports::Clock& clock, ports::Telemetry& telemetry);
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;
  ~IoLoop() = default;

  // Any thread, never blocks on I/O.
  void Enqueue(ports::HttpRequest request, ports::Completion<ports::HttpReply> done,
               std::shared_ptr<const std::atomic<bool>> abandoned);
  void Wake() { curl_multi_wakeup(multi_.get()); }
  void BeginShutdown();
  // Once, not on the I/O thread.
  void StopAndJoin();

 private:
  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  // One request from Send to its completion.
  struct PendingRequest {
    ports::HttpRequest request;
    ports::Completion<ports::HttpReply> done;
    std::shared_ptr<const std::atomic<bool>> abandoned;
    std::size_t address = 0;  // index of the one being asked
    std::size_t addresses_asked = 0;
    // The best answer of the addresses that gave way to the next one.
    std::optional<core::Result<ports::HttpReply>> fallback;
    std::unique_ptr<Transfer> transfer;  // last: closed before the request it reads
  };
  using RequestPtr = std::unique_ptr<PendingRequest>;

  IoLoop(IoLoopSettings settings, std::unique_ptr<CaBundle> ca, const ports::Clock& clock,
         ports::Telemetry& telemetry);

  void Run();
  bool TakeIncoming();  // false: exit
  void DropExpiredAndAbandoned(core::MonotonicTime now);
  void MakeRoomForWaiting();
  void StartWaiting();
  // With the address that `pending` names; false when it could not.
  bool BeginTransfer(PendingRequest& pending);
  void FinishTransfers();
  void FinishTransfer(RequestPtr pending, CURLcode code);
  void FailAll();
  int PollMilliseconds() const;
  RequestPtr Release(std::vector<RequestPtr>::iterator active);
  static void Complete(RequestPtr pending, core::Result<ports::HttpReply> result);

  const IoLoopSettings settings_;
  const std::unique_ptr<CaBundle> ca_;
  const ports::Clock& clock_;
  ports::Telemetry& telemetry_;
  std::unique_ptr<CURLM, CloseMulti> multi_;

  std::mutex mutex_;
  std::vector<RequestPtr> incoming_;  // guarded by mutex_
  bool shutting_down_ = false;        // guarded by mutex_
  bool exit_ = false;                 // guarded by mutex_

  // The I/O thread's own.
  std::deque<RequestPtr> waiting_;
  std::vector<RequestPtr> active_;
  bool refusing_ = false;
  bool exiting_ = false;
  std::size_t preferred_address_ = 0;  // the last that answered

  std::thread thread_;
};

}  // namespace baokms::adapters::transit_http
