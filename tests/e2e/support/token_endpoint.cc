#include "tests/e2e/support/token_endpoint.h"

#include "core/text/base64.h"

namespace baokms::e2e {

TokenEndpoint::TokenEndpoint(const Bench& bench, std::string client_id, std::string secret)
    : setup_(bench.setup),
      client_id_(std::move(client_id)),
      authority_(tests::MakeAuthority("authority of the token endpoint")),
      secret_(std::move(secret)),
      server_(
          tests::IssueServer(authority_, {"IP:127.0.0.1", "DNS:" + std::string(kName)}),
          [this](const tests::SeenRequest& request, tests::Wire& wire) { Serve(request, wire); }) {}

void TokenEndpoint::Configure(ProviderConfig& config) const {
  Json& jwt = config.tree["auth"]["jwt"];
  jwt.erase("jwtFile");
  jwt["source"] = "oauth2";
  jwt["oauth2"] = {{"tokenUrl", server_.Url() + "/oauth/token?tenant=1"},
                   {"clientId", client_id_},
                   {"clientSecretFile", config.directory().File("client-secret")},
                   {"authMethod", "client_secret_basic"},
                   {"scopes", {"kms"}},
                   {"audience", "openbao"},
                   {"resources", {"urn:openbao:kms"}},
                   {"caCertFile", config.directory().Write("idp-ca.pem", ca_pem(), 0644)}};
  WriteSecret(config, secret_ + "\n");
  config.Write();
}

void TokenEndpoint::WriteSecret(const ProviderConfig& config, const std::string& content) {
  config.directory().Write("client-secret", content, 0600);
}

void TokenEndpoint::Accept(std::string secret) {
  const std::lock_guard lock(mutex_);
  secret_ = std::move(secret);
}

void TokenEndpoint::Instead(std::function<void(tests::Wire&)> reply) {
  const std::lock_guard lock(mutex_);
  instead_ = std::move(reply);
}

void TokenEndpoint::InsteadReply(int status, const std::string& body) {
  Instead([text = tests::HttpReplyText(status, body)](tests::Wire& wire) { wire.Write(text); });
}

void TokenEndpoint::ExpiresAfter(std::chrono::seconds valid) {
  const std::lock_guard lock(mutex_);
  valid_ = valid;
}

std::vector<std::string> TokenEndpoint::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

// The secrets of these tests need no form encoding.
void TokenEndpoint::Serve(const tests::SeenRequest& request, tests::Wire& wire) {
  std::function<void(tests::Wire&)> instead;
  std::string reply;
  {
    const std::lock_guard lock(mutex_);
    instead = instead_;
    const std::string basic =
        "\r\nAuthorization: Basic " + core::Base64Encode(client_id_ + ":" + secret_) + "\r\n";
    const bool posted =
        request.body.contains("&client_id=" + client_id_ + "&client_secret=" + secret_);
    if (instead) {
      reply.clear();
    } else if (!request.head.starts_with("POST /oauth/token?tenant=1 ") ||
               !request.body.starts_with("grant_type=client_credentials&scope=kms"
                                         "&audience=openbao&resource=urn%3Aopenbao%3Akms")) {
      reply = tests::HttpReplyText(400, R"({"error":"invalid_request"})");
    } else if (!request.head.contains(basic) && !posted) {
      reply = tests::HttpReplyText(401, R"({"error":"invalid_client"})");
    } else {
      tokens_.push_back(setup_.MintJwt(Json::object(), valid_));
      reply = tests::HttpReplyText(
          200,
          Json{{"access_token", tokens_.back()}, {"token_type", "bearer"}, {"expires_in", 3600}}
              .dump());
    }
  }
  // Outside of the lock: it may take its time.
  if (instead) {
    instead(wire);
  } else {
    wire.Write(reply);
  }
}

}  // namespace baokms::e2e
