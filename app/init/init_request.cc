#include "app/init/init_request.h"

#include <algorithm>
#include <optional>

namespace baokms::app {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool ConsistsOf(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool SameLetters(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
}

// A part of a repository's path: "kms", "my-team".
bool IsPathPart(std::string_view part) {
  return ConsistsOf(part, std::string(kLower) + "._-") && kLower.contains(part.front()) &&
         kLower.contains(part.back());
}

// "registry.example:5000".
bool IsRegistry(std::string_view host) {
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos && !ConsistsOf(host.substr(colon + 1), kDigits)) return false;
  host = host.substr(0, colon);
  return ConsistsOf(host, std::string(kLetters) + ".-") && kLetters.contains(host.front());
}

bool IsRepository(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return IsPathPart(name);
  if (!IsRegistry(name.substr(0, slash))) return false;
  for (name.remove_prefix(slash + 1);;) {
    const std::size_t end = name.find('/');
    if (!IsPathPart(name.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    name.remove_prefix(end + 1);
  }
}

}  // namespace

std::string CheckPolicyName(std::string_view name) {
  if (!ConsistsOf(name, std::string(kLetters) + "_.-") || name.front() == '.' ||
      name.front() == '-') {
    return "must be letters, digits, '_', '.' or '-', and begin with a letter, a digit or '_'";
  }
  // OpenBao does not tell upper case from lower case there.
  if (SameLetters(name, "root") || SameLetters(name, "default")) {
    return "must not be root or default, which are OpenBao's own policies";
  }
  return "";
}

std::string CheckImage(std::string_view image) {
  constexpr std::string_view kDigest = "@sha256:";
  const std::size_t at = image.find(kDigest);
  const bool fits = at != std::string_view::npos && IsRepository(image.substr(0, at)) &&
                    image.size() - at - kDigest.size() == 64 &&
                    ConsistsOf(image.substr(at + kDigest.size()), "0123456789abcdef");
  return fits ? ""
              : "must be repository@sha256: followed by 64 lower-case hex digits, without a tag";
}

std::string CheckModelFlags(const InitRequest& request) {
  if (request.model == DeploymentModel::kStaticPod) {
    if (request.image.empty()) return "--image is required with --model static-pod";
    if (request.socket_gid == 0) return "--socket-gid is required with --model static-pod";
    return "";
  }
  if (!request.image.empty()) return "--image is only for --model static-pod";
  if (request.socket_gid != 0) return "--socket-gid is only for --model static-pod";
  return "";
}

}  // namespace baokms::app
