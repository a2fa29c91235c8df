#include "tests/support/emulator/sys_routes.h"

#include <cstdlib>
#include <utility>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/fields.h"

namespace baokms::emulator {
namespace {

constexpr const char* kClusterName = "openbao-emulator";

std::string WithSlash(std::string path) {
  if (!path.ends_with('/')) path += "/";
  return path;
}

Json DescribeMount(const std::string& path, const Mount& mount, const Release& release) {
  const std::string uuid = StableUuid(path + mount.type);
  return {{"accessor", mount.type + "_" + uuid.substr(0, 8)},
          {"config", {{"default_lease_ttl", 0}, {"force_no_cache", false}, {"max_lease_ttl", 0}}},
          {"deprecation_status", "supported"},
          {"description", mount.description},
          {"external_entropy_access", false},
          {"local", false},
          {"options", Json::object()},
          {"plugin_version", ""},
          {"running_plugin_version", "v" + release.version() + "+builtin.bao"},
          {"running_sha256", ""},
          {"seal_wrap", false},
          {"type", mount.type},
          {"uuid", uuid}};
}

HttpReply JsonReply(int status, const Json& body) { return {status, {}, GoJson(body) + "\n"}; }

int StatusFromQuery(const HttpRequest& request, const char* name, int fallback) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? fallback : std::atoi(found->second.c_str());
}

}  // namespace

Outcome SysRoutes::Handle(const Call& call) {
  const std::string& path = call.path;
  if (path == "capabilities-self") {
    return call.verb == Verb::kUpdate ? CapabilitiesSelf(call) : Outcome::UnsupportedOperation();
  }
  if (path == "seal" && call.verb == Verb::kUpdate) {
    availability_.SetSealed(true);
    return Outcome::NoContent();
  }
  if (path == "mounts" || path == "auth") {
    const bool auth = path == "auth";
    Json list = Json::object();
    for (const auto& [place, mount] : mounts_.In(call.name_space)) {
      if (place.starts_with("auth/") != auth) continue;
      list[auth ? place.substr(5) : place] = DescribeMount(place, mount, release_);
    }
    return Outcome::DataAndTop(std::move(list));
  }
  if (path.starts_with("mounts/")) return HandleMounts(call, "", path.substr(7));
  if (path.starts_with("auth/")) return HandleMounts(call, "auth/", path.substr(5));
  if (path == "policies/acl" || path == "policies/acl/") {
    if (call.verb != Verb::kList) return Outcome::UnsupportedOperation();
    return Outcome::Data({{"keys", policies_.Names(call.name_space)}});
  }
  if (path.starts_with("policies/acl/")) return HandlePolicy(call, path.substr(13));
  if (path.starts_with("policy/")) return HandlePolicy(call, path.substr(7));
  if (path.starts_with("namespaces/")) return HandleNamespace(call, path.substr(11));
  if (path.starts_with("quotas/rate-limit/")) return HandleQuota(call, path.substr(18));
  return Outcome::UnsupportedPath();
}

Outcome SysRoutes::HandleMounts(const Call& call, const std::string& prefix,
                                const std::string& rest) {
  if (rest.ends_with("/tune")) {
    return call.verb == Verb::kUpdate ? Outcome::NoContent() : Outcome::UnsupportedOperation();
  }
  const std::string place = prefix + WithSlash(rest);
  switch (call.verb) {
    case Verb::kUpdate: {
      const auto refused = mounts_.Enable(call.name_space, place, TextField(call.data, "type"),
                                          TextField(call.data, "description"));
      return refused ? Outcome::Invalid(*refused) : Outcome::NoContent();
    }
    case Verb::kDelete:
      mounts_.Disable(call.name_space, place);
      return Outcome::NoContent();
    case Verb::kRead: {
      const auto all = mounts_.In(call.name_space);
      const auto found = all.find(place);
      if (found == all.end()) return Outcome::Invalid("No auth engine at " + WithSlash(rest));
      return Outcome::DataAndTop(DescribeMount(place, found->second, release_));
    }
    case Verb::kList:
      break;
  }
  return Outcome::UnsupportedOperation();
}

