// SendingPolicy on a clock that the test moves, and what it has asked for so far.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include "adapters/transit_http/sending/sending_policy.h"

namespace baokms::tests {

using adapters::transit_http::SendingLimits;
using adapters::transit_http::SendingPolicy;
using adapters::transit_http::Sharing;

class PolicyBench {
 public:
  explicit PolicyBench(SendingLimits limits = {}) : policy(limits) {}

  SendingPolicy::RequestId Submit(
      adapters::transit_http::Lane lane = adapters::transit_http::Lane::kDecrypt,
      core::Duration budget = std::chrono::seconds(2),
      std::optional<Sharing> sharing = std::nullopt) {
    const auto id = next_++;
    Take(policy.Submit(id, lane, now_ + budget, now_, sharing));
    return id;
  }
  SendingPolicy::RequestId Share(
      Sharing sharing = {.group = 1, .bytes = 100}, core::Duration budget = std::chrono::seconds(2),
      adapters::transit_http::Lane lane = adapters::transit_http::Lane::kDecrypt) {
    return Submit(lane, budget, sharing);
  }
  void Leave(SendingPolicy::RequestId id) { Take(policy.Leave(id, now_)); }
  void Hear(SendingPolicy::AttemptId id) { policy.Heard(id); }
  void End(SendingPolicy::AttemptId id, adapters::transit_http::AttemptEnd end) {
    Take(policy.Ended(id, end, now_));
  }
  // Ticks whenever the policy wants to.
  void Pass(core::Duration time) {
    const auto until = now_ + time;
    for (auto next = policy.NextTimer(); next && *next <= until; next = policy.NextTimer()) {
      now_ = std::max(now_, *next);
      Take(policy.Tick(now_));
    }
    now_ = until;
  }
  // One request that is answered after `took`.
  void Serve(core::Duration took) {
    const auto id = Submit();
    const auto attempt = AttemptsOf(id).back().attempt;
    Pass(took);
    End(attempt, adapters::transit_http::AttemptEnd::kReply);
  }

  std::vector<SendingPolicy::Begin> AttemptsOf(SendingPolicy::RequestId id) const {
    std::vector<SendingPolicy::Begin> found;
    std::ranges::copy_if(begun, std::back_inserter(found),
                         [id](const auto& begin) { return begin.request == id; });
    return found;
  }
  std::optional<adapters::transit_http::Verdict> VerdictOn(SendingPolicy::RequestId id) const {
    const auto found = answers.find(id);
    return found == answers.end() ? std::nullopt : std::optional(found->second);
  }

  SendingPolicy policy;
  std::vector<SendingPolicy::Begin> begun;
  std::map<SendingPolicy::RequestId, std::vector<SendingPolicy::RequestId>> joined;  // by call
  std::vector<SendingPolicy::AttemptId> cut;
  std::vector<std::size_t> suspects;
  std::map<SendingPolicy::RequestId, adapters::transit_http::Verdict> answers;

 private:
  void Take(const SendingPolicy::Actions& actions) {
    for (const auto& action : actions) {
      if (const auto* begin = std::get_if<SendingPolicy::Begin>(&action)) begun.push_back(*begin);
      if (const auto* join = std::get_if<SendingPolicy::Join>(&action)) {
        joined[join->call].push_back(join->request);
      }
      if (const auto* gone = std::get_if<SendingPolicy::Cut>(&action)) cut.push_back(gone->attempt);
      if (const auto* one = std::get_if<SendingPolicy::Suspect>(&action)) {
        suspects.push_back(one->address);
      }
      if (const auto* answer = std::get_if<SendingPolicy::Answer>(&action)) {
        CHECK(answers.emplace(answer->request, answer->verdict).second);
      }
    }
  }

  SendingPolicy::RequestId next_ = 1;
  core::MonotonicTime now_{std::chrono::hours(1)};
};

}  // namespace baokms::tests
