// A discrete-event simulation around SendingPolicy: requests, callers who leave, and nodes that
// slow down, die, hang, redirect and come back, on a clock that only events move. It checks on the
// way what must hold at every step, and counts what became of every request.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "adapters/transit_http/sending/sending_policy.h"

namespace baokms::tests {

enum class NodeMode : std::uint8_t {
  kUp,
  kHung,     // accepts, and is silent, also towards what is under way
  kDead,     // refuses; what was under way is cut when it dies
  kStandby,  // answers with a redirect
  kForbids,  // answers with a reply that settles the request
};

struct SimulatedNode {
  NodeMode mode = NodeMode::kUp;
  core::Duration latency = std::chrono::milliseconds(1);
  double jitter = 0.1;         // of the latency, either way
  std::size_t workers = 1000;  // at a time; what is beyond waits its turn inside of the node
  core::Duration each_further_item{};  // of a call, beyond `latency`
};

struct Outcomes {
  std::uint64_t submitted = 0;
  std::uint64_t good = 0;
  std::uint64_t settled = 0;  // by a node's reply that is no success
  std::uint64_t refused = 0;
  std::uint64_t deadline = 0;
  std::uint64_t failed = 0;  // the best of its attempts
  std::uint64_t cancelled = 0;
  std::uint64_t attempts = 0;
  std::uint64_t further_attempts = 0;  // beyond a call's first
  std::uint64_t most_under_way = 0;
  std::vector<core::Duration> took{};  // of the good ones
  std::uint64_t answered() const {
    return good + settled + refused + deadline + failed + cancelled;
  }
};

class SimulatedCluster {
 public:
  using Lane = adapters::transit_http::Lane;
  using Policy = adapters::transit_http::SendingPolicy;

  SimulatedCluster(adapters::transit_http::SendingLimits limits, std::vector<SimulatedNode> nodes,
                   std::uint64_t seed);

  // Loads end with `until`.
  // So many a second, evenly, each with `budget`; callers of a fraction leave after `leave_after`.
  struct OpenLoad {
    Lane lane = Lane::kDecrypt;
    double per_second = 25;
    core::Duration budget = std::chrono::seconds(2);
    double leaving = 0;
    bool shares = false;  // calls with others
    core::Duration leave_after = std::chrono::milliseconds(4);
  };
  // So many callers, each with one request at a time; a refused one pauses for `after_refusal`.
  struct ClosedLoad {
    Lane lane = Lane::kDecrypt;
    std::size_t callers = 64;
    core::Duration budget = std::chrono::seconds(2);
    core::Duration after_refusal = std::chrono::milliseconds(20);
    std::optional<core::Duration> leave_after{};
    bool shares = false;  // calls with others
  };
  void Offer(const OpenLoad& load, core::Duration until);
  void Offer(const ClosedLoad& load, core::Duration until);
  void Change(core::Duration at, std::size_t node, SimulatedNode to);

  // To this time since the start.
  void RunUntil(core::Duration end);
  // Until nothing is left to happen; then the policy must hold nothing.
  void RunDry();

  const Outcomes& outcomes(Lane lane) const { return outcomes_[static_cast<std::size_t>(lane)]; }
  void ForgetOutcomes() { outcomes_ = {}; }
  const Policy& policy() const { return policy_; }
  // What broke a rule; empty: nothing did.
  const std::string& violation() const { return violation_; }
  std::uint64_t events() const { return events_; }

 private:
  struct Event {
    core::MonotonicTime when;
    std::uint64_t order;
    std::function<void()> happen;
    bool operator>(const Event& other) const {
      return std::tie(when, order) > std::tie(other.when, other.order);
    }
  };
  struct Request {
    Lane lane;
    core::MonotonicTime submitted;
    core::MonotonicTime deadline;
    std::function<void(bool refused)> answered;
    Policy::RequestId call;
  };
  struct Call {
    Lane lane;
    std::vector<Policy::RequestId> requests;
    std::size_t attempts = 0;
    bool last_was_good = false;
  };
  struct Attempt {
    Policy::RequestId call;
    std::size_t node;
    bool on_node = false;
  };

  void At(core::MonotonicTime when, std::function<void()> happen);
  void After(core::Duration wait, std::function<void()> happen) {
    At(now_ + wait, std::move(happen));
  }
  void Submit(Lane lane, core::Duration budget, bool shares,
              std::optional<core::Duration> leave_after,
              std::function<void(bool refused)> answered);
  void Apply(const Policy::Actions& actions);
  void Apply(const Policy::Begin& begin);
  void Apply(const Policy::Join& join);
  void Apply(const Policy::Cut& cut);
  void Apply(const Policy::Answer& answer);
  void Apply(const Policy::Suspect&) {}
  void ArmTick();
  void Arrive(Policy::AttemptId attempt);
  void Serve(std::size_t node);
  void End(Policy::AttemptId attempt, adapters::transit_http::AttemptEnd end, bool good);
  void LeaveNode(Policy::AttemptId attempt);
  core::Duration LatencyOf(std::size_t node, Policy::AttemptId attempt);
  void Broken(std::string what);

  struct NodeState {
    SimulatedNode now;
    std::size_t busy = 0;
    std::deque<Policy::AttemptId> waiting;
    std::uint64_t life = 0;  // grows whenever what is under way there is lost
  };

  adapters::transit_http::SendingLimits limits_;
  Policy policy_;
  std::vector<NodeState> nodes_;
  std::mt19937_64 random_;
  core::MonotonicTime start_{};
  core::MonotonicTime now_{};
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  std::uint64_t order_ = 0;
  std::uint64_t events_ = 0;
  std::optional<core::MonotonicTime> tick_at_;
  std::map<Policy::RequestId, Request> requests_;
  std::map<Policy::RequestId, Call> calls_;  // until the last of their requests is answered
  std::map<Policy::AttemptId, Attempt> attempts_;
  Policy::RequestId next_request_ = 1;
  std::array<Outcomes, 3> outcomes_{};
  std::deque<std::function<void()>> callers_;  // each calls itself again
  std::string violation_;
};

}  // namespace baokms::tests
