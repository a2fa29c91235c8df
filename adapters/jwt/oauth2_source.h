// The JWT of a login from an OAuth 2.0 authorization server: an access token by the client
// credentials grant (auth.md, "source oauth2").
#pragma once

#include <functional>
#include <string>

#include "core/model/configuration.h"
#include "core/model/time.h"
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/http_transport.h"
#include "ports/jwt_source.h"

namespace baokms::adapters::jwt {

struct Oauth2Options {
  core::Oauth2Configuration oauth2;
  core::Duration min_remaining_ttl{};
};

class Oauth2Source final : public ports::JwtSource {
 public:
  // `transport` reaches TokenEndpoint::Of(tokenUrl).origin and sends TokenRequestHeaders(). The
  // references must outlive the source and its fetches.
  Oauth2Source(Oauth2Options options, ports::HttpTransport& transport,
               const ports::FileReader& files, const ports::Clock& clock);

  // Blocks for one local read, of the client's secret; a bad one completes before it returns and
  // sends nothing.
  void Fetch(core::MonotonicTime deadline,
             std::move_only_function<void(ports::JwtResult)> done) override;

 private:
  const Oauth2Options options_;
  const std::string target_;
  ports::HttpTransport& transport_;
  const ports::FileReader& files_;
  const ports::Clock& clock_;
};

}  // namespace baokms::adapters::jwt
