#include "adapters/transit_http/transport/io_loop.h"

#include <algorithm>
#include <new>
#include <random>
#include <system_error>
#include <utility>

#include "adapters/posix/all_signals_blocked.h"
#include "adapters/transit_http/transport/curl_failure.h"
#include "core/model/proxy_failure.h"
#include "core/model/tls_failure.h"

namespace baokms::adapters::transit_http {
namespace {

using core::OpenBaoStatus;

// The names that we look up.
std::vector<std::string> HostsOf(const IoLoopSettings& settings) {
  const std::optional<ProxyAddress>& proxy = settings.transfer.proxy;
  std::vector<std::string> hosts;
  for (const ServerAddress& address : settings.addresses) {
    hosts.push_back(proxy ? proxy->host : address.host);
  }
  return hosts;
}

// The proxy's own decision: it would be the same a moment later.
bool IsVerdict(core::ProxyFailure why) {
  return why == core::ProxyFailure::kForbidden || why == core::ProxyFailure::kWantsCredentials ||
         why == core::ProxyFailure::kRefused;
}

AttemptEnd EndBy(ports::AfterReply judgment) {
  switch (judgment) {
    case ports::AfterReply::kSettled:
      return AttemptEnd::kReply;
    case ports::AfterReply::kTryElsewhere:
      return AttemptEnd::kTryElsewhere;
    case ports::AfterReply::kTryAgain:
      return AttemptEnd::kTryAgain;
  }
  return AttemptEnd::kReply;
}

AttemptEnd EndBy(CURLcode code, const core::Error& error) {
  if (code == CURLE_SSL_CERTPROBLEM) return AttemptEnd::kFailed;  // our own certificate or key
  const auto at_proxy = core::ProxyFailureOf(error);
  if (at_proxy && IsVerdict(*at_proxy)) return AttemptEnd::kFailed;
  const OpenBaoStatus status = error.openbao_status().value_or(OpenBaoStatus::kUnknown);
  return IsConnectFailure(status) ? AttemptEnd::kUnreachable : AttemptEnd::kBroken;
}

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace

// ---- any thread ----

std::shared_ptr<IoLoop> IoLoop::Start(IoLoopSettings settings, std::unique_ptr<CaBundle> ca,
                                      const ports::Clock& clock, ports::Telemetry& telemetry) {
  std::shared_ptr<IoLoop> loop(new IoLoop(std::move(settings), std::move(ca), clock, telemetry));
  if (!loop->multi_ || !loop->tls_sessions_ || !loop->events_.valid()) return nullptr;
  const SendingLimits& limits = loop->settings_.sending;
  CURLM* multi = loop->multi_.get();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(limits.places + limits.extra + limits.probe_places));
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &IoLoop::OnSocket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, static_cast<void*>(loop.get()));
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &IoLoop::OnTimer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, static_cast<void*>(loop.get()));
  curl_share_setopt(loop->tls_sessions_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  const posix::AllSignalsBlocked blocked;
  try {
    // The raw pointer is safe: StopAndJoin comes before the last reference goes.
    loop->thread_ = std::thread([self = loop.get()] { self->Run(); });
  } catch (const std::system_error&) {
    return nullptr;
  }
  return loop;
}

IoLoop::IoLoop(IoLoopSettings settings, std::unique_ptr<CaBundle> ca, const ports::Clock& clock,
               ports::Telemetry& telemetry)
    : settings_(std::move(settings)),
      ca_(std::move(ca)),
      clock_(clock),
      telemetry_(telemetry),
      tls_sessions_(curl_share_init()),
      multi_(curl_multi_init()),
      policy_(settings_.sending, std::random_device()()),
      names_(HostsOf(settings_)),
      distrusted_since_(settings_.addresses.size()),
      wants_certificate_(settings_.addresses.size()),
      last_failure_(core::OpenBaoFailure(OpenBaoStatus::kUnavailable)) {}

IoLoop::RequestId IoLoop::Enqueue(ports::HttpRequest request,
                                  ports::CompletionWith<ports::HttpOutcome> done) {
  const RequestId id = next_request_++;
  auto call = std::make_shared<OpenCall>(id, std::move(request), std::move(done));
  HandOver([&] { inbox_.submitted.push_back({id, std::move(call)}); });
  return id;
}

