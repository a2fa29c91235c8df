#include "adapters/spiffe/x509_svid_source.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <utility>

#include "adapters/spiffe/agent_connection.h"
#include "adapters/spiffe/workload.pb.h"
#include "adapters/spiffe/x509_svid.h"

namespace baokms::adapters::spiffe {

// One FetchX509SVID, read message by message until it ends. It lives until Ended was called.
class X509SvidSource::Stream final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Stream(X509SvidSource& source, const std::shared_ptr<grpc::Channel>& channel)
      : source_(source), request_(RequestOf(X509SVIDRequest())) {
    AddSecurityHeader(context_);
    grpc::GenericStub(channel).PrepareBidiStreamingCall(&context_, kFetchX509Svid, {}, this);
    StartWriteLast(&request_, {});
    StartRead(&reply_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    source_.Received(TakeMessage(reply_));
    StartRead(&reply_);
  }
  void OnDone(const grpc::Status& status) override { source_.Ended(ProblemOf(status)); }

 private:
  X509SvidSource& source_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

X509SvidSource::X509SvidSource(X509SvidOptions options, const ports::Clock& clock)
    : options_(std::move(options)), clock_(clock), thread_([this] { Run(); }) {}

X509SvidSource::~X509SvidSource() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void X509SvidSource::Acquire(core::MonotonicTime deadline,
                             std::move_only_function<void(ports::IdentityResult)> done) {
  Lock lock(mutex_);
  if (const core::ClientIdentityRef identity = identity_) {
    lock.unlock();
    return done(identity);
  }
  waiter_ = Waiter{.deadline = deadline, .done = std::move(done)};
  changed_.notify_one();
}

void X509SvidSource::Run() {
  Lock lock(mutex_);
  while (!stopping_) {
    if (stream_ended_) {
      stream_.reset();
      stream_ended_ = false;
    }
    if (waiter_ && (identity_ || clock_.Now().monotonic >= waiter_->deadline)) {
      AnswerWaiter(lock);
    } else if (!stream_ && clock_.Now().monotonic >= next_connection_) {
      Connect();
    } else if (!stream_ || waiter_) {
      changed_.wait_for(lock, NextEvent() - clock_.Now().monotonic);
    } else {
      changed_.wait(lock);
    }
  }
  if (stream_) {
    stream_->Cancel();
    changed_.wait(lock, [this] { return stream_ended_; });
    stream_.reset();
  }
  if (waiter_) AnswerWaiter(lock);
}

// Of the two things that happen by themselves; one of them is awaited.
core::MonotonicTime X509SvidSource::NextEvent() const {
  if (!waiter_) return next_connection_;
  if (stream_) return waiter_->deadline;
  return std::min(waiter_->deadline, next_connection_);
}

void X509SvidSource::AnswerWaiter(Lock& lock) {
  Waiter waiter = std::move(*waiter_);
  waiter_.reset();
  const core::ClientIdentityRef identity = stopping_ ? nullptr : identity_;
  const AgentProblem problem = problem_;
  lock.unlock();
  if (identity) {
    waiter.done(identity);
  } else {
    waiter.done(std::unexpected(FailureOf(SvidKind::kX509, problem)));
  }
  lock.lock();
}

void X509SvidSource::Connect() {
  const auto channel = ConnectToAgent(options_.socket);
  if (!channel) return Failed(channel.error());
  // The stream's first calls back are made on other threads, which wait for the lock.
  stream_ = std::make_unique<Stream>(*this, *channel);
}

void X509SvidSource::Received(const core::Secret& message) {
  auto read = ReadX509Svid(message, options_.spiffe_id);
  const std::lock_guard lock(mutex_);
  if (!read) {
    problem_ = read.error();
    if (problem_ == AgentProblem::kOtherIdentity) identity_.reset();
    return;
  }
  failures_ = 0;
  // A message may bring other bundles alone: the identity stays the same one then.
  if (!identity_ || identity_->chain_der != (*read)->chain_der) identity_ = *std::move(read);
  changed_.notify_one();
}

void X509SvidSource::Ended(AgentProblem problem) {
  const std::lock_guard lock(mutex_);
  if (problem == AgentProblem::kNoIdentity) identity_.reset();
  Failed(problem);
  stream_ended_ = true;
  changed_.notify_one();
}

void X509SvidSource::Failed(AgentProblem problem) {
  problem_ = problem;
  next_connection_ = clock_.Now().monotonic + options_.retry_after(++failures_);
}

}  // namespace baokms::adapters::spiffe
