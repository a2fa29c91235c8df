// A Transit key version, 1 or more. Never the implicit "latest" that 0 means to OpenBao.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace baokms::core {

class TransitKeyVersion {
 public:
  static constexpr std::optional<TransitKeyVersion> FromNumber(std::int64_t number) {
    if (number < 1) return std::nullopt;
    return TransitKeyVersion(number);
  }
  static constexpr TransitKeyVersion First() { return TransitKeyVersion(1); }

  constexpr std::int64_t number() const { return number_; }
  std::string ToString() const { return std::to_string(number_); }

  friend constexpr auto operator<=>(TransitKeyVersion, TransitKeyVersion) = default;

 private:
  constexpr explicit TransitKeyVersion(std::int64_t number) : number_(number) {}
  std::int64_t number_;
};

}  // namespace baokms::core
