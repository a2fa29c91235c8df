// What the rounds of a measurement brought, and what is made of it: medians with the range over the
// rounds, and ratios within each round, because a shared machine's speed drifts.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace baokms::testing {

// Of one figure over all rounds.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

Spread SpreadOf(std::vector<double> values);  // of none: zeros

enum class Side {
  kSocket,   // the provider's socket, and behind it Transit
  kTransit,  // the same work straight on Transit
  kEmpty,    // a gRPC handler that does nothing
  kPeer,     // another KMS v2 plugin's socket
};
std::string Name(Side side);

// What is measured once a round.
struct Cell {
  int in_flight = 1;
  std::string operation;  // "Status", "Encrypt", "Decrypt", "Oldest": Decrypt under version 1
  int plaintext_bytes = 32;
  Side side = Side::kSocket;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

// One round of a cell. Processor time is microseconds a call; 0 where that process has no part.
struct Figures {
  double p50_us = 0;
  double p90_us = 0;
  double p99_us = 0;
  double calls_per_second = 0;
  double server_cpu_us = 0;   // the provider's, the empty handler's or the peer's
  double openbao_cpu_us = 0;  // or the emulator's
  double client_cpu_us = 0;   // the measuring program's own
};

using Rounds = std::map<Cell, std::vector<Figures>>;

Spread SpreadOf(const std::vector<Figures>& rounds, double Figures::* figure);

struct Ratio {
  int in_flight = 1;
  std::string operation;
  int plaintext_bytes = 32;
  std::string name;  // "p50: socket / transit"
  Spread value;
};

std::vector<Ratio> RatiosOf(const Rounds& rounds);

}  // namespace baokms::testing
