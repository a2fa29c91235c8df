// One RPC. Whoever comes first answers it: the service's completion, the caller's cancel or
// deadline, or the drain; whatever comes later is dropped. So the caller, which goes with its
// answer, is touched by the winner only.
//
// It holds its place until the service has completed it, whoever answered: until then the request
// exists (request-scheduling.md, "Places"). A completion gives the place back before it answers, so
// that a caller that has its answer finds the place free.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/grpc_kms/caller.h"
#include "adapters/grpc_kms/places.h"
#include "adapters/grpc_kms/rpc_table.h"
#include "core/model/error.h"
#include "core/model/kms_messages.h"
#include "ports/completion.h"
#include "ports/telemetry.h"

namespace baokms::adapters::grpc_kms {

// What an RPC's event may say of the key, and whether another RPC's call to OpenBao answered it.
struct KeyFacts {
  std::string key_id_hash;
  std::int64_t version = 0;
  bool shared = false;
};

class Rpc {
 public:
  // Announces the request to `telemetry`. `caller`, `rpcs` and `telemetry` outlive the answer.
  Rpc(core::KmsMethod method, std::chrono::system_clock::time_point deadline, Caller& caller,
      RpcTable& rpcs, ports::Telemetry& telemetry);
  Rpc(const Rpc&) = delete;
  Rpc& operator=(const Rpc&) = delete;

  // Before anything can answer.
  void Hold(Places::Place place) { place_.emplace(std::move(place)); }
  void set_uid(std::string uid) { uid_ = std::move(uid); }

  // Any thread, any number of times; the first answer counts.
  bool answered() const { return answered_.load(std::memory_order_acquire); }
  // The request has ended: its place and what is pending go. Each of the next three does it first.
  void LetGo();
  void Succeed(const grpc::ByteBuffer& reply, const KeyFacts& facts);
  void Fail(const core::Error& error, const KeyFacts& facts = {});
  // From inside a catch block: names the exception that escaped.
  void FailWithCurrentException();
  // The caller has gone, or its deadline is over.
  void Cancel();
  // The drain is over.
  void Interrupt();

  // What to abandon when the caller goes. At once, if it has gone already.
  void Await(std::unique_ptr<ports::PendingCall> pending);
  // The pending call may hold the completion, which holds this.
  void Forget();

 private:
  bool Claim() { return !answered_.exchange(true, std::memory_order_acq_rel); }
  // By the winner: the RPC is over but for its answer, which is the last step.
  void Finish(const std::optional<core::Error>& error, const KeyFacts& facts,
              std::string_view panic_type);
  void Refuse(const core::Error& error, const KeyFacts& facts, std::string_view panic_type);
  bool PastDeadline() const;
  void Abandon();

  const core::KmsMethod method_;
  Caller& caller_;
  RpcTable& rpcs_;
  ports::Telemetry& telemetry_;
  const std::chrono::steady_clock::time_point started_;
  const std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::string uid_;
  std::atomic<bool> answered_{false};
  std::mutex mutex_;  // of what follows; nothing is called under it
  bool abandoned_ = false;
  bool ended_ = false;
  std::optional<Places::Place> place_;
  std::shared_ptr<ports::PendingCall> pending_;
};

}  // namespace baokms::adapters::grpc_kms