void IoLoop::Abandon(RequestId request) {
  HandOver([&] { inbox_.left.push_back(request); });
}

void IoLoop::AwaitNames(core::Duration limit) const { names_known_.wait_for(limit); }

void IoLoop::BeginShutdown() {
  HandOver([&] { shutting_down_ = true; });
}

void IoLoop::StopAndJoin() {
  HandOver([&] { shutting_down_ = exit_ = true; });
  thread_.join();
}

template <typename Put>
void IoLoop::HandOver(Put put) {
  {
    const std::lock_guard lock(mutex_);
    put();
    handed_over_ = true;
  }
  // Whoever holds the turn looks again when it is over.
  while (HandedOver()) {
    Answers answers;
    {
      const std::unique_lock turn(turn_, std::try_to_lock);
      if (!turn) return;
      TakeTurn();
      answers.swap(answers_);
      if (exiting_) events_.Wake();
    }
    Give(std::move(answers));
  }
}

bool IoLoop::HandedOver() {
  const std::lock_guard lock(mutex_);
  return handed_over_;
}

// ---- the thread ----

void IoLoop::Run() {
  {
    const std::lock_guard turn(turn_);
    // A slow name server delays what comes first as little as it can.
    for (std::size_t server = 0; server < settings_.addresses.size(); ++server) {
      if (names_.Ask(server, /*another=*/false, Now()).look_up) LookUp(server);
    }
    TellAllLookedUp();
  }
  for (bool ended = false; !ended;) {
    const IoEvents::Happened happened = events_.Wait(/*blocks=*/!HandedOver());
    Answers answers;
    {
      const std::lock_guard turn(turn_);
      events_.Note(happened);
      for (const IoEvents::Ready& ready : happened.sockets()) Drive(ready.socket, ready.bits);
      TakeTurn();
      answers.swap(answers_);
      ended = exiting_ && calls_.empty() && attempts_.empty();
    }
    Give(std::move(answers));
    if (ended) ended = !HandedOver();
  }
}

// ---- one turn, whosever it is ----

void IoLoop::Give(Answers answers) {
  for (PendingAnswer& answer : answers) answer.done(std::move(answer.outcome));
}

void IoLoop::TakeTurn() {
  TakeInbox();
  if (refusing_) return FailAll();
  HandleInbox();
  if (const auto due = policy_.NextTimer(); due && *due <= Now()) Carry(policy_.Tick(Now()));
  DriveTimers();
  if (auto due = policy_.NextTimer(); due || curl_due_) {
    if (!due || (curl_due_ && *curl_due_ < *due)) due = curl_due_;
    events_.WakeAt(*due, Now());
  }
}

void IoLoop::TakeInbox() {
  const std::lock_guard lock(mutex_);
  std::swap(taken_, inbox_);
  handed_over_ = false;
  refusing_ = shutting_down_;
  exiting_ = exit_;
}

// ---- curl ----

int IoLoop::OnSocket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* /*own*/) {
  static_cast<IoLoop*>(self)->events_.Watch(socket, what);
  return 0;
}

int IoLoop::OnTimer(CURLM* /*multi*/, long milliseconds, void* self) {
  auto* loop = static_cast<IoLoop*>(self);
  loop->curl_due_.reset();
  if (milliseconds >= 0) {
    loop->curl_due_ = loop->Now() + std::chrono::milliseconds(milliseconds);
  }
  return 0;
}

void IoLoop::Drive(curl_socket_t socket, int bits) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, bits, &running);
  FinishTransfers();
}

// What begins is due at once: on a warm connection it is sent here.
void IoLoop::DriveTimers() {
  EndStillBorn();
  while (curl_due_ && *curl_due_ <= Now()) {
    curl_due_.reset();
    Drive(CURL_SOCKET_TIMEOUT, 0);
    EndStillBorn();
  }
}

