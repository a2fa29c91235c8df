// What passes between the router and a mount: OpenBao's "logical" request and response, already
// free of HTTP.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/openssl_ptr.h"

namespace baokms::emulator {

using Json = nlohmann::json;

struct Token;  // tokens.h

enum class Verb { kRead, kUpdate, kDelete, kList };

struct Call {
  Verb verb = Verb::kRead;
  std::string name_space;  // "" or "ns1/"
  std::string mount;       // "transit/", "auth/jwt/", relative to the namespace
  std::string path;        // within the mount
  Json data = Json::object();
  const Token* token = nullptr;  // null on unauthenticated paths
  SharedX509 client_certificate;
  std::vector<SharedX509> client_chain;  // what the client sent behind its leaf
};

// How data is laid out: sys/mounts and alike repeat it at the top level.
enum class Layout { kEnvelope, kEnvelopeAndTop };

struct Outcome {
  int status = 200;
  Json data = nullptr;
  Json auth = nullptr;
  std::vector<std::string> warnings;
  std::vector<std::string> errors;
  bool is_error = false;
  Layout layout = Layout::kEnvelope;

  static Outcome Data(Json data);
  static Outcome DataAndTop(Json data);
  static Outcome Auth(Json auth);
  static Outcome NoContent();
  static Outcome NotFound();                           // 404 {"errors":[]}
  static Outcome Error(int status, std::string text);  // text as it stands
  static Outcome Invalid(std::string text);            // 400
  // An error that OpenBao's core wraps: "1 error occurred:\n\t* <text>\n\n".
  static Outcome Wrapped(int status, std::string_view text);
  static Outcome UnsupportedPath();
  static Outcome UnsupportedOperation();
};

// The reply's body, newline included; empty for 204.
std::string RenderBody(const Outcome& outcome);

// JSON as Go writes it: '<', '>' and '&' escaped.
std::string GoJson(const Json& value);

}  // namespace baokms::emulator
