// Which address is asked first, which next, and which not before the others: what the attempts told
// of each one (request-scheduling.md, "Attempts").
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/model/time.h"

namespace baokms::adapters::transit_http {

// Addresses are indices. A value; no clock.
class KnownAddresses {
 public:
  // Suspect after so many attempts in a row without a byte, and looked at again so often.
  KnownAddresses(std::size_t count, int suspect_after, core::Duration look_interval);

  std::size_t count() const { return addresses_.size(); }
  // The last that answered.
  std::size_t preferred() const { return preferred_; }
  bool IsSuspect(std::size_t address) const { return addresses_[address].suspect; }

  // The preferred one, unless it is suspect and another is not.
  std::size_t First() const;
  // The next after `last` that is not suspect and not one of `busy`.
  std::size_t After(std::size_t last, std::span<const std::size_t> busy) const;
  // A suspect one that is due for a look, other than `asked`; it is due again an interval later.
  std::optional<std::size_t> TakeDueLook(std::size_t asked, core::MonotonicTime now);

  // What attempts told.
  void Answered(std::size_t address) { preferred_ = address; }
  void Heard(std::size_t address);
  // True: it has become suspect by it. One address alone never does.
  bool Silent(std::size_t address, core::MonotonicTime now);

 private:
  struct Address {
    int silent_in_a_row = 0;
    bool suspect = false;
    core::MonotonicTime next_look{};
  };
  int suspect_after_;
  core::Duration look_interval_;
  std::vector<Address> addresses_;
  std::size_t preferred_ = 0;
};

}  // namespace baokms::adapters::transit_http
