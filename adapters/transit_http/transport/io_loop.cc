#include "adapters/transit_http/transport/io_loop.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "adapters/posix/all_signals_blocked.h"
#include "adapters/transit_http/transport/curl_failure.h"

namespace baokms::adapters::transit_http {
namespace {

using core::OpenBaoStatus;

// A bound on sleeping when nothing is due; curl shortens it for its own timers.
constexpr int kIdlePollMilliseconds = 10'000;

}  // namespace

std::shared_ptr<IoLoop> IoLoop::Start(IoLoopSettings settings, std::unique_ptr<CaBundle> ca,
                                      const ports::Clock& clock, ports::Telemetry& telemetry) {
  std::shared_ptr<IoLoop> loop(new IoLoop(std::move(settings), std::move(ca), clock, telemetry));
  if (!loop->multi_) return nullptr;
  const auto connections = static_cast<long>(loop->settings_.max_transfers);
  curl_multi_setopt(loop->multi_.get(), CURLMOPT_MAXCONNECTS, connections);
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
      multi_(curl_multi_init()) {}

void IoLoop::Enqueue(ports::HttpRequest request, ports::Completion<ports::HttpReply> done,
                     std::shared_ptr<const std::atomic<bool>> abandoned) {
  auto pending = std::make_unique<PendingRequest>();
  pending->request = std::move(request);
  pending->done = std::move(done);
  pending->abandoned = std::move(abandoned);
  {
    const std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(pending));
  }
  Wake();
}

void IoLoop::BeginShutdown() {
  {
    const std::lock_guard lock(mutex_);
    shutting_down_ = true;
  }
  Wake();
}

void IoLoop::StopAndJoin() {
  {
    const std::lock_guard lock(mutex_);
    shutting_down_ = true;
    exit_ = true;
  }
  Wake();
  thread_.join();
}

void IoLoop::Run() {
  while (TakeIncoming()) {
    if (refusing_) {
      FailAll();
      if (exiting_) continue;
    } else {
      DropExpiredAndAbandoned(clock_.Now().monotonic);
      MakeRoomForWaiting();
      StartWaiting();
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      FinishTransfers();
      // What became free goes to the next in line before anybody sleeps.
      if (!waiting_.empty() && active_.size() < settings_.max_transfers) continue;
    }
    curl_multi_poll(multi_.get(), nullptr, 0, PollMilliseconds(), nullptr);
  }
}

bool IoLoop::TakeIncoming() {
  const std::lock_guard lock(mutex_);
  for (RequestPtr& pending : incoming_) waiting_.push_back(std::move(pending));
  incoming_.clear();
  refusing_ = shutting_down_;
  exiting_ = exit_;
  return !exiting_ || !waiting_.empty() || !active_.empty();
}

void IoLoop::DropExpiredAndAbandoned(core::MonotonicTime now) {
  for (auto it = active_.begin(); it != active_.end();) {
    if ((*it)->request.deadline > now) {
      ++it;
      continue;
    }
    const auto index = it - active_.begin();
    Complete(Release(it), std::unexpected(core::DeadlineExceeded()));
    it = active_.begin() + index;
  }
  std::deque<RequestPtr> kept;
  for (RequestPtr& pending : std::exchange(waiting_, {})) {
    if (pending->request.deadline <= now) {
      Complete(std::move(pending), std::unexpected(core::DeadlineExceeded()));
    } else if (pending->abandoned->load()) {
      // Nothing was sent and nobody waits.
      Complete(std::move(pending), std::unexpected(core::Cancelled()));
    } else {
      kept.push_back(std::move(pending));
    }
  }
  waiting_ = std::move(kept);
}

// Cutting a transfer costs its TLS connection, so an abandoned one is cut only when a waiting
// request needs the room (libraries.md, "libcurl").
void IoLoop::MakeRoomForWaiting() {
  std::size_t needed = waiting_.size();
  const std::size_t free = settings_.max_transfers - active_.size();
  needed -= std::min(needed, free);
  for (; needed > 0; --needed) {
    const auto abandoned = std::ranges::find_if(
        active_, [](const RequestPtr& pending) { return pending->abandoned->load(); });
    if (abandoned == active_.end()) return;
    Complete(Release(abandoned), std::unexpected(core::Cancelled()));
  }
}

void IoLoop::StartWaiting() {
  while (!waiting_.empty() && active_.size() < settings_.max_transfers) {
    RequestPtr pending = std::move(waiting_.front());
    waiting_.pop_front();
    pending->address = preferred_address_;
    if (BeginTransfer(*pending)) {
      active_.push_back(std::move(pending));
    } else {
      Complete(std::move(pending),
               std::unexpected(core::OpenBaoFailure(OpenBaoStatus::kUnavailable)));
    }
  }
}

bool IoLoop::BeginTransfer(PendingRequest& pending) {
  const core::MonotonicTime now = clock_.Now().monotonic;
  ++pending.addresses_asked;
  try {
    pending.transfer = std::make_unique<Transfer>(
        pending.request, settings_.addresses[pending.address], settings_.transfer,
        ca_->Current(now), std::max(core::Duration(1), pending.request.deadline - now));
  } catch (const std::bad_alloc&) {
    return false;
  }
  curl_easy_setopt(pending.transfer->handle(), CURLOPT_PRIVATE, static_cast<void*>(&pending));
  return curl_multi_add_handle(multi_.get(), pending.transfer->handle()) == CURLM_OK;
}

void IoLoop::FinishTransfers() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* pending = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pending);
    const auto it = std::ranges::find_if(active_, [pending](const RequestPtr& candidate) {
      return static_cast<void*>(candidate.get()) == static_cast<void*>(pending);
    });
    FinishTransfer(Release(it), code);
  }
}

