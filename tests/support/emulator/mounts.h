// Namespaces and what is mounted where.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/emulator/auth_method.h"
#include "tests/support/emulator/release.h"
#include "tests/support/emulator/transit_engine.h"

namespace baokms::emulator {

struct Mount {
  std::string type;
  std::string description;
  std::shared_ptr<TransitEngine> transit;  // one of the two is set
  std::shared_ptr<AuthMethod> auth;
};

// Thread safe. Paths end in '/'; auth mounts are at "auth/<path>/".
class MountTable {
 public:
  MountTable(const Clock& clock, TokenStore& tokens, const Release& release)
      : clock_(clock), tokens_(tokens), release_(release) {}

  bool AddNamespace(const std::string& name_space);  // "ns1/"
  bool RemoveNamespace(const std::string& name_space);
  std::vector<std::string> Namespaces() const;
  // The namespace of a request: the header's, then those at the front of the path, which is
  // shortened by them. Nothing for an unknown header.
  std::optional<std::string> ResolveNamespace(std::string_view header, std::string* path) const;

  // Null error on success; else the text of a 400.
  std::optional<std::string> Enable(const std::string& name_space, const std::string& path,
                                    const std::string& type, const std::string& description);
  void Disable(const std::string& name_space, const std::string& path);

  struct Route {
    std::string path;  // the mount's, in its namespace
    Mount mount;
  };
  std::optional<Route> Find(const std::string& name_space, std::string_view path) const;
  std::map<std::string, Mount> In(const std::string& name_space) const;

 private:
  const Clock& clock_;
  TokenStore& tokens_;
  const Release& release_;
  mutable std::shared_mutex mutex_;
  std::set<std::string> namespaces_;
  std::map<std::pair<std::string, std::string>, Mount> mounts_;
};

}  // namespace baokms::emulator