void IoLoop::HandleInbox() {
  for (Submitted& next : taken_.submitted) {
    const ports::HttpRequest& request = next.call->request();
    std::optional<Sharing> sharing;
    if (request.batch) {
      sharing = {
          .group = request.batch_group, .bytes = request.body.size(), .kind = request.batch.get()};
    }
    const core::Lane lane = request.lane;
    const core::MonotonicTime deadline = request.deadline;
    calls_.emplace(next.id, std::move(next.call));
    Carry(policy_.Submit(next.id, lane, deadline, Now(), sharing));
  }
  for (const RequestId id : taken_.left) Carry(policy_.Leave(id, Now()));
  for (LookedUp& found : taken_.looked_up) LookUpFinished(std::move(found));
  taken_ = {};
}

void IoLoop::FailAll() {
  for (Submitted& next : taken_.submitted) calls_.emplace(next.id, std::move(next.call));
  taken_ = {};
  const core::MonotonicTime now = Now();
  std::map<const OpenCall*, core::Duration> under_way;
  for (auto& [id, attempt] : attempts_) {
    under_way.emplace(attempt.call.get(), now - attempt.began);
    if (attempt.transfer) curl_multi_remove_handle(multi_.get(), attempt.transfer->handle());
  }
  attempts_.clear();
  for (auto& [id, call] : std::exchange(calls_, {})) {
    if (call->waiting() == 0) continue;  // answered with the first of its requests
    const auto attempted = under_way.find(call.get());
    call->Answer(
        {.reply = std::unexpected(core::ShuttingDown()),
         .took = attempted == under_way.end() ? std::nullopt : std::optional(attempted->second)},
        answers_);
  }
}

// ---- what the policy decided ----

void IoLoop::Carry(const SendingPolicy::Actions& actions, ports::HttpOutcome* brought) {
  for (const SendingPolicy::Action& action : actions) {
    std::visit(Overloaded{[&](const SendingPolicy::Begin& begin) { Begin(begin); },
                          [&](const SendingPolicy::Join& join) { Join(join); },
                          [&](const SendingPolicy::Cut& cut) { Cut(cut.attempt); },
                          [&](const SendingPolicy::Answer& answer) { Answer(answer, brought); },
                          [&](const SendingPolicy::Suspect& suspect) {
                            distrusted_since_[suspect.address] = Now();
                          }},
               action);
  }
}

void IoLoop::Join(const SendingPolicy::Join& join) {
  std::shared_ptr<OpenCall>& joining = calls_.at(join.request);
  const std::shared_ptr<OpenCall>& call = calls_.at(join.call);
  call->Join(std::move(*joining));
  joining = call;
}

void IoLoop::Begin(const SendingPolicy::Begin& begin) {
  const std::shared_ptr<OpenCall>& call = calls_.at(begin.request);
  if (begin.first) call->Compose();
  Attempt attempt{.id = begin.attempt,
                  .call = call,
                  .address = begin.address,
                  .fresh_connection = begin.fresh_connection,
                  .began = Now()};
  StartTransfer(attempts_.emplace(begin.attempt, std::move(attempt)).first->second);
}

void IoLoop::Cut(AttemptId id) {
  const auto node = attempts_.extract(id);
  Attempt& attempt = node.mapped();
  if (attempt.transfer) curl_multi_remove_handle(multi_.get(), attempt.transfer->handle());
  if (attempt.told) return;
  attempt.call->Keep({.reply = std::unexpected(core::Cancelled()), .took = Now() - attempt.began});
}

void IoLoop::Answer(const SendingPolicy::Answer& answer, ports::HttpOutcome* brought) {
  const auto node = calls_.extract(answer.request);
  const std::shared_ptr<OpenCall>& call = node.mapped();
  switch (answer.verdict) {
    case Verdict::kReply:
      if (call->waiting() > 0) call->Answer(std::move(*brought), answers_);
      break;
    case Verdict::kBestKept:
      if (call->waiting() > 0) call->AnswerWithBestKept(last_failure_, answers_);
      break;
    case Verdict::kRefused:
      call->AnswerOne(answer.request, core::ConcurrencyLimit(), answers_);
      break;
    case Verdict::kCancelled:
      call->AnswerOne(answer.request, core::Cancelled(), answers_);
      break;
    case Verdict::kDeadline:
      AnswerLate(answer.request, call);
      break;
  }
}

