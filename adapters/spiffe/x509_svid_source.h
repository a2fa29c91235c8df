// The client certificate of a login from a SPIFFE Workload API (auth.md, "adapters/spiffe
// X.509-SVID").
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "adapters/spiffe/agent_problem.h"
#include "core/model/client_identity.h"
#include "core/model/secret.h"
#include "core/model/time.h"
#include "ports/certificate_source.h"
#include "ports/clock.h"

namespace baokms::adapters::spiffe {

struct X509SvidOptions {
  std::string socket;     // unix:// and an absolute path
  std::string spiffe_id;  // spiffe://domain/path, so of one trust domain
  // The wait before the next connection after `failures` >= 1 in a row.
  std::function<core::Duration(std::uint32_t failures)> retry_after;
};

// Keeps a stream of SVIDs open from construction to destruction, on a thread of its own, and
// connects again whenever it ends. The last good SVID stays while the agent is away or sends
// something damaged; it goes when the agent says that the identity is no longer this process's.
class X509SvidSource final : public ports::CertificateSource {
 public:
  // `clock` outlives the source.
  X509SvidSource(X509SvidOptions options, const ports::Clock& clock);
  // A call under way completes with a failure.
  ~X509SvidSource() override;
  X509SvidSource(const X509SvidSource&) = delete;
  X509SvidSource& operator=(const X509SvidSource&) = delete;

  // The SVID that is held, at once, or the first to come; else at the deadline why there is none.
  void Acquire(core::MonotonicTime deadline,
               std::move_only_function<void(ports::IdentityResult)> done) override;

 private:
  class Stream;
  struct Waiter {
    core::MonotonicTime deadline;
    std::move_only_function<void(ports::IdentityResult)> done;
  };
  using Lock = std::unique_lock<std::mutex>;

  void Run();
  void AnswerWaiter(Lock& lock);
  void Connect();
  core::MonotonicTime NextEvent() const;
  // Of the stream, on gRPC's threads.
  void Received(const core::Secret& message);
  void Ended(AgentProblem problem);
  // With the lock.
  void Failed(AgentProblem problem);

  const X509SvidOptions options_;
  const ports::Clock& clock_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  core::ClientIdentityRef identity_;
  AgentProblem problem_ = AgentProblem::kSilent;  // the last one
  std::optional<Waiter> waiter_;
  std::unique_ptr<Stream> stream_;
  bool stream_ended_ = false;
  std::uint32_t failures_ = 0;
  core::MonotonicTime next_connection_{};

  std::thread thread_;
};

}  // namespace baokms::adapters::spiffe
