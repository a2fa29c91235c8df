// The control API: /emulator/... in JSON (see README.md for every path).
#pragma once

#include <string>

#include "tests/support/emulator/emulator.h"

namespace baokms::emulator {

class ControlApi {
 public:
  explicit ControlApi(Emulator& emulator) : emulator_(emulator) {}

  Emulator::ApiReply Handle(const std::string& method, const std::string& path, const Json& data);

 private:
  using ApiReply = Emulator::ApiReply;

  ApiReply Faults(const std::string& method, const Json& data);
  ApiReply Transit(const std::string& action, const Json& data);
  ApiReply RevokeTokens(const Json& data);
  ApiReply ListTokens() const;
  ApiReply RotateTls(const Json& data);
  ApiReply ClientCertificate(const Json& data);
  ApiReply Post(const std::string& path, const Json& data);
  ApiReply Info() const;

  Emulator& emulator_;
};

}  // namespace baokms::emulator
