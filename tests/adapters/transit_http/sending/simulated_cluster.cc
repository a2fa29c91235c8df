#include "tests/adapters/transit_http/sending/simulated_cluster.h"

#include <algorithm>
#include <utility>

namespace baokms::tests {

using adapters::transit_http::AttemptEnd;
using adapters::transit_http::Verdict;
using core::Duration;
using core::MonotonicTime;

SimulatedCluster::SimulatedCluster(adapters::transit_http::SendingLimits limits,
                                   std::vector<SimulatedNode> nodes, std::uint64_t seed)
    : limits_([&] {
        limits.addresses = nodes.size();
        return limits;
      }()),
      policy_(limits_, seed),
      random_(seed),
      start_(std::chrono::hours(1)),
      now_(start_) {
  for (const SimulatedNode& node : nodes) nodes_.push_back({.now = node, .waiting = {}});
}

void SimulatedCluster::At(MonotonicTime when, std::function<void()> happen) {
  queue_.push({when, order_++, std::move(happen)});
}

void SimulatedCluster::Broken(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

void SimulatedCluster::RunUntil(Duration end) {
  while (!queue_.empty() && queue_.top().when <= start_ + end) {
    const Event event = queue_.top();
    queue_.pop();
    now_ = event.when;
    ++events_;
    event.happen();
  }
  now_ = std::max(now_, start_ + end);
}

void SimulatedCluster::RunDry() {
  RunUntil(std::chrono::hours(1'000));
  if (policy_.waiting() != 0) Broken("requests wait although nothing happens any more");
  // What hangs for ever on a node is cut at its deadline, or as nobody waits for it.
  if (!requests_.empty()) Broken("a request was never answered");
}

void SimulatedCluster::Offer(const OpenLoad& load, Duration until) {
  const auto gap =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / load.per_second));
  std::function<void()>* again = &callers_.emplace_back();
  *again = [this, load, until, gap, again] {
    if (now_ - start_ >= until) return;
    const bool leaves = std::uniform_real_distribution(0.0, 1.0)(random_) < load.leaving;
    Submit(load.lane, load.budget, load.shares,
           leaves ? std::optional(load.leave_after) : std::nullopt, [](bool) {});
    After(gap, *again);
  };
  After(Duration(1), *again);
}

void SimulatedCluster::Offer(const ClosedLoad& load, Duration until) {
  for (std::size_t i = 0; i < load.callers; ++i) {
    std::function<void()>* again = &callers_.emplace_back();
    *again = [this, load, until, again] {
      if (now_ - start_ >= until) return;
      Submit(load.lane, load.budget, load.shares, load.leave_after,
             [this, load, again](bool refused) {
               After(refused ? load.after_refusal : Duration(1), *again);
             });
    };
    After(Duration(static_cast<std::int64_t>(i) + 1), *again);
  }
}

void SimulatedCluster::Change(Duration at, std::size_t node, SimulatedNode to) {
  At(start_ + at, [this, node, to] {
    NodeState& state = nodes_[node];
    const bool stops = to.mode == NodeMode::kHung || to.mode == NodeMode::kDead;
    state.now = to;
    if (!stops) return;
    // What was under way there never ends by itself, or is cut at once.
    ++state.life;
    state.busy = 0;
    state.waiting.clear();
    std::vector<Policy::AttemptId> lost;
    for (const auto& [id, attempt] : attempts_) {
      if (attempt.node == node) lost.push_back(id);
    }
    if (to.mode == NodeMode::kDead) {
      for (const Policy::AttemptId id : lost) End(id, AttemptEnd::kBroken, false);
    }
  });
}

Duration SimulatedCluster::LatencyOf(std::size_t node, Policy::AttemptId attempt) {
  const SimulatedNode& now = nodes_[node].now;
  const double factor = 1 + now.jitter * std::uniform_real_distribution(-1.0, 1.0)(random_);
  Duration took = std::chrono::duration_cast<Duration>(now.latency * factor);
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return took;
  if (const auto call = calls_.find(found->second.call); call != calls_.end()) {
    took += now.each_further_item * static_cast<std::int64_t>(call->second.requests.size() - 1);
  }
  return took;
}

void SimulatedCluster::Submit(Lane lane, Duration budget, bool shares,
                              std::optional<Duration> leave_after,
                              std::function<void(bool refused)> answered) {
  const Policy::RequestId id = next_request_++;
  ++outcomes_[static_cast<std::size_t>(lane)].submitted;
  requests_.emplace(id, Request{.lane = lane,
                                .submitted = now_,
                                .deadline = now_ + budget,
                                .answered = std::move(answered),
                                .call = id});
  calls_.emplace(id, Call{.lane = lane, .requests = {id}});
  if (leave_after) {
    After(*leave_after, [this, id] {
      if (requests_.contains(id)) Apply(policy_.Leave(id, now_));
    });
  }
  const auto sharing =
      shares ? std::optional(adapters::transit_http::Sharing{.group = 1, .bytes = 700})
             : std::nullopt;
  Apply(policy_.Submit(id, lane, now_ + budget, now_, sharing));
}

void SimulatedCluster::Apply(const Policy::Actions& actions) {
  for (const Policy::Action& action : actions) {
    std::visit([this](const auto& one) { Apply(one); }, action);
  }
  ArmTick();
}

void SimulatedCluster::ArmTick() {
  const auto next = policy_.NextTimer();
  if (!next || (tick_at_ && *tick_at_ <= *next)) return;
  tick_at_ = next;
  At(std::max(*next, now_), [this, armed = *next] {
    if (tick_at_ != armed) return;
    tick_at_.reset();
    Apply(policy_.Tick(now_));
    ArmTick();
  });
}

void SimulatedCluster::Apply(const Policy::Begin& begin) {
  const auto found = calls_.find(begin.request);
  if (found == calls_.end()) return Broken("an attempt begins for an answered call");
  Call& call = found->second;
  Outcomes& outcome = outcomes_[static_cast<std::size_t>(call.lane)];
  ++outcome.attempts;
  if (call.attempts++ > 0) ++outcome.further_attempts;
  if (begin.first != (call.attempts == 1)) Broken("first is wrong");
  if (call.requests.size() > limits_.most_items)
    Broken("more requests in a call than it may carry");
  const bool time = std::ranges::any_of(call.requests, [this](Policy::RequestId id) {
    return requests_.at(id).deadline - now_ >= limits_.least_left;
  });
  if (!time) Broken("an attempt begins without time");
  attempts_.emplace(begin.attempt, Attempt{.call = begin.request, .node = begin.address});
  std::size_t probes = 0;
  for (const auto& [id, attempt] : attempts_) {
    const auto owner = calls_.find(attempt.call);
    if (owner != calls_.end() && owner->second.lane == Lane::kProbe) ++probes;
  }
  outcome.most_under_way = std::max<std::uint64_t>(outcome.most_under_way, attempts_.size());
  if (probes > limits_.probe_places) Broken("more probes than places");
  if (attempts_.size() > limits_.places + limits_.extra + limits_.probe_places) {
    Broken("more transfers than places");
  }
  Arrive(begin.attempt);
}

void SimulatedCluster::Apply(const Policy::Join& join) {
  const auto [request, call] = join;
  if (calls_.at(call).attempts > 0) Broken("a request joins a call that has begun");
  const auto alone = calls_.find(request);
  if (alone == calls_.end() || alone->second.attempts > 0) {
    return Broken("a request joins that is answered or under way");
  }
  if (alone->second.lane != calls_.at(call).lane) Broken("a call has requests of two lanes");
  if (requests_.at(request).deadline - now_ < limits_.least_left) {
    Broken("a request joins without time");
  }
  calls_.erase(alone);
  calls_.at(call).requests.push_back(request);
  requests_.at(request).call = call;
}

void SimulatedCluster::Arrive(Policy::AttemptId id) {
  Attempt& attempt = attempts_.at(id);
  NodeState& node = nodes_[attempt.node];
  const auto end = [this, id, life = node.life, at = attempt.node](AttemptEnd how, bool good) {
    return [this, id, life, at, how, good] {
      if (nodes_[at].life == life) End(id, how, good);
    };
  };
  switch (node.now.mode) {
    case NodeMode::kHung:
      return;
    case NodeMode::kDead:
      // A refused connect is known at once, whatever becomes of the node later.
      After(std::chrono::microseconds(200),
            [this, id] { End(id, AttemptEnd::kUnreachable, false); });
      return;
    case NodeMode::kStandby:
      After(std::chrono::milliseconds(1), end(AttemptEnd::kTryAgain, false));
      return;
    case NodeMode::kForbids:
      After(std::chrono::milliseconds(1), end(AttemptEnd::kReply, false));
      return;
    case NodeMode::kUp:
      node.waiting.push_back(id);
      Serve(attempt.node);
      return;
  }
}

void SimulatedCluster::Serve(std::size_t at) {
  NodeState& node = nodes_[at];
  while (node.busy < node.now.workers && !node.waiting.empty()) {
    const Policy::AttemptId id = node.waiting.front();
    node.waiting.pop_front();
    ++node.busy;
    if (const auto found = attempts_.find(id); found != attempts_.end())
      found->second.on_node = true;
    After(LatencyOf(at, id), [this, id, at, life = node.life] {
      if (nodes_[at].life != life) return;
      --nodes_[at].busy;
      if (attempts_.contains(id)) {
        policy_.Heard(id);
        End(id, AttemptEnd::kReply, true);
      }
      Serve(at);
    });
  }
}

void SimulatedCluster::End(Policy::AttemptId id, AttemptEnd end, bool good) {
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return;  // cut meanwhile; the node does its work all the same
  if (const auto call = calls_.find(found->second.call); call != calls_.end()) {
    call->second.last_was_good = good;
  }
  attempts_.erase(found);
  Apply(policy_.Ended(id, end, now_));
}

void SimulatedCluster::Apply(const Policy::Cut& cut) {
  if (attempts_.erase(cut.attempt) != 1) Broken("a transfer is cut that is not under way");
}

void SimulatedCluster::Apply(const Policy::Answer& answer) {
  const auto found = requests_.find(answer.request);
  if (found == requests_.end()) return Broken("a request is answered twice");
  Request request = std::move(found->second);
  requests_.erase(found);
  const auto call = calls_.find(request.call);
  const bool good = call->second.last_was_good;
  std::erase(call->second.requests, answer.request);
  if (call->second.requests.empty()) calls_.erase(call);
  Outcomes& outcome = outcomes_[static_cast<std::size_t>(request.lane)];
  if (now_ > request.deadline) Broken("a request is answered after its deadline");
  switch (answer.verdict) {
    case Verdict::kReply:
      ++(good ? outcome.good : outcome.settled);
      if (good) outcome.took.push_back(now_ - request.submitted);
      break;
    case Verdict::kBestKept:
      ++outcome.failed;
      break;
    case Verdict::kRefused:
      ++outcome.refused;
      break;
    case Verdict::kDeadline:
      ++outcome.deadline;
      break;
    case Verdict::kCancelled:
      ++outcome.cancelled;
      break;
  }
  request.answered(answer.verdict == Verdict::kRefused);
}

}  // namespace baokms::tests
