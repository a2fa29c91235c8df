#include "tests/bench/figures.h"

#include <algorithm>
#include <functional>

namespace baokms::testing {
namespace {

// The sides of one operation in one round; those that were not measured are zeros.
struct Sides {
  Figures socket;
  Figures transit;
  Figures empty;
  Figures peer;
};

struct RatioRule {
  const char* name;
  std::function<double(const Sides&)> value;
};

const std::vector<RatioRule> kOfStatus = {
    {"p50: socket / empty", [](const Sides& s) { return s.socket.p50_us / s.empty.p50_us; }},
    {"calls/s: socket / empty",
     [](const Sides& s) { return s.socket.calls_per_second / s.empty.calls_per_second; }},
    {"CPU: provider / empty",
     [](const Sides& s) { return s.socket.server_cpu_us / s.empty.server_cpu_us; }},
};

const std::vector<RatioRule> kThroughTransit = {
    {"p50: socket / transit", [](const Sides& s) { return s.socket.p50_us / s.transit.p50_us; }},
    {"p50: socket / (transit + empty)",
     [](const Sides& s) { return s.socket.p50_us / (s.transit.p50_us + s.empty.p50_us); }},
    {"p99: socket / transit", [](const Sides& s) { return s.socket.p99_us / s.transit.p99_us; }},
    {"calls/s: socket / transit",
     [](const Sides& s) { return s.socket.calls_per_second / s.transit.calls_per_second; }},
    {"CPU: provider / (transit's client + empty)",
     [](const Sides& s) {
       return s.socket.server_cpu_us / (s.transit.client_cpu_us + s.empty.server_cpu_us);
     }},
    {"CPU: OpenBao, socket / transit",
     [](const Sides& s) { return s.socket.openbao_cpu_us / s.transit.openbao_cpu_us; }},
};

const std::vector<RatioRule> kWithPeer = {
    {"p50: socket / peer", [](const Sides& s) { return s.socket.p50_us / s.peer.p50_us; }},
    {"p99: socket / peer", [](const Sides& s) { return s.socket.p99_us / s.peer.p99_us; }},
    {"calls/s: socket / peer",
     [](const Sides& s) { return s.socket.calls_per_second / s.peer.calls_per_second; }},
    {"CPU: provider / peer",
     [](const Sides& s) { return s.socket.server_cpu_us / s.peer.server_cpu_us; }},
    {"CPU: OpenBao, socket / peer",
     [](const Sides& s) { return s.socket.openbao_cpu_us / s.peer.openbao_cpu_us; }},
};

}  // namespace

std::string Name(Side side) {
  switch (side) {
    case Side::kSocket:
      return "socket";
    case Side::kTransit:
      return "transit";
    case Side::kEmpty:
      return "empty";
    case Side::kPeer:
      return "peer";
  }
  return {};
}

Spread SpreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {.median = median, .min = values.front(), .max = values.back()};
}

Spread SpreadOf(const std::vector<Figures>& rounds, double Figures::* figure) {
  std::vector<double> values;
  for (const Figures& round : rounds) values.push_back(round.*figure);
  return SpreadOf(std::move(values));
}

std::vector<Ratio> RatiosOf(const Rounds& rounds) {
  std::vector<Ratio> ratios;
  for (const auto& [cell, socket] : rounds) {
    if (cell.side != Side::kSocket) continue;
    const auto of = [&](Side side) {
      Cell other = cell;
      other.side = side;
      const auto found = rounds.find(other);
      return found == rounds.end() ? std::vector<Figures>() : found->second;
    };
    const std::vector<Figures> transit = of(Side::kTransit);
    const std::vector<Figures> empty = of(Side::kEmpty);
    const std::vector<Figures> peer = of(Side::kPeer);
    const auto add = [&](const std::vector<RatioRule>& rules) {
      for (const RatioRule& rule : rules) {
        std::vector<double> values;
        for (std::size_t i = 0; i < socket.size(); ++i) {
          const auto at = [i](const std::vector<Figures>& side) {
            return i < side.size() ? side[i] : Figures();
          };
          values.push_back(rule.value(
              {.socket = socket[i], .transit = at(transit), .empty = at(empty), .peer = at(peer)}));
        }
        ratios.push_back({.in_flight = cell.in_flight,
                          .operation = cell.operation,
                          .plaintext_bytes = cell.plaintext_bytes,
                          .name = rule.name,
                          .value = SpreadOf(std::move(values))});
      }
    };
    add(cell.operation == "Status" ? kOfStatus : kThroughTransit);
    if (!peer.empty()) add(kWithPeer);
  }
  return ratios;
}

}  // namespace baokms::testing