// The last that waits ends its call: the first of its attempts is told of as late.
void IoLoop::AnswerLate(RequestId request, const std::shared_ptr<OpenCall>& call) {
  if (call->waiting() > 1) return call->AnswerOne(request, core::DeadlineExceeded(), answers_);
  ports::HttpOutcome late{.reply = std::unexpected(core::DeadlineExceeded()), .took = {}};
  const auto first =
      std::ranges::find_if(attempts_, [&](const auto& entry) { return entry.second.call == call; });
  if (first != attempts_.end()) {
    late.took = Now() - first->second.began;
    first->second.told = true;
  }
  call->Answer(std::move(late), answers_);
}

// ---- attempts ----

// Where the name is not known yet, the attempt waits for the look-up.
void IoLoop::StartTransfer(Attempt& attempt) {
  const core::MonotonicTime now = Now();
  const ServerNames::Answer where = names_.Ask(attempt.address, HasTwin(attempt), now);
  if (where.look_up) LookUp(attempt.address);
  if (where.wait) return;
  if (!where.ip) {
    still_born_.push_back({attempt.id, AttemptEnd::kUnreachable,
                           settings_.transfer.proxy
                               ? core::ProxyFailed(core::ProxyFailure::kNameUnknown)
                               : core::OpenBaoFailure(OpenBaoStatus::kDnsFailed)});
    return;
  }
  attempt.ip = *where.ip;
  const ports::HttpRequest& request = attempt.call->request();
  try {
    const TransferTarget target{
        .address = settings_.addresses[attempt.address],
        .ip = attempt.ip,
        .fresh_connection = attempt.fresh_connection,
        .max_idle_connection = MaxIdle(attempt.address, now),
        .tls_sessions = tls_sessions_.get(),
        .identity = wants_certificate_[attempt.address] ? request.identity_if_wanted : nullptr};
    std::unique_ptr<Transfer> transfer = TakeTransfer();
    transfer->Begin(request, target, ca_->Current(now),
                    std::max(core::Duration(1), request.deadline - now));
    attempt.transfer = std::move(transfer);
    CURL* easy = attempt.transfer->handle();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<void*>(&attempt));
    if (curl_multi_add_handle(multi_.get(), easy) == CURLM_OK) return;
    attempt.transfer.reset();
  } catch (const std::bad_alloc&) {
  }
  still_born_.push_back(
      {attempt.id, AttemptEnd::kFailed, core::OpenBaoFailure(OpenBaoStatus::kUnavailable)});
}

// One that has ended before, if there is one.
std::unique_ptr<Transfer> IoLoop::TakeTransfer() {
  if (ended_transfers_.empty()) return std::make_unique<Transfer>(settings_.transfer);
  std::unique_ptr<Transfer> transfer = std::move(ended_transfers_.back());
  ended_transfers_.pop_back();
  return transfer;
}

bool IoLoop::HasTwin(const Attempt& attempt) const {
  return std::ranges::any_of(attempts_, [&](const auto& entry) {
    const Attempt& other = entry.second;
    return other.id != attempt.id && other.call == attempt.call && other.address == attempt.address;
  });
}

// An address that was suspect has connections from before that would be silent, too. One second
// less, because curl counts idle time in whole ones.
std::chrono::seconds IoLoop::MaxIdle(std::size_t address, core::MonotonicTime now) const {
  const auto since = distrusted_since_[address];
  if (!since) return settings_.max_idle_connection;
  const auto trusted = std::chrono::floor<std::chrono::seconds>(now - *since);
  return std::min(settings_.max_idle_connection,
                  std::max(trusted - std::chrono::seconds(1), std::chrono::seconds(0)));
}

void IoLoop::ReportFirstBytes() {
  for (auto& [id, attempt] : attempts_) {
    if (attempt.heard || !attempt.transfer || !attempt.transfer->heard()) continue;
    attempt.heard = true;
    policy_.Heard(id);
  }
}

