#include "tests/support/emulator/logical.h"

#include <utility>

#include "tests/support/emulator/encoding.h"

namespace baokms::emulator {

Outcome Outcome::Data(Json data) {
  Outcome outcome;
  outcome.data = std::move(data);
  return outcome;
}

Outcome Outcome::DataAndTop(Json data) {
  Outcome outcome = Data(std::move(data));
  outcome.layout = Layout::kEnvelopeAndTop;
  return outcome;
}

Outcome Outcome::Auth(Json auth) {
  Outcome outcome;
  outcome.auth = std::move(auth);
  return outcome;
}

Outcome Outcome::NoContent() {
  Outcome outcome;
  outcome.status = 204;
  return outcome;
}

Outcome Outcome::NotFound() {
  Outcome outcome;
  outcome.status = 404;
  outcome.is_error = true;
  return outcome;
}

Outcome Outcome::Error(int status, std::string text) {
  Outcome outcome;
  outcome.status = status;
  outcome.is_error = true;
  outcome.errors.push_back(std::move(text));
  return outcome;
}

Outcome Outcome::Invalid(std::string text) { return Error(400, std::move(text)); }

Outcome Outcome::Wrapped(int status, std::string_view text) {
  return Error(status, "1 error occurred:\n\t* " + std::string(text) + "\n\n");
}

Outcome Outcome::UnsupportedPath() { return Wrapped(404, "unsupported path"); }
Outcome Outcome::UnsupportedOperation() { return Wrapped(405, "unsupported operation"); }

std::string GoJson(const Json& value) {
  const std::string plain = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (plain.find_first_of("<>&") == std::string::npos) return plain;
  std::string out;
  out.reserve(plain.size() + 32);
  for (const char c : plain) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string RenderBody(const Outcome& outcome) {
  if (outcome.status == 204) return {};
  if (outcome.is_error) return GoJson(Json{{"errors", outcome.errors}}) + "\n";
  std::string body = "{";
  if (outcome.layout == Layout::kEnvelopeAndTop) {
    const std::string top = GoJson(outcome.data);
    if (top.size() > 2) body += top.substr(1, top.size() - 2) + ",";
  }
  body += "\"request_id\":\"" + RandomUuid() +
          "\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":";
  body += GoJson(outcome.data);
  body += ",\"wrap_info\":null,\"warnings\":";
  body += outcome.warnings.empty() ? "null" : GoJson(outcome.warnings);
  body += ",\"auth\":" + GoJson(outcome.auth) + "}\n";
  return body;
}

}  // namespace baokms::emulator
