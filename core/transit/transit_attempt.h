// One Transit call with its one recovery: obtain a token, call, and after a 401 or 403 call once
// more with a fresh login's token (auth.md, "Token manager"). Shared by Encrypt and Decrypt;
// `Operation` provides
//   using Reply = ...;
//   std::unique_ptr<ports::PendingCall> Call(ports::TokenRef, ports::Completion<Reply>);
//   void Finish(Result<Reply>);   // exactly once
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "core/model/error.h"
#include "ports/token_source.h"

namespace baokms::core {

inline bool IsTokenDenial(const Error& error) {
  return error.openbao_status() == OpenBaoStatus::kUnauthenticated ||
         error.openbao_status() == OpenBaoStatus::kPermissionDenied;
}

template <typename Operation>
class TransitAttempt : public std::enable_shared_from_this<TransitAttempt<Operation>> {
 public:
  // `abandoned` may be shared with what the request waited for before.
  TransitAttempt(
      ports::TokenSource& tokens, MonotonicTime deadline, Operation operation,
      std::shared_ptr<std::atomic<bool>> abandoned = std::make_shared<std::atomic<bool>>(false))
      : tokens_(tokens),
        deadline_(deadline),
        operation_(std::move(operation)),
        abandoned_(std::move(abandoned)) {}

  // The handle abandons the call under way and forgoes the retry.
  std::unique_ptr<ports::PendingCall> Start() {
    std::unique_ptr<ports::PendingCall> call;
    if (ports::TokenRef token = tokens_.Current()) {
      call = First(std::move(token));
    } else {
      tokens_.Obtain(0, deadline_, [self = this->shared_from_this()](Result<ports::TokenRef> got) {
        if (!got) return self->operation_.Finish(std::unexpected(got.error()));
        if (*self->abandoned_) return self->operation_.Finish(std::unexpected(Cancelled()));
        self->First(*std::move(got));
      });
    }
    return std::make_unique<Handle>(this->shared_from_this(), std::move(call));
  }

 private:
  using Reply = typename Operation::Reply;

  class Handle final : public ports::PendingCall {
   public:
    Handle(std::shared_ptr<TransitAttempt> attempt, std::unique_ptr<ports::PendingCall> call)
        : attempt_(std::move(attempt)), call_(std::move(call)) {}
    void Abandon() override {
      *attempt_->abandoned_ = true;
      if (call_) call_->Abandon();
    }

   private:
    std::shared_ptr<TransitAttempt> attempt_;
    std::unique_ptr<ports::PendingCall> call_;
  };

  std::unique_ptr<ports::PendingCall> First(ports::TokenRef token) {
    const std::uint64_t generation = token->generation;
    return operation_.Call(std::move(token),
                           [self = this->shared_from_this(), generation](Result<Reply> reply) {
                             self->AfterFirst(generation, std::move(reply));
                           });
  }

  void AfterFirst(std::uint64_t generation, Result<Reply> reply) {
    if (reply || !IsTokenDenial(reply.error()) || *abandoned_) {
      return operation_.Finish(std::move(reply));
    }
    tokens_.Obtain(
        generation, deadline_,
        [self = this->shared_from_this(), denial = reply.error()](Result<ports::TokenRef> got) {
          if (got && !*self->abandoned_) return self->Second(*std::move(got));
          // Throttled or abandoned: the request gets the original denial.
          const Error& why = got || got.error() == NoToken() ? denial : got.error();
          self->operation_.Finish(std::unexpected(why));
        });
  }

  void Second(ports::TokenRef token) {
    const std::uint64_t generation = token->generation;
    operation_.Call(std::move(token),
                    [self = this->shared_from_this(), generation](Result<Reply> reply) {
                      if (!reply && IsTokenDenial(reply.error())) {
                        self->tokens_.Reject(generation);
                      }
                      self->operation_.Finish(std::move(reply));
                    });
  }

  ports::TokenSource& tokens_;
  MonotonicTime deadline_;
  Operation operation_;
  std::shared_ptr<std::atomic<bool>> abandoned_;
};

}  // namespace baokms::core
