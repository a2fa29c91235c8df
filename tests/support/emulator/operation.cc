#include "tests/support/emulator/operation.h"

#include <algorithm>
#include <array>

namespace baokms::emulator {
namespace {

constexpr std::array<std::string_view, 12> kOperations = {"jwt_login",
                                                          "cert_login",
                                                          "token_renew_self",
                                                          "token_revoke_self",
                                                          "transit_metadata_read",
                                                          "transit_disable_upsert_read",
                                                          "transit_encrypt",
                                                          "transit_decrypt",
                                                          "capabilities_self",
                                                          "sys_health",
                                                          "other",
                                                          "any"};

}  // namespace

std::string_view ClassifyOperation(std::string_view method, std::string_view path,
                                   std::string_view login_type) {
  if (path.ends_with("auth/token/renew-self")) return "token_renew_self";
  if (path.ends_with("auth/token/revoke-self")) return "token_revoke_self";
  if (path.ends_with("sys/capabilities-self")) return "capabilities_self";
  if (path == "sys/health") return "sys_health";
  if (path.ends_with("/login") && path.find("auth/") != std::string_view::npos) {
    // Before its mount exists a login is told apart by the mount's usual name.
    const bool cert =
        login_type == "cert" || (login_type.empty() && path.find("cert") != std::string_view::npos);
    return cert ? "cert_login" : "jwt_login";
  }
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || path.starts_with("sys/")) return "other";
  std::string_view parent = path.substr(0, slash);
  const auto parent_slash = parent.rfind('/');
  if (parent_slash == std::string_view::npos) return "other";
  parent.remove_prefix(parent_slash + 1);
  const bool write = method == "POST" || method == "PUT";
  if (write && parent == "encrypt") return "transit_encrypt";
  if (write && parent == "decrypt") return "transit_decrypt";
  if (method == "GET" && path.ends_with("/config/keys")) return "transit_disable_upsert_read";
  if (method == "GET" && parent == "keys") return "transit_metadata_read";
  return "other";
}

bool IsOperation(std::string_view name) {
  return std::ranges::find(kOperations, name) != kOperations.end();
}

}  // namespace baokms::emulator
