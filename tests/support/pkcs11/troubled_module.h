// The stand-in module module.cc as a test drives it: SoftHSM2 whose calls hang or fail on demand,
// in this process or another.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/harness/temp_directory.h"

namespace baokms::testing {

// Sets the environment, for children as well: one at a time.
class TroubledModule {
 public:
  TroubledModule();

  static std::string Module();

  // From now on, until Heal: C_Login, C_OpenSession or C_Sign hangs...
  void Hang(std::string_view function) const;
  // ... or returns this without doing anything.
  void Fail(std::string_view function, unsigned long code) const;
  // C_GetTokenInfo reports these flags as well.
  void AddFlags(unsigned long flags) const;
  // The token knows this mechanism and no other.
  void KnowOnly(unsigned long mechanism) const;
  // What hangs goes on.
  void Heal() const;

  // How often these were called (C_OpenSession, C_Login, C_Sign, C_Initialize).
  std::size_t Calls(std::string_view function) const;
  // The most sessions that were open at one moment.
  std::size_t MostSessions() const;

 private:
  TempDirectory directory_;
};

}  // namespace baokms::testing
