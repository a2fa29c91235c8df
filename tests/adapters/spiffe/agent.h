// What the cases of this folder have in common: an agent on a socket of the case's own.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

#include "app/openbao/await.h"
#include "core/model/time.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/ports/machine_clock.h"
#include "tests/support/workload_api/svid_authority.h"
#include "tests/support/workload_api/workload_api.h"

namespace baokms::adapters::spiffe {

using namespace std::chrono_literals;
using testing::SvidAuthority;
using testing::WorkloadAnswer;

inline constexpr const char* kId = "spiffe://example.org/kms";

// gRPC's codes.
inline constexpr int kInvalidArgument = 3;
inline constexpr int kPermissionDenied = 7;
inline constexpr int kUnimplemented = 12;
inline constexpr int kInternal = 13;
inline constexpr int kUnavailable = 14;

struct Agent {
  testing::TempDirectory directory;
  SvidAuthority authority{"example.org"};
  testing::WorkloadApi api{directory.File("agent.sock")};
  testing::MachineClock clock;

  core::MonotonicTime In(core::Duration time) const { return clock.Now().monotonic + time; }
};

template <typename Holds>
bool Eventually(Holds holds) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

}  // namespace baokms::adapters::spiffe