void IoLoop::FinishTransfers() {
  ReportFirstBytes();
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* private_data = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private_data);
    Attempt& attempt = *static_cast<Attempt*>(static_cast<void*>(private_data));
    Transfer& transfer = *attempt.transfer;
    curl_multi_remove_handle(multi_.get(), transfer.handle());
    if (code == CURLE_OK && transfer.headers_complete()) {
      ports::HttpReply reply{.status = transfer.http_status(),
                             .content_type = transfer.content_type(),
                             .body = transfer.TakeBody()};
      const auto judge = attempt.call->request().judge;
      const auto judgment = judge == nullptr ? ports::AfterReply::kSettled : judge(reply);
      EndAttempt(attempt.id, EndBy(judgment), std::move(reply));
    } else if (transfer.over_bound()) {
      EndAttempt(attempt.id, AttemptEnd::kFailed, std::unexpected(core::OversizeReply()));
    } else {
      const core::Error error = transfer.WhyFailed(code);
      if (error == core::TlsFailed(core::TlsFailure::kWantsCertificate) ||
          error == core::TlsFailed(core::TlsFailure::kEndedEarly)) {
        wants_certificate_[attempt.address] = true;
      }
      EndAttempt(attempt.id, EndBy(code, error), std::unexpected(error));
    }
  }
}

// The attempt is out of curl's hands.
void IoLoop::EndAttempt(AttemptId id, AttemptEnd end, core::Result<ports::HttpReply> reply) {
  const auto node = attempts_.extract(id);
  Attempt& attempt = node.mapped();
  if (attempt.transfer) {
    attempt.transfer->End();
    ended_transfers_.push_back(std::move(attempt.transfer));
  }
  const core::MonotonicTime now = Now();
  if (end == AttemptEnd::kReply) names_.Worked(attempt.address, attempt.ip);
  if (end == AttemptEnd::kUnreachable || end == AttemptEnd::kBroken) {
    names_.Failed(attempt.address, attempt.ip);
  }
  if (!reply) {
    last_failure_ = reply.error();
  } else if (end != AttemptEnd::kReply) {
    last_failure_ = core::OpenBaoFailure(OpenBaoStatus::kUnavailable);
  }
  ports::HttpOutcome brought{.reply = std::move(reply), .took = now - attempt.began};
  const bool settles = end == AttemptEnd::kReply || end == AttemptEnd::kFailed;
  if (!settles || attempt.call->waiting() == 0) attempt.call->Keep(std::move(brought));
  const std::size_t preferred = policy_.preferred_address();
  const SendingPolicy::Actions actions = policy_.Ended(id, end, now);
  if (policy_.preferred_address() != preferred) telemetry_.OpenBaoFailover();
  Carry(actions, &brought);
}

void IoLoop::EndStillBorn() {
  while (!still_born_.empty()) {
    const StillBorn next = still_born_.front();
    still_born_.pop_front();
    if (attempts_.contains(next.id)) EndAttempt(next.id, next.end, std::unexpected(next.error));
  }
}

// ---- names ----

void IoLoop::LookUp(std::size_t server) {
  const auto hand_over = [weak = weak_from_this(), server](IpAddresses found) {
    const auto loop = weak.lock();
    if (!loop) return;
    loop->HandOver([&] { loop->inbox_.looked_up.push_back({server, std::move(found)}); });
  };
  if (!LookUpInBackground(settings_.lookup, names_.host(server), hand_over)) {
    hand_over(std::nullopt);
  }
}

void IoLoop::LookUpFinished(LookedUp found) {
  switch (names_.Finished(found.server, std::move(found.addresses), Now())) {
    case ServerNames::News::kNone:
      break;
    case ServerNames::News::kFailedFirst:
      telemetry_.NameLookupFailed();
      break;
    case ServerNames::News::kWorksAgain:
      telemetry_.NameLookupWorksAgain();
      break;
  }
  TellAllLookedUp();
  for (auto& [id, attempt] : attempts_) {
    if (attempt.address == found.server && attempt.ip.empty()) StartTransfer(attempt);
  }
}

void IoLoop::TellAllLookedUp() {
  if (told_all_looked_up_ || !names_.AllLookedUp()) return;
  told_all_looked_up_ = true;
  all_looked_up_.set_value();
}

}  // namespace baokms::adapters::transit_http
