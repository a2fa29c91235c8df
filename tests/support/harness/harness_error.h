// What the harness throws when a test's surroundings could not be made: never the thing under test.
#pragma once

#include <stdexcept>
#include <string>

namespace baokms::testing {

class HarnessError : public std::runtime_error {
 public:
  explicit HarnessError(const std::string& what) : std::runtime_error("harness: " + what) {}
};

}  // namespace baokms::testing
