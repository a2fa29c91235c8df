// Waiting for another process.
#pragma once

#include <chrono>
#include <thread>

namespace baokms::testing {

// Asks until `done` says so, with `pause` between two questions; false after `limit`.
template <typename Done>
bool Within(std::chrono::milliseconds limit, std::chrono::milliseconds pause, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace baokms::testing
