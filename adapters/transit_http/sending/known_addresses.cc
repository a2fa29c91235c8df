#include "adapters/transit_http/sending/known_addresses.h"

#include <algorithm>

namespace baokms::adapters::transit_http {

KnownAddresses::KnownAddresses(std::size_t count, int suspect_after, core::Duration look_interval)
    : suspect_after_(suspect_after),
      look_interval_(look_interval),
      addresses_(std::max<std::size_t>(1, count)) {}

std::size_t KnownAddresses::First() const {
  for (std::size_t i = 0; i < count(); ++i) {
    const std::size_t address = (preferred_ + i) % count();
    if (!addresses_[address].suspect) return address;
  }
  return preferred_;
}

std::size_t KnownAddresses::After(std::size_t last, std::span<const std::size_t> busy) const {
  std::optional<std::size_t> second_choice;
  for (std::size_t i = 1; i <= count(); ++i) {
    const std::size_t address = (last + i) % count();
    if (std::ranges::find(busy, address) != busy.end()) continue;
    if (!addresses_[address].suspect) return address;
    if (!second_choice) second_choice = address;
  }
  return second_choice.value_or(last);
}

std::optional<std::size_t> KnownAddresses::TakeDueLook(std::size_t asked, core::MonotonicTime now) {
  for (std::size_t i = 0; i < count(); ++i) {
    Address& address = addresses_[i];
    if (i == asked || !address.suspect || now < address.next_look) continue;
    address.next_look = now + look_interval_;
    return i;
  }
  return std::nullopt;
}

void KnownAddresses::Heard(std::size_t address) {
  addresses_[address].silent_in_a_row = 0;
  addresses_[address].suspect = false;
}

bool KnownAddresses::Silent(std::size_t index, core::MonotonicTime now) {
  Address& address = addresses_[index];
  if (++address.silent_in_a_row < suspect_after_ || address.suspect || count() == 1) return false;
  address.suspect = true;
  address.next_look = now + look_interval_;
  return true;
}

}  // namespace baokms::adapters::transit_http
