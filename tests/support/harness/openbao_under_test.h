// An OpenBao that a test may administer and break: the emulator, or the real server.
#pragma once

#include <memory>
#include <string>

#include "tests/support/harness/http_client.h"

namespace baokms::testing {

struct AdminReply {
  int status = 0;  // 0: no answer
  Json json = {};  // null when the body is empty or no JSON
  std::string text = {};

  bool ok() const { return status >= 200 && status < 300; }
  // The first text of "errors"; empty without one.
  std::string error() const;
  const Json& data() const { return json.at("data"); }
};

class OpenBaoUnderTest {
 public:
  virtual ~OpenBaoUnderTest() = default;

  virtual std::string name() const = 0;  // "emulator" or "openbao"
  virtual std::string address() const = 0;
  virtual std::string ca_file() const = 0;
  virtual std::string root_token() const = 0;

  // Over, and back. Unseal returns once requests are served again.
  virtual void Seal() = 0;
  virtual void Unseal() = 0;
  // Connecting is refused while stopped. After Start the address is the same, the data is kept, and
  // requests are served.
  virtual void Stop() = 0;
  virtual void Start() = 0;
  // Every token that a login at this auth mount ("auth/jwt") gave.
  virtual void RevokeTokensOf(const std::string& auth_mount) = 0;

  std::string version() const;  // of sys/health: "2.5.3"

  // HTTPS. `path` is below /v1/; a null `data` sends no body; an empty token sends none.
  AdminReply Call(const std::string& method, const std::string& path, const Json& data,
                  const std::string& token, const std::string& name_space = "") const;
  // The body as it is, for what is no JSON.
  AdminReply CallRaw(const std::string& method, const std::string& path, const std::string& body,
                     const std::string& token, const std::string& name_space = "") const;
  // As root.
  AdminReply Admin(const std::string& method, const std::string& path, const Json& data = Json(),
                   const std::string& name_space = "") const {
    return Call(method, path, data, root_token(), name_space);
  }
  // The same; throws HarnessError unless it worked.
  AdminReply MustAdmin(const std::string& method, const std::string& path,
                       const Json& data = Json(), const std::string& name_space = "") const;
};

}  // namespace baokms::testing
