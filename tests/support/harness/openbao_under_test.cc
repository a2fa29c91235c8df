#include "tests/support/harness/openbao_under_test.h"

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {

std::string AdminReply::error() const {
  if (!json.is_object() || !json.contains("errors") || json["errors"].empty()) return "";
  return json["errors"][0].get<std::string>();
}

std::string OpenBaoUnderTest::version() const {
  const AdminReply health = Call("GET", "sys/health", Json(), "");
  if (!health.json.is_object()) throw HarnessError("sys/health does not answer");
  return health.json.value("version", "");
}

AdminReply OpenBaoUnderTest::Call(const std::string& method, const std::string& path,
                                  const Json& data, const std::string& token,
                                  const std::string& name_space) const {
  return CallRaw(method, path, data.is_null() ? "" : data.dump(), token, name_space);
}

AdminReply OpenBaoUnderTest::CallRaw(const std::string& method, const std::string& path,
                                     const std::string& body, const std::string& token,
                                     const std::string& name_space) const {
  HttpQuestion question{
      .method = method, .url = address() + "/v1/" + path, .body = body, .ca_file = ca_file()};
  if (!token.empty()) question.headers["X-Vault-Token"] = token;
  if (!name_space.empty()) question.headers["X-Vault-Namespace"] = name_space;
  HttpAnswer answer = AskHttp(question);
  Json json = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) json = nullptr;
  return {.status = answer.status, .json = std::move(json), .text = std::move(answer.body)};
}

AdminReply OpenBaoUnderTest::MustAdmin(const std::string& method, const std::string& path,
                                       const Json& data, const std::string& name_space) const {
  AdminReply reply = Admin(method, path, data, name_space);
  if (!reply.ok()) {
    throw HarnessError(method + " " + path + ": " + std::to_string(reply.status) + " " +
                       reply.text);
  }
  return reply;
}

}  // namespace baokms::testing
