// The transport's loop: requests in, what SendingPolicy decides carried out over one curl multi,
// completions out. Its work is done in turns, one thread at a time: the loop's own thread takes one
// when a socket or a timer is ready, and whoever hands something over takes one too if nobody else
// has it. So a request leaves on a warm connection at once, on its caller's thread, and no other
// thread is woken for it. Completions are called after the turn that ended their requests, by its
// thread.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/transit_http/sending/sending_policy.h"
#include "adapters/transit_http/transport/ca_bundle.h"
#include "adapters/transit_http/transport/io_events.h"
#include "adapters/transit_http/transport/name_lookup.h"
#include "adapters/transit_http/transport/open_call.h"
#include "adapters/transit_http/transport/server_address.h"
#include "adapters/transit_http/transport/server_names.h"
#include "adapters/transit_http/transport/transfer.h"
#include "ports/clock.h"
#include "ports/http_transport.h"
#include "ports/telemetry.h"

namespace baokms::adapters::transit_http {

struct IoLoopSettings {
  std::vector<ServerAddress> addresses;
  TransferSettings transfer;
  SendingLimits sending;
  std::chrono::seconds max_idle_connection{0};
  NameLookup lookup;
};

class IoLoop : public std::enable_shared_from_this<IoLoop> {
 public:
  using RequestId = SendingPolicy::RequestId;

  // nullptr when curl or the system has no resources for it.
  static std::shared_ptr<IoLoop> Start(IoLoopSettings settings, std::unique_ptr<CaBundle> ca,
                                       const ports::Clock& clock, ports::Telemetry& telemetry);
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;
  ~IoLoop() = default;

  // Any thread, never blocks on I/O.
  RequestId Enqueue(ports::HttpRequest request, ports::CompletionWith<ports::HttpOutcome> done);
  // Nobody waits for it any more. Unknown ones: nothing.
  void Abandon(RequestId request);
  // Blocks until each name has been looked up once, or for `limit`.
  void AwaitNames(core::Duration limit) const;
  void BeginShutdown();
  // Once, not on the I/O thread.
  void StopAndJoin();

 private:
  using AttemptId = SendingPolicy::AttemptId;
  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct CloseShare {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
  };

  // What the other threads hand over.
  struct Submitted {
    RequestId id;
    std::shared_ptr<OpenCall> call;
  };
  struct LookedUp {
    std::size_t server;
    IpAddresses addresses;
  };
  struct Inbox {
    std::vector<Submitted> submitted;
    std::vector<RequestId> left;
    std::vector<LookedUp> looked_up;
  };

  struct Attempt {
    AttemptId id;
    std::shared_ptr<OpenCall> call;
    std::size_t address;
    bool fresh_connection;
    core::MonotonicTime began;
    std::string ip{};
    bool heard = false;
    bool told = false;                     // its call's answer spoke for it
    std::unique_ptr<Transfer> transfer{};  // none while its address's name is looked up
  };
  // One that ended before curl saw it.
  struct StillBorn {
    AttemptId id;
    AttemptEnd end;
    core::Error error;
  };

  IoLoop(IoLoopSettings settings, std::unique_ptr<CaBundle> ca, const ports::Clock& clock,
         ports::Telemetry& telemetry);

  // Changes what mutex_ guards, and takes a turn unless somebody else has one, who then looks at
  // it. Any thread.
  template <typename Put>
  void HandOver(Put put);
  bool HandedOver();

  void Run();

  static void Give(Answers answers);

  // ---- a turn: all that follows, under turn_ ----
  void TakeTurn();
  void TakeInbox();
  void HandleInbox();
  void FailAll();
  core::MonotonicTime Now() const { return clock_.Now().monotonic; }

  // ---- what the policy decided ----
  // `brought`: by the attempt that just ended, if one did.
  void Carry(const SendingPolicy::Actions& actions, ports::HttpOutcome* brought = nullptr);
  void Join(const SendingPolicy::Join& join);
  void Begin(const SendingPolicy::Begin& begin);
  void Cut(AttemptId id);
  void Answer(const SendingPolicy::Answer& answer, ports::HttpOutcome* brought);
  void AnswerLate(RequestId request, const std::shared_ptr<OpenCall>& call);

  // ---- curl ----
  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* own);
  static int OnTimer(CURLM* multi, long milliseconds, void* self);
  void Drive(curl_socket_t socket, int bits);
  void DriveTimers();

  // ---- attempts ----
  void StartTransfer(Attempt& attempt);
  std::unique_ptr<Transfer> TakeTransfer();
  bool HasTwin(const Attempt& attempt) const;
  std::chrono::seconds MaxIdle(std::size_t address, core::MonotonicTime now) const;
  void ReportFirstBytes();
  void FinishTransfers();
  void EndAttempt(AttemptId id, AttemptEnd end, core::Result<ports::HttpReply> reply);
  void EndStillBorn();

  // ---- names ----
  void LookUp(std::size_t server);
  void LookUpFinished(LookedUp found);
  void TellAllLookedUp();

  const IoLoopSettings settings_;
  const std::unique_ptr<CaBundle> ca_;
  const ports::Clock& clock_;
  ports::Telemetry& telemetry_;
  // These and what follows mutex_'s are guarded by turn_; curl tells the first two even when it is
  // closed.
  std::mutex turn_;  // taken before mutex_
  IoEvents events_;  // Wait: the thread's
  std::optional<core::MonotonicTime> curl_due_;
  std::unique_ptr<CURLSH, CloseShare> tls_sessions_;  // of connections without an identity
  std::unique_ptr<CURLM, CloseMulti> multi_;

  std::atomic<RequestId> next_request_ = 1;
  std::mutex mutex_;
  Inbox inbox_;                 // guarded by mutex_
  bool shutting_down_ = false;  // guarded by mutex_
  bool exit_ = false;           // guarded by mutex_
  bool handed_over_ = false;    // guarded by mutex_; not yet taken
  std::promise<void> all_looked_up_;
  const std::shared_future<void> names_known_{all_looked_up_.get_future()};

  Answers answers_;  // to be given after the turn
  Inbox taken_;
  SendingPolicy policy_;
  ServerNames names_;
  bool told_all_looked_up_ = false;
  std::map<RequestId, std::shared_ptr<OpenCall>> calls_;  // those that joined one have the same
  std::map<AttemptId, Attempt> attempts_;
  std::deque<StillBorn> still_born_;
  std::vector<std::unique_ptr<Transfer>> ended_transfers_;  // at most as many as ran at a time
  // Since when an address's idle connections are as suspect as it was.
  std::vector<std::optional<core::MonotonicTime>> distrusted_since_;
  // Of each address: it ended a connection for want of a client certificate.
  std::vector<bool> wants_certificate_;
  core::Error last_failure_;  // what the others meet, for one that had no attempt of its own
  bool refusing_ = false;
  bool exiting_ = false;

  std::thread thread_;
};

}  // namespace baokms::adapters::transit_http
