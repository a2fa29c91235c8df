#include "tests/support/pkcs11/troubled_module.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace baokms::testing {

TroubledModule::TroubledModule() {
  Heal();
  setenv("TROUBLED_PKCS11_ORDERS", directory_.File("orders").c_str(), 1);
  setenv("TROUBLED_PKCS11_LOG", directory_.File("log").c_str(), 1);
}

std::string TroubledModule::Module() { return BAOKMS_TROUBLED_MODULE; }

void TroubledModule::Hang(std::string_view function) const {
  directory_.Write("orders", std::string(function) + " hang 0\n");
}

void TroubledModule::Fail(std::string_view function, unsigned long code) const {
  directory_.Write("orders", std::string(function) + " fail " + std::to_string(code) + "\n");
}

void TroubledModule::AddFlags(unsigned long flags) const {
  directory_.Write("orders", "C_GetTokenInfo flags " + std::to_string(flags) + "\n");
}

void TroubledModule::KnowOnly(unsigned long mechanism) const {
  directory_.Write("orders", "mechanisms only " + std::to_string(mechanism) + "\n");
}

void TroubledModule::Heal() const { directory_.Write("orders", "- - 0\n"); }

std::size_t TroubledModule::Calls(std::string_view function) const {
  std::istringstream log(ReadWholeFile(directory_.File("log")));
  std::size_t calls = 0;
  for (std::string line; std::getline(log, line);) calls += line == function ? 1 : 0;
  return calls;
}

std::size_t TroubledModule::MostSessions() const {
  std::istringstream log(ReadWholeFile(directory_.File("log")));
  std::size_t open = 0;
  std::size_t most = 0;
  for (std::string line; std::getline(log, line);) {
    if (line == "opened") most = std::max(most, ++open);
    if (line == "closed") --open;
    if (line == "C_Finalize") open = 0;
  }
  return most;
}

}  // namespace baokms::testing
