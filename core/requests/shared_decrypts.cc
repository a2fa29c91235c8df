#include "core/requests/shared_decrypts.h"

#include <map>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/transit/transit_request.h"

namespace baokms::core {
namespace {

class Inside {
 public:
  explicit Inside(ports::Exclusion& exclusion) : exclusion_(exclusion) { exclusion_.Enter(); }
  ~Inside() { exclusion_.Leave(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  ports::Exclusion& exclusion_;
};

using Done = ports::KmsCompletion<DecryptReply>;

Result<DecryptReply> ReplyOf(Result<Secret> plaintext) {
  if (!plaintext) return std::unexpected(plaintext.error());
  return DecryptReply{.plaintext = *std::move(plaintext)};
}

Result<Secret> CopyOf(const Result<Secret>& plaintext) {
  if (!plaintext) return std::unexpected(plaintext.error());
  return plaintext->Clone();
}

}  // namespace

struct SharedDecrypts::Call {
  struct Waiting {
    Done done;
    bool joined;  // another request began the call
  };

  Call(ValidatedDecrypt first, MonotonicTime its_deadline)
      : request(std::move(first)), deadline(its_deadline) {}

  KmsOutcome<DecryptReply> Outcome(Result<Secret> plaintext, bool shared) const {
    const KeyEntry& key = request.key();
    return {.result = ReplyOf(std::move(plaintext)),
            .key_id_hash = key.key_id_hash,
            .transit_key_version = key.snapshot.version.number(),
            .shared = shared};
  }

  const ValidatedDecrypt request;  // of the one that began it
  const MonotonicTime deadline;
  const std::shared_ptr<WorkUnderWay> work = std::make_shared<WorkUnderWay>();
  // Inside the exclusion.
  std::map<WaiterId, Waiting> waiting;
  WaiterId next = 0;
};

template <typename A, typename B>
bool SharedDecrypts::ByRequest::operator()(const A& a, const B& b) const {
  const auto request = []<typename T>(const T& one) -> const ValidatedDecrypt& {
    if constexpr (std::is_same_v<T, ValidatedDecrypt>) {
      return one;
    } else {
      return one->request;
    }
  };
  const auto bytes = [](const ValidatedDecrypt& one) {
    return std::tie(one.ciphertext().bytes(), one.key().snapshot.key_id.str(), one.annotations());
  };
  return bytes(request(a)) < bytes(request(b));
}

// The call, as TransitRequest carries it out.
class SharedDecrypts::Sender {
 public:
  using Reply = Secret;
  static constexpr OpenBaoOperation kOperation = OpenBaoOperation::kTransitDecrypt;
  Sender(std::shared_ptr<SharedDecrypts> decrypts, std::shared_ptr<Call> call)
      : decrypts_(std::move(decrypts)), call_(std::move(call)) {}
  Sender(Sender&&) = default;
  // Dropped unfinished, by an exception: nobody is to join a call that never ends.
  ~Sender() {
    if (call_) Finish(std::unexpected(HandlerFailed()));
  }

  std::unique_ptr<ports::PendingCall> Send(ports::TokenRef token, ports::Completion<Reply> done) {
    const ValidatedDecrypt& request = call_->request;
    return decrypts_->ports_.transit.Decrypt(
        std::move(token), {.ciphertext = request.ciphertext(), .aad = request.key().aad},
        call_->deadline, std::move(done));
  }
  void Finish(Result<Secret> reply) {
    const auto call = std::exchange(call_, nullptr);
    decrypts_->End(*call, std::move(reply));
  }

 private:
  std::shared_ptr<SharedDecrypts> decrypts_;
  std::shared_ptr<Call> call_;
};

// What one request holds.
class SharedDecrypts::Waiter final : public ports::PendingCall {
 public:
  Waiter(std::shared_ptr<SharedDecrypts> decrypts, std::shared_ptr<Call> call, WaiterId id)
      : decrypts_(std::move(decrypts)), call_(std::move(call)), id_(id) {}
  void Abandon() override { decrypts_->Abandon(*call_, id_); }

