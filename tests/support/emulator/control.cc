#include "tests/support/emulator/control.h"

#include <algorithm>
#include <utility>

namespace baokms::emulator {
namespace {

Emulator::ApiReply Ok(Json body = Json::object()) { return {200, std::move(body)}; }
Emulator::ApiReply Refused(const std::string& why) { return {400, {{"error", why}}}; }

std::vector<std::string> Names(const Json& data, const char* field) {
  return data.value(field, std::vector<std::string>());
}

LeafRequest LeafFromJson(const Json& data) {
  LeafRequest leaf;
  leaf.common_name = data.value("common_name", "");
  leaf.dns_sans = Names(data, "dns_sans");
  leaf.uri_sans = Names(data, "uri_sans");
  leaf.ip_sans = Names(data, "ip_sans");
  leaf.not_before_offset = data.value("not_before_offset", leaf.not_before_offset);
  leaf.valid_seconds = data.value("valid_seconds", leaf.valid_seconds);
  if (data.value("key_type", "ec") == "rsa") leaf.key_kind = SigningKeyKind::kRsa2048;
  if (data.value("key_type", "ec") == "ed25519") leaf.key_kind = SigningKeyKind::kEd25519;
  if (data.contains("private_key")) {
    leaf.key = ReadPrivateKey(data["private_key"].get<std::string>());
  }
  return leaf;
}

}  // namespace

Emulator::ApiReply ControlApi::Handle(const std::string& method, const std::string& path,
                                      const Json& data) {
  try {
    if (path == "faults") return Faults(method, data);
    if (path == "info") return Info();
    if (path == "counters") {
      if (method == "DELETE") emulator_.counters_.Reset();
      Json totals = emulator_.counters_.Totals();
      totals["connections_open"] = emulator_.api_->open_connections();
      return Ok(std::move(totals));
    }
    if (path == "requests") return Ok(emulator_.counters_.Requests());
    if (path == "tokens" && method == "GET") return ListTokens();
    if (method != "POST") return Refused("no such control path for " + method);
    return Post(path, data);
  } catch (const std::exception& error) {
    return Refused(error.what());
  }
}

Emulator::ApiReply ControlApi::Post(const std::string& path, const Json& data) {
  Availability& availability = emulator_.router_.availability();
  if (path.starts_with("transit/")) return Transit(path.substr(8), data);
  if (path == "clock") {
    emulator_.clock_.SetOffsetMillis(data.contains("offset_ms")
                                         ? data["offset_ms"].get<std::int64_t>()
                                         : data.value("offset_seconds", std::int64_t{0}) * 1000);
    return Ok({{"now", emulator_.clock_.UnixSeconds()}});
  }
  if (path == "seal" || path == "unseal") {
    availability.SetSealed(path == "seal");
    return Ok();
  }
  if (path == "standby") {
    Standby standby;
    standby.enabled = data.value("enabled", true);
    standby.status = data.value("status", standby.status);
    standby.redirect_to = data.value("redirect_to", "");
    availability.SetStandby(std::move(standby));
    return Ok();
  }
  if (path == "rate-limit") {
    if (data.value("enabled", true)) {
      availability.SetQuota("emulator-control", data.value("path", ""), data.value("rate", 0.0),
                            data.value("interval_seconds", std::int64_t{86400}));
    } else {
      availability.RemoveQuota("emulator-control");
    }
    return Ok();
  }
  if (path == "tokens/revoke") return RevokeTokens(data);
  if (path == "tls/rotate") return RotateTls(data);
  if (path == "connections/close") {
    emulator_.api_->CloseConnections(data.value("reset", false) ? Connection::Ending::kReset
                                                                : Connection::Ending::kFin);
    return Ok();
  }
  if (path == "listener") {
    if (!data.value("listening", true)) {
      emulator_.api_->StopListening();
      return Ok();
    }
    const auto listening = emulator_.api_->Listen();
    return listening ? Ok() : Refused(listening.error());
  }
  if (path == "jwt") {
    return Ok({{"jwt", emulator_.MintJwt(data.value("claims", Json::object()),
                                         data.value("valid_seconds", std::int64_t{86400}))}});
  }
  if (path == "client-certificate") return ClientCertificate(data);
  return Refused("no such control path: " + path);
}

Emulator::ApiReply ControlApi::Faults(const std::string& method, const Json& data) {
  if (method == "DELETE") {
    emulator_.faults_.Clear();
    return Ok();
  }
  if (method == "GET") return Ok(emulator_.faults_.Describe());
  std::vector<Fault> faults;
  for (const Json& json : data.is_array() ? data : Json::array({data})) {
    auto fault = FaultFromJson(json);
    if (!fault) return Refused(fault.error());
    faults.push_back(*std::move(fault));
  }
  for (Fault& fault : faults) emulator_.faults_.Add(std::move(fault));
  return Ok();
}

Emulator::ApiReply ControlApi::Transit(const std::string& action, const Json& data) {
  const std::string mount = data.value("mount", "transit") + "/";
  const std::string name_space = data.value("namespace", "");
  const auto route = emulator_.router_.mounts().Find(
      name_space.empty() || name_space.ends_with('/') ? name_space : name_space + "/", mount);
  if (!route || route->mount.transit == nullptr) return Refused("no such transit mount");
  const std::string key = data.at("key").get<std::string>();
  bool done = false;
  if (action == "creation-time") {
    done = route->mount.transit->SetCreationTime(key, data.at("version").get<std::int64_t>(),
                                                 data.at("unix_seconds").get<std::int64_t>());
  } else if (action == "roll-back") {
    done = route->mount.transit->RollBack(key, data.at("latest_version").get<std::int64_t>());
  } else {
    return Refused("no such control path: transit/" + action);
  }
  return done ? Ok() : Refused("no such key or version");
}

Emulator::ApiReply ControlApi::RevokeTokens(const Json& data) {
  TokenStore& tokens = emulator_.router_.tokens();
  if (data.value("all", false)) return Ok({{"revoked", tokens.RevokeAll()}});
  const bool revoked = tokens.Revoke(data.at("token").get<std::string>());
  return Ok({{"revoked", revoked ? 1 : 0}});
}

Emulator::ApiReply ControlApi::ListTokens() const {
  TokenStore& tokens = emulator_.router_.tokens();
  Json list = Json::array();
  for (const auto& token : tokens.All()) {
    list.push_back({{"token", token->id},
                    {"accessor", token->accessor},
                    {"path", token->path},
                    {"policies", token->policies},
                    {"ttl", tokens.TtlSeconds(*token)}});
  }
  return Ok(std::move(list));
}

Emulator::ApiReply ControlApi::RotateTls(const Json& data) {
  if (data.contains("leaf")) emulator_.tls_.SetLeaf(LeafFromJson(data["leaf"]));
  const auto rotated = emulator_.tls_.Rotate(data.value("new_ca", true));
  if (!rotated) return Refused(rotated.error());
  if (data.contains("client_certificates")) {
    const std::string wanted = data["client_certificates"].get<std::string>();
    emulator_.tls_.SetClientCertificates(wanted == "none"      ? ClientCertificates::kNone
                                         : wanted == "require" ? ClientCertificates::kRequire
                                                               : ClientCertificates::kRequest);
  }
  return Ok({{"ca_pem", emulator_.tls_.ca_pem()}});
}

Emulator::ApiReply ControlApi::ClientCertificate(const Json& data) {
  const CertificateAndKey issued = emulator_.IssueClientCertificate(LeafFromJson(data));
  return Ok({{"certificate", issued.certificate_pem},
             {"private_key", issued.private_key_pem},
             {"ca", emulator_.ClientCaPem()}});
}

Emulator::ApiReply ControlApi::Info() const {
  return Ok({{"address", emulator_.Address()},
             {"control", emulator_.ControlAddress()},
             {"ca_file", emulator_.tls_.ca_file()},
             {"ca_pem", emulator_.tls_.ca_pem()},
             {"root_token", emulator_.options_.root_token},
             {"jwt_issuer_public_key", emulator_.IssuerPublicKeyPem()},
             {"client_ca_pem", emulator_.ClientCaPem()},
             {"now", emulator_.clock_.UnixSeconds()}});
}

}  // namespace baokms::emulator
