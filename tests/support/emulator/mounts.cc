#include "tests/support/emulator/mounts.h"

#include <mutex>

#include "tests/support/emulator/cert_auth.h"
#include "tests/support/emulator/jwt_auth.h"

namespace baokms::emulator {

bool MountTable::AddNamespace(const std::string& name_space) {
  const std::unique_lock lock(mutex_);
  return namespaces_.insert(name_space).second;
}

bool MountTable::RemoveNamespace(const std::string& name_space) {
  const std::unique_lock lock(mutex_);
  std::erase_if(mounts_,
                [&name_space](const auto& entry) { return entry.first.first == name_space; });
  return namespaces_.erase(name_space) > 0;
}

std::vector<std::string> MountTable::Namespaces() const {
  const std::shared_lock lock(mutex_);
  return {namespaces_.begin(), namespaces_.end()};
}

std::optional<std::string> MountTable::ResolveNamespace(std::string_view header,
                                                        std::string* path) const {
  std::string name_space(header);
  while (name_space.starts_with('/')) name_space.erase(0, 1);
  if (!name_space.empty() && !name_space.ends_with('/')) name_space += "/";
  if (name_space == "root/") name_space.clear();
  const std::shared_lock lock(mutex_);
  if (!name_space.empty() && !namespaces_.contains(name_space)) return std::nullopt;
  while (true) {
    const auto slash = path->find('/');
    if (slash == std::string::npos) return name_space;
    const std::string inner = name_space + path->substr(0, slash + 1);
    if (!namespaces_.contains(inner)) return name_space;
    name_space = inner;
    path->erase(0, slash + 1);
  }
}

std::optional<std::string> MountTable::Enable(const std::string& name_space,
                                              const std::string& path, const std::string& type,
                                              const std::string& description) {
  Mount mount{type, description, nullptr, nullptr};
  const bool auth = path.starts_with("auth/");
  if (!auth && type == "transit") {
    mount.transit = std::make_shared<TransitEngine>(clock_);
  } else if (auth && type == "jwt") {
    mount.auth = std::make_shared<JwtAuth>(clock_, tokens_);
  } else if (auth && type == "cert") {
    mount.auth = std::make_shared<CertAuth>(clock_, tokens_, release_);
  } else {
    return "plugin not found in the catalog: " + type;
  }
  const std::unique_lock lock(mutex_);
  for (const auto& [place, other] : mounts_) {
    if (place.first != name_space) continue;
    if (place.second.starts_with(path) || path.starts_with(place.second)) {
      return "path is already in use at " + place.second;
    }
  }
  mounts_[{name_space, path}] = std::move(mount);
  return std::nullopt;
}

void MountTable::Disable(const std::string& name_space, const std::string& path) {
  const std::unique_lock lock(mutex_);
  mounts_.erase({name_space, path});
}

std::optional<MountTable::Route> MountTable::Find(const std::string& name_space,
                                                  std::string_view path) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [place, mount] : mounts_) {
    if (place.first == name_space && path.starts_with(place.second)) {
      return Route{place.second, mount};
    }
  }
  return std::nullopt;
}

std::map<std::string, Mount> MountTable::In(const std::string& name_space) const {
  const std::shared_lock lock(mutex_);
  std::map<std::string, Mount> found;
  for (const auto& [place, mount] : mounts_) {
    if (place.first == name_space) found[place.second] = mount;
  }
  return found;
}

}  // namespace baokms::emulator