 private:
  std::shared_ptr<SharedDecrypts> decrypts_;
  std::shared_ptr<Call> call_;
  WaiterId id_;
};

std::unique_ptr<ports::PendingCall> SharedDecrypts::Decrypt(ValidatedDecrypt request,
                                                            MonotonicTime until, Done done) {
  const Joined joined = Join(request, std::move(done));
  if (joined.begins) Begin(joined.call);
  if (until < joined.call->deadline) {
    ports_.alarm.At(until, [decrypts = weak_from_this(), call = std::weak_ptr(joined.call),
                            waiter = joined.waiter] {
      const auto here = decrypts.lock();
      const auto still = call.lock();
      if (here && still) here->Expire(*still, waiter);
    });
  }
  return std::make_unique<Waiter>(shared_from_this(), joined.call, joined.waiter);
}

SharedDecrypts::Joined SharedDecrypts::Join(ValidatedDecrypt& request, Done done) {
  const MonotonicTime deadline = ports_.clock.Now().monotonic + timeout_;
  const Inside inside(ports_.exclusion);
  auto found = under_way_.find(request);
  const bool begins = found == under_way_.end();
  if (begins) {
    found = under_way_.insert(std::make_shared<Call>(std::move(request), deadline)).first;
  }
  Call& call = **found;
  const WaiterId waiter = call.next++;
  call.waiting.emplace(waiter, Call::Waiting{.done = std::move(done), .joined = !begins});
  return {.call = *found, .waiter = waiter, .begins = begins};
}

void SharedDecrypts::Begin(std::shared_ptr<Call> call) {
  const MonotonicTime deadline = call->deadline;
  auto work = call->work;
  std::make_shared<TransitRequest<Sender>>(ports_.tokens, deadline, std::move(work),
                                           Sender(shared_from_this(), std::move(call)))
      ->Start();
}

void SharedDecrypts::End(Call& call, Result<Secret> reply) {
  std::map<WaiterId, Call::Waiting> waiting;
  {
    const Inside inside(ports_.exclusion);
    Forget(call);
    waiting.swap(call.waiting);
  }
  while (!waiting.empty()) {
    Call::Waiting one = std::move(waiting.extract(waiting.begin()).mapped());
    one.done(call.Outcome(waiting.empty() ? std::move(reply) : CopyOf(reply), one.joined));
  }
}

void SharedDecrypts::Abandon(Call& call, WaiterId waiter) {
  Done done;
  {
    const Inside inside(ports_.exclusion);
    const auto found = call.waiting.find(waiter);
    if (found == call.waiting.end()) return;
    if (call.waiting.size() > 1) {
      done = std::move(found->second.done);
      call.waiting.erase(found);
    } else {
      // What the call still owns is this request's, which ends with it (request-scheduling.md,
      // "Places").
      Forget(call);
    }
  }
  if (done) return done(call.Outcome(std::unexpected(Cancelled()), false));
  call.work->Abandon();
}

void SharedDecrypts::Expire(Call& call, WaiterId waiter) {
  Done done;
  bool nobody_waits = false;
  {
    const Inside inside(ports_.exclusion);
    const auto found = call.waiting.find(waiter);
    if (found == call.waiting.end()) return;
    done = std::move(found->second.done);
    call.waiting.erase(found);
    nobody_waits = call.waiting.empty();
    if (nobody_waits) Forget(call);
  }
  if (nobody_waits) call.work->Abandon();
  done(call.Outcome(std::unexpected(DeadlineExceeded()), false));
}

// By identity: an equal call may have begun since.
void SharedDecrypts::Forget(const Call& call) {
  const auto found = under_way_.find(call.request);
  if (found != under_way_.end() && found->get() == &call) under_way_.erase(found);
}

}  // namespace baokms::core
