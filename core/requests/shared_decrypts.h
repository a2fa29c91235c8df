// Identical Decrypts that are under way at the same time share one Transit call
// (request-scheduling.md, "Shared decrypts"). Identical: ciphertext, key_id and annotations are
// equal, byte for byte.
#pragma once

#include <cstddef>
#include <memory>
#include <set>

#include "core/model/time.h"
#include "core/requests/decrypt_validation.h"
#include "ports/alarm.h"
#include "ports/clock.h"
#include "ports/exclusion.h"
#include "ports/kms_service.h"
#include "ports/token_source.h"
#include "ports/transit.h"

namespace baokms::core {

class SharedDecrypts : public std::enable_shared_from_this<SharedDecrypts> {
 public:
  struct Ports {
    const ports::Clock& clock;
    ports::TokenSource& tokens;
    ports::TransitPort& transit;
    ports::Exclusion& exclusion;
    ports::Alarm& alarm;
  };
  // `timeout`: openbao.timeout, which bounds each call from its own start. The ports outlive this.
  // To be held by a shared_ptr: a call under way keeps what it needs.
  SharedDecrypts(Ports ports, Duration timeout) : ports_(ports), timeout_(timeout) {}

  // Waits for the identical call that is under way, or begins one. `until`: when the request's own
  // budget ends, at which it gets DeadlineExceeded(); max() for a request that has come just now,
  // because every call ends within a budget that begins now. `done` gets the call's result, or
  // Cancelled() at once when the request is abandoned while others wait. Abandoned by all, the call
  // is abandoned, and the last of them ends with it. Any thread, never blocks.
  std::unique_ptr<ports::PendingCall> Decrypt(ValidatedDecrypt request, MonotonicTime until,
                                              ports::KmsCompletion<DecryptReply> done);

 private:
  using WaiterId = std::size_t;  // within one call
  struct Call;
  class Sender;
  class Waiter;
  struct Joined {
    std::shared_ptr<Call> call;
    WaiterId waiter = 0;
    bool begins = false;
  };
  // By the requests, whole: equal ones are one call.
  struct ByRequest {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const;
  };

  Joined Join(ValidatedDecrypt& request, ports::KmsCompletion<DecryptReply> done);
  void Begin(std::shared_ptr<Call> call);
  void End(Call& call, Result<Secret> reply);
  void Abandon(Call& call, WaiterId waiter);
  void Expire(Call& call, WaiterId waiter);
  void Forget(const Call& call);

  Ports ports_;
  Duration timeout_;
  // Calls that a request may still join, and, in each of them, who waits: changed by one thread at
  // a time, inside ports_.exclusion.
  std::set<std::shared_ptr<Call>, ByRequest> under_way_;
};

}  // namespace baokms::core
