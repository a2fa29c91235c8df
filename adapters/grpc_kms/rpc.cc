#include "adapters/grpc_kms/rpc.h"

#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>
#include <utility>

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

// A client's own timer runs out a little before ours, which started when the request arrived; its
// cancel is then the first we hear of its deadline.
constexpr std::chrono::milliseconds kDeadlineSlack{50};

std::optional<steady_clock::time_point> SteadyDeadline(system_clock::time_point deadline,
                                                       steady_clock::time_point now) {
  const auto wall = system_clock::now();
  if (deadline > wall + std::chrono::hours(24)) return std::nullopt;  // none, in effect
  return now + std::chrono::duration_cast<steady_clock::duration>(deadline - wall);
}

std::string CurrentExceptionType() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "unknown";
  int status = -1;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? readable.get() : type->name();
}

}  // namespace

Rpc::Rpc(core::KmsMethod method, system_clock::time_point deadline, Caller& caller, RpcTable& rpcs,
         ports::Telemetry& telemetry)
    : method_(method),
      caller_(caller),
      rpcs_(rpcs),
      telemetry_(telemetry),
      started_(steady_clock::now()),
      deadline_(SteadyDeadline(deadline, started_)) {
  telemetry_.KmsRequestStarted(method_);
}

void Rpc::LetGo() {
  std::optional<Places::Place> place;
  std::shared_ptr<ports::PendingCall> pending;
  const std::lock_guard lock(mutex_);
  ended_ = true;
  place.swap(place_);
  pending.swap(pending_);
}

void Rpc::Succeed(const grpc::ByteBuffer& reply, const KeyFacts& facts) {
  LetGo();
  if (!Claim()) return;
  Finish(std::nullopt, facts, {});
  caller_.Reply(reply);
}

void Rpc::Fail(const core::Error& error, const KeyFacts& facts) {
  LetGo();
  if (!Claim()) return;
  // A deadline takes precedence over what it interrupted (wire-contract.md).
  const bool late = deadline_ && steady_clock::now() >= *deadline_;
  Refuse(late ? core::DeadlineExceeded() : error, facts, {});
}

void Rpc::FailWithCurrentException() {
  const std::string type = CurrentExceptionType();
  LetGo();
  if (!Claim()) return;
  Refuse(core::HandlerFailed(), {}, type);
}

// Abandoned before it is answered: once it is, the call may forget the pending call at any moment.
void Rpc::Cancel() {
  const bool ours = Claim();
  Abandon();
  if (ours) Refuse(PastDeadline() ? core::DeadlineExceeded() : core::Cancelled(), {}, {});
}

void Rpc::Interrupt() {
  const bool ours = Claim();
  Abandon();
  if (ours) Refuse(core::ShuttingDown(), {}, {});
}

bool Rpc::PastDeadline() const {
  return deadline_ && steady_clock::now() + kDeadlineSlack >= *deadline_;
}

void Rpc::Finish(const std::optional<core::Error>& error, const KeyFacts& facts,
                 std::string_view panic_type) {
  rpcs_.Answered(this);
  telemetry_.KmsRequestFinished({.method = method_,
                                 .error = error,
                                 .duration = steady_clock::now() - started_,
                                 .key_id_hash = facts.key_id_hash,
                                 .transit_key_version = facts.version,
                                 .uid = uid_,
                                 .panic_type = panic_type});
  if (facts.shared) telemetry_.DecryptShared();
}

void Rpc::Refuse(const core::Error& error, const KeyFacts& facts, std::string_view panic_type) {
  Finish(error, facts, panic_type);
  caller_.Refuse(error);
}

void Rpc::Await(std::unique_ptr<ports::PendingCall> pending) {
  const std::shared_ptr<ports::PendingCall> shared = std::move(pending);
  bool abandoned = false;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) pending_ = shared;
    abandoned = abandoned_;
  }
  if (abandoned && shared) shared->Abandon();
}

void Rpc::Abandon() {
  std::shared_ptr<ports::PendingCall> pending;
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    pending = pending_;
  }
  if (pending) pending->Abandon();
}

void Rpc::Forget() {
  std::shared_ptr<ports::PendingCall> dropped;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  dropped.swap(pending_);
}

}  // namespace baokms::adapters::grpc_kms