Outcome SysRoutes::HandlePolicy(const Call& call, const std::string& name) {
  switch (call.verb) {
    case Verb::kUpdate: {
      std::string text = TextField(call.data, "policy");
      if (text.empty()) return Outcome::Invalid("'policy' parameter not supplied or empty");
      if (name == "root") return Outcome::Invalid("cannot update \"root\" policy");
      // OpenBao takes the text in base64 too.
      if (text.find_first_of(" {\n") == std::string::npos) {
        text = Base64Decode(text).value_or(text);
      }
      const auto stored = policies_.Put(call.name_space, name, text);
      return stored ? Outcome::NoContent() : Outcome::Invalid(stored.error());
    }
    case Verb::kRead: {
      const auto text = policies_.Text(call.name_space, name);
      if (!text) return Outcome::NotFound();
      return Outcome::Data({{"name", name},
                            {"policy", *text},
                            {"cas_required", false},
                            {"version", 1},
                            {"modified", Rfc3339(clock_.UnixMillis())}});
    }
    case Verb::kDelete:
      policies_.Remove(call.name_space, name);
      return Outcome::NoContent();
    case Verb::kList:
      break;
  }
  return Outcome::UnsupportedOperation();
}

Outcome SysRoutes::HandleNamespace(const Call& call, const std::string& name) {
  const std::string full = call.name_space + WithSlash(name);
  switch (call.verb) {
    case Verb::kUpdate:
    case Verb::kRead: {
      if (call.verb == Verb::kUpdate) {
        mounts_.AddNamespace(full);
      } else {
        std::string path = full;
        if (mounts_.ResolveNamespace("", &path) != full) return Outcome::NotFound();
      }
      return Outcome::Data({{"custom_metadata", Json::object()},
                            {"id", StableUuid(full).substr(0, 6)},
                            {"locked", false},
                            {"path", full},
                            {"tainted", false},
                            {"uuid", StableUuid(full)}});
    }
    case Verb::kDelete:
      mounts_.RemoveNamespace(full);
      return Outcome::NoContent();
    case Verb::kList:
      break;
  }
  return Outcome::UnsupportedOperation();
}

Outcome SysRoutes::HandleQuota(const Call& call, const std::string& name) {
  if (call.verb == Verb::kDelete) {
    availability_.RemoveQuota(name);
    return Outcome::NoContent();
  }
  if (call.verb != Verb::kUpdate) return Outcome::UnsupportedOperation();
  const auto rate = call.data.find("rate");
  if (rate == call.data.end() || !rate->is_number() || rate->get<double>() <= 0) {
    return Outcome::Invalid("'rate' is invalid");
  }
  availability_.SetQuota(name, TextField(call.data, "path"), rate->get<double>(),
                         DurationField(call.data, "interval", 1).value_or(1));
  return Outcome::NoContent();
}

Outcome SysRoutes::CapabilitiesSelf(const Call& call) const {
  std::vector<std::string> paths = ListField(call.data, "paths");
  if (paths.empty()) paths = ListField(call.data, "path");
  if (paths.empty()) return Outcome::Invalid("paths must be supplied");
  Json data = Json::object();
  for (const std::string& path : paths) {
    const Capabilities found = policies_.CapabilitiesOn(
        call.token->name_space, call.token->policies, call.name_space + path);
    data[path] = found.empty() ? Json::array({"deny"}) : Json(found);
  }
  if (paths.size() == 1) data["capabilities"] = Json(data[paths.front()]);
  return Outcome::DataAndTop(std::move(data));
}

HttpReply SysRoutes::Health(const HttpRequest& request) const {
  const bool sealed = availability_.sealed();
  const bool standby = availability_.standby().enabled;
  int status = StatusFromQuery(request, "activecode", 200);
  if (sealed) {
    status = StatusFromQuery(request, "sealedcode", 503);
  } else if (standby && !request.query.contains("standbyok")) {
    status = StatusFromQuery(request, "standbycode", 429);
  }
  Json body = {{"initialized", true},
               {"sealed", sealed},
               {"standby", sealed || standby},
               {"replication_performance_mode", sealed ? "unknown" : "disabled"},
               {"replication_dr_mode", sealed ? "unknown" : "disabled"},
               {"server_time_utc", clock_.UnixSeconds()},
               {"version", release_.version()}};
  if (release_.tells_performance_standby()) body["performance_standby"] = false;
  if (!sealed) {
    body["cluster_name"] = kClusterName;
    body["cluster_id"] = StableUuid(kClusterName);
  }
  return JsonReply(status, body);
}

HttpReply SysRoutes::SealStatus() const {
  return JsonReply(200, {{"type", "shamir"},
                         {"initialized", true},
                         {"sealed", availability_.sealed()},
                         {"t", 1},
                         {"n", 1},
                         {"progress", 0},
                         {"nonce", ""},
                         {"version", release_.version()},
                         {release_.date_field(), ""},
                         {"migration", false},
                         {"recovery_seal", false},
                         {"storage_type", "inmem"}});
}

}  // namespace baokms::emulator
