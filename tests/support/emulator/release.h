// The release of OpenBao that the emulator answers as, and what releases answer differently
// (openbao-observed.md, "Between releases").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baokms::emulator {

class Release {
 public:
  // The one whose answers all others are told against: 2.5.3.
  Release() = default;
  // "2.6.2"; nothing unless it is three numbers.
  static std::optional<Release> Parse(const std::string& version);

  const std::string& version() const { return version_; }

  // The texts of a 400.
  std::string_view malformed_json() const;
  std::string_view missing_certificate() const;
  // The field of sys/seal-status with the date of the program.
  const char* date_field() const;
  // Whether sys/health has performance_standby.
  bool tells_performance_standby() const;

 private:
  bool Since(int major, int minor) const;

  std::string version_ = "2.5.3";
  int major_ = 2;
  int minor_ = 5;
};

}  // namespace baokms::emulator
