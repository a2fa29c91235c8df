// One Transit request with its one recovery: obtain a token, send, and after a 401 or 403 send once
// more with a fresh login's token (auth.md, "Token manager"). `Sender` knows what is asked and what
// becomes of the reply:
//   using Reply = ...;
//   static constexpr OpenBaoOperation kOperation = ...;
//   std::unique_ptr<ports::PendingCall> Send(ports::TokenRef, ports::Completion<Reply>);
//   void Finish(Result<Reply>);   // exactly once
#pragma once

#include <memory>
#include <utility>

#include "core/model/error.h"
#include "core/model/openbao_token.h"
#include "core/transit/work_under_way.h"
#include "ports/token_source.h"

namespace baokms::core {

template <typename Sender>
class TransitRequest : public std::enable_shared_from_this<TransitRequest<Sender>> {
 public:
  // `work` may be shared with what came before and with what follows; whoever is to be able to
  // leave gets HandleOf(work). Once that is abandoned nothing more is sent and no token asked for.
  TransitRequest(ports::TokenSource& tokens, MonotonicTime deadline,
                 std::shared_ptr<WorkUnderWay> work, Sender sender)
      : tokens_(tokens), deadline_(deadline), work_(std::move(work)), sender_(std::move(sender)) {}

  void Start() {
    if (work_->abandoned()) return sender_.Finish(std::unexpected(Cancelled()));
    if (ports::TokenRef token = tokens_.Current()) return First(std::move(token));
    Obtain({}, [self = this->shared_from_this()](Result<ports::TokenRef> got) {
      if (!got) return self->sender_.Finish(std::unexpected(got.error()));
      if (self->work_->abandoned()) return self->sender_.Finish(std::unexpected(Cancelled()));
      self->First(*std::move(got));
    });
  }

 private:
  using Reply = typename Sender::Reply;

  // The wait ends when the caller leaves, and lets go of what this holds.
  void Obtain(const TokenDenial& denied, ports::Completion<ports::TokenRef> then) {
    work_->Add(tokens_.Obtain(denied, deadline_, std::move(then)));
  }

  void First(ports::TokenRef token) {
    work_->Add(sender_.Send(token, [self = this->shared_from_this(), token](Result<Reply> reply) {
      self->AfterFirst(*token, std::move(reply));
    }));
  }

  void AfterFirst(const HeldToken& token, Result<Reply> reply) {
    if (reply) token.accepted.Note(Sender::kOperation);
    if (reply || !IsTokenDenial(reply.error()) || work_->abandoned()) {
      return sender_.Finish(std::move(reply));
    }
    Obtain(DenialOf(token, reply.error()),
           [self = this->shared_from_this(), denial = reply.error()](Result<ports::TokenRef> got) {
             if (got && !self->work_->abandoned()) return self->Second(*std::move(got));
             // The denial stands, or nobody waits: the request gets the original one.
             const Error& why = got || got.error() == NoToken() ? denial : got.error();
             self->sender_.Finish(std::unexpected(why));
           });
  }

  // A 403 that the new token gets too is the policy's: the token is kept.
  void Second(ports::TokenRef token) {
    work_->Add(sender_.Send(token, [self = this->shared_from_this(), token](Result<Reply> reply) {
      if (reply) {
        token->accepted.Note(Sender::kOperation);
      } else if (reply.error().openbao_status() == OpenBaoStatus::kUnauthenticated) {
        self->tokens_.Reject(token->generation);
      }
      self->sender_.Finish(std::move(reply));
    }));
  }

  static TokenDenial DenialOf(const HeldToken& token, const Error& error) {
    return {.generation = token.generation,
            .operation = Sender::kOperation,
            .forbidden = error.openbao_status() == OpenBaoStatus::kPermissionDenied,
            .accepted_here = token.accepted.For(Sender::kOperation),
            .accepted_elsewhere = token.accepted.ForAnother(Sender::kOperation)};
  }

  ports::TokenSource& tokens_;
  MonotonicTime deadline_;
  std::shared_ptr<WorkUnderWay> work_;
  Sender sender_;
};

}  // namespace baokms::core
