// From an HTTP request to a mount and back, with OpenBao's order of checks: rate limit, JSON, seal,
// namespace, token, policy, route.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/emulator/availability.h"
#include "tests/support/emulator/http_message.h"
#include "tests/support/emulator/logical.h"
#include "tests/support/emulator/mounts.h"
#include "tests/support/emulator/policies.h"
#include "tests/support/emulator/release.h"
#include "tests/support/emulator/sys_routes.h"
#include "tests/support/emulator/token_routes.h"
#include "tests/support/emulator/tokens.h"

namespace baokms::emulator {

struct Routed {
  HttpReply reply;
  std::size_t batch_items = 0;
};

class Router {
 public:
  Router(const Clock& clock, Release release)
      : release_(std::move(release)),
        tokens_(clock),
        mounts_(clock, tokens_, release_),
        availability_(clock),
        sys_(clock, release_, mounts_, policies_, availability_),
        token_routes_(clock, tokens_, mounts_) {}

  Routed Route(const HttpRequest& request);

  // The type of the auth mount a path (below /v1/) leads to, "" if none.
  std::string AuthMountType(std::string_view name_space_header, std::string_view path) const;

  // The headers every answer carries.
  static void AddUsualHeaders(const HttpRequest& request, HttpReply* reply);

  TokenStore& tokens() { return tokens_; }
  MountTable& mounts() { return mounts_; }
  PolicyStore& policies() { return policies_; }
  Availability& availability() { return availability_; }

 private:
  Outcome Handle(const HttpRequest& request, std::string path, std::size_t* batch_items);
  Outcome Dispatch(Call& call, const std::optional<MountTable::Route>& route);

  Release release_;
  TokenStore tokens_;
  MountTable mounts_;
  PolicyStore policies_;
  Availability availability_;
  SysRoutes sys_;
  TokenRoutes token_routes_;
};

}  // namespace baokms::emulator