void IoLoop::FinishTransfer(RequestPtr pending, CURLcode code) {
  const core::MonotonicTime now = clock_.Now().monotonic;
  const std::unique_ptr<Transfer> transfer = std::move(pending->transfer);
  core::Result<ports::HttpReply> result;
  bool ask_another = false;
  const bool replied = code == CURLE_OK && transfer->headers_complete();
  if (replied) {
    result = ports::HttpReply{.status = transfer->http_status(),
                              .content_type = transfer->content_type(),
                              .body = transfer->TakeBody()};
    ask_another = settings_.another_address_may_answer != nullptr &&
                  settings_.another_address_may_answer(result->status, result->body.ExposeSecret());
  } else if (now >= pending->request.deadline) {
    Complete(std::move(pending), std::unexpected(core::DeadlineExceeded()));
    return;
  } else if (transfer->body_over_bound()) {
    result = std::unexpected(core::OversizeReply());
  } else {
    const OpenBaoStatus status = ClassifyCurlFailure(code, transfer->name_resolved());
    result = std::unexpected(core::OpenBaoFailure(status));
    ask_another = IsConnectFailure(status);
  }

  if (!ask_another) {
    if (replied && pending->addresses_asked > 1 && preferred_address_ != pending->address) {
      preferred_address_ = pending->address;
      telemetry_.OpenBaoFailover();
    }
    Complete(std::move(pending), std::move(result));
    return;
  }
  // What a node said tells more than that another could not be reached; among equals, the first.
  if (!pending->fallback || (!pending->fallback->has_value() && result.has_value())) {
    pending->fallback = std::move(result);
  }
  if (pending->addresses_asked < settings_.addresses.size() && now < pending->request.deadline &&
      !pending->abandoned->load()) {
    pending->address = (pending->address + 1) % settings_.addresses.size();
    if (BeginTransfer(*pending)) {
      active_.push_back(std::move(pending));
      return;
    }
  }
  core::Result<ports::HttpReply> best = *std::move(pending->fallback);
  Complete(std::move(pending), std::move(best));
}

void IoLoop::FailAll() {
  while (!active_.empty()) {
    Complete(Release(active_.begin()), std::unexpected(core::ShuttingDown()));
  }
  for (RequestPtr& pending : std::exchange(waiting_, {})) {
    Complete(std::move(pending), std::unexpected(core::ShuttingDown()));
  }
}

int IoLoop::PollMilliseconds() const {
  std::optional<core::MonotonicTime> next;
  for (const RequestPtr& pending : active_) {
    if (!next || pending->request.deadline < *next) next = pending->request.deadline;
  }
  for (const RequestPtr& pending : waiting_) {
    if (!next || pending->request.deadline < *next) next = pending->request.deadline;
  }
  if (!next) return kIdlePollMilliseconds;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.Now().monotonic).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kIdlePollMilliseconds));
}

// Takes a request out of curl and of the active ones; its transfer still holds what was received.
IoLoop::RequestPtr IoLoop::Release(std::vector<RequestPtr>::iterator active) {
  RequestPtr pending = std::move(*active);
  active_.erase(active);
  curl_multi_remove_handle(multi_.get(), pending->transfer->handle());
  return pending;
}

void IoLoop::Complete(RequestPtr pending, core::Result<ports::HttpReply> result) {
  ports::Completion<ports::HttpReply> done = std::move(pending->done);
  pending.reset();  // secrets go before the next one is asked
  done(std::move(result));
}

}  // namespace baokms::adapters::transit_http
