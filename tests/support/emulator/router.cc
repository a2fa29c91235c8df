#include "tests/support/emulator/router.h"

#include <memory>
#include <utility>

namespace baokms::emulator {
namespace {

constexpr std::string_view kApi = "/v1/";

std::string_view TokenOf(const HttpRequest& request) {
  const std::string_view token = request.Header("x-vault-token");
  if (!token.empty()) return token;
  std::string_view authorization = request.Header("authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.starts_with(kBearer)) return authorization.substr(kBearer.size());
  return {};
}

std::optional<Verb> VerbOf(const HttpRequest& request) {
  if (request.method == "POST" || request.method == "PUT") return Verb::kUpdate;
  if (request.method == "DELETE") return Verb::kDelete;
  if (request.method == "LIST") return Verb::kList;
  if (request.method != "GET") return std::nullopt;
  const auto list = request.query.find("list");
  return list != request.query.end() && list->second == "true" ? Verb::kList : Verb::kRead;
}

const char* CapabilityFor(Verb verb) {
  switch (verb) {
    case Verb::kRead:
      return "read";
    case Verb::kUpdate:
      return "update";
    case Verb::kDelete:
      return "delete";
    case Verb::kList:
      return "list";
  }
  return "deny";
}

// As Go's decoder: an empty body is no data, and what follows the first object is not looked at.
std::optional<Json> ParseBody(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  Json data = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (data.is_discarded()) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < body.size() && data.is_discarded(); ++i) {
      if (quoted) {
        if (body[i] == '\\') {
          ++i;
        } else if (body[i] == '"') {
          quoted = false;
        }
        continue;
      }
      if (body[i] == '"') quoted = true;
      if (body[i] == '{' || body[i] == '[') ++depth;
      if ((body[i] == '}' || body[i] == ']') && depth > 0 && --depth == 0) {
        data = Json::parse(body.substr(0, i + 1), nullptr, false);
        break;
      }
    }
  }
  if (data.is_null()) return Json::object();
  if (!data.is_object()) return std::nullopt;
  return data;
}

std::string NoHandler(const std::string& path) {
  return "no handler for route \"" + path + "\". route entry not found.";
}

}  // namespace

void Router::AddUsualHeaders(const HttpRequest& request, HttpReply* reply) {
  reply->headers.emplace_back("Cache-Control", "no-store");
  reply->headers.emplace_back("Content-Type", "application/json");
  reply->headers.emplace_back("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  const std::string_view name_space = request.Header("x-vault-namespace");
  if (!name_space.empty()) reply->headers.emplace_back("X-Vault-Namespace", name_space);
}

std::string Router::AuthMountType(std::string_view name_space_header, std::string_view path) const {
  std::string rest(path);
  const auto name_space = mounts_.ResolveNamespace(name_space_header, &rest);
  if (!name_space) return {};
  const auto route = mounts_.Find(*name_space, rest);
  return route && route->mount.auth != nullptr ? route->mount.type : std::string();
}

Routed Router::Route(const HttpRequest& request) {
  Routed routed;
  const std::string& full = request.path;
  const std::string path = full.starts_with(kApi) ? full.substr(kApi.size()) : std::string();
  const Standby standby = availability_.standby();
  if (path == "sys/health") {
    routed.reply = sys_.Health(request);
  } else if (path == "sys/seal-status") {
    routed.reply = sys_.SealStatus();
  } else if (path == "sys/unseal") {
    availability_.SetSealed(false);  // any key will do here
    routed.reply = sys_.SealStatus();
  } else if (standby.enabled && !standby.redirect_to.empty()) {
    routed.reply = {307, {{"Location", standby.redirect_to + full}}, ""};
  } else {
    Outcome outcome;
    if (!full.starts_with(kApi)) {
      outcome = Outcome::NotFound();
    } else if (standby.enabled) {
      outcome = Outcome::Error(standby.status,
                               "local node not active but active cluster node not "
                               "found");
    } else {
      outcome = Handle(request, path, &routed.batch_items);
    }
    routed.reply = {outcome.status, {}, RenderBody(outcome)};
  }
  AddUsualHeaders(request, &routed.reply);
  return routed;
}

Outcome Router::Handle(const HttpRequest& request, std::string path, std::size_t* batch_items) {
  if (!availability_.Allows(path)) {
    return Outcome::Error(429, "request path \"" + path + "\": rate limit quota exceeded");
  }
  const auto verb = VerbOf(request);
  if (!verb) {
    Outcome refused = Outcome::NotFound();
    refused.status = 405;
    return refused;
  }
  Call call;
  call.verb = *verb;
  if (*verb == Verb::kUpdate) {
    auto data = ParseBody(request.body);
    if (!data) return Outcome::Invalid(std::string(release_.malformed_json()));
    call.data = *std::move(data);
    const auto batch = call.data.find("batch_input");
    if (batch != call.data.end() && batch->is_array()) *batch_items = batch->size();
  }
  if (*verb == Verb::kList && !path.ends_with('/')) path += "/";
  if (availability_.sealed()) return Outcome::Error(503, "Vault is sealed");
  const auto name_space = mounts_.ResolveNamespace(request.Header("x-vault-namespace"), &path);
  if (!name_space) return Outcome::Error(404, "namespace not found");
  if (*verb == Verb::kUpdate && path.ends_with('/')) {
    return Outcome::Invalid("cannot write to a path ending in '/'");
  }
  call.name_space = *name_space;
  call.client_certificate = request.peer->certificate;
  call.client_chain = request.peer->chain;
  const auto route = mounts_.Find(call.name_space, path);
  if (route) {
    call.mount = route->path;
    call.path = path.substr(route->path.size());
    if (route->mount.auth != nullptr && route->mount.auth->Unauthenticated(call.path)) {
      return route->mount.auth->Handle(call);
    }
  } else if (path.starts_with("sys/")) {
    call.mount = "sys/";
    call.path = path.substr(call.mount.size());
  } else if (path.starts_with("auth/token/")) {
    call.mount = "auth/token/";
    call.path = path.substr(call.mount.size());
  } else {
    call.path = path;
  }
  const auto token = tokens_.Find(std::string(TokenOf(request)));
  if (token == nullptr) return Outcome::Error(403, "permission denied");
  call.token = token.get();
  const bool creates = *verb == Verb::kUpdate && route && route->mount.transit != nullptr &&
                       route->mount.transit->EncryptWouldCreate(call.path);
  const Capabilities granted =
      policies_.CapabilitiesOn(token->name_space, token->policies, call.name_space + path);
  if (!Grants(granted, creates ? "create" : CapabilityFor(*verb))) {
    return Outcome::Wrapped(403, "permission denied");
  }
  return Dispatch(call, route);
}

Outcome Router::Dispatch(Call& call, const std::optional<MountTable::Route>& route) {
  if (route) {
    return route->mount.transit != nullptr ? route->mount.transit->Handle(call)
                                           : route->mount.auth->Handle(call);
  }
  if (call.mount == "sys/") return sys_.Handle(call);
  if (call.mount == "auth/token/") return token_routes_.Handle(call);
  return Outcome::Error(404, NoHandler(call.path));
}

}  // namespace baokms::emulator
