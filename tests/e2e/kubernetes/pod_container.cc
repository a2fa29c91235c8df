#include "tests/e2e/kubernetes/pod_container.h"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace baokms::e2e {
namespace {

namespace fs = std::filesystem;

// What a kubelet does about a hostPath before it mounts it.
void CheckHostPath(const fs::path& path, const std::string& type) {
  CAPTURE(path);
  CAPTURE(type);
  if (type == "DirectoryOrCreate") fs::create_directories(path);
  const bool is_directory = type == "Directory" || type == "DirectoryOrCreate";
  REQUIRE(is_directory);
  REQUIRE(fs::is_directory(path));
}

}  // namespace

PodIdentity IdentityOf(const std::string& manifest) {
  const YAML::Node context = YAML::Load(manifest)["spec"]["securityContext"];
  PodIdentity identity{.user = context["runAsUser"].as<std::string>("0"),
                       .group = context["runAsGroup"].as<std::string>("0")};
  for (const YAML::Node& group : context["supplementalGroups"]) {
    identity.groups.push_back(group.as<std::string>());
  }
  return identity;
}

PodContainer::PodContainer(const ScratchMachine& node, const std::string& manifest,
                           const std::string& program) {
  const YAML::Node spec = YAML::Load(manifest)["spec"];
  const YAML::Node container = spec["containers"][0];
  for (const YAML::Node& word : container["command"]) command.push_back(word.as<std::string>());
  const std::string inside = "/local/bin/" + command.front();
  fs::copy_file(program, root_.At(inside));
  for (const YAML::Node& mount : container["volumeMounts"]) {
    for (const YAML::Node& volume : spec["volumes"]) {
      if (volume["name"].as<std::string>() != mount["name"].as<std::string>()) continue;
      const std::string path = volume["hostPath"]["path"].as<std::string>();
      CheckHostPath(node.At(path), volume["hostPath"]["type"].as<std::string>(""));
      Mount(node.At(path), root_.At(mount["mountPath"].as<std::string>()),
            mount["readOnly"].as<bool>(false));
    }
  }
}

PodContainer::~PodContainer() {
  process_.reset();
  for (auto mounted = mounts_.rbegin(); mounted != mounts_.rend(); ++mounted) {
    if (umount2(mounted->c_str(), MNT_DETACH) == 0) continue;
    std::fprintf(stderr, "%s cannot be unmounted\n", mounted->c_str());
    std::abort();
  }
}

void PodContainer::Mount(const std::string& from, const std::string& to, bool read_only) {
  // Below /usr is this system's own already.
  if (!to.starts_with(root_.At("/usr/"))) fs::create_directories(to);
  CAPTURE(to);
  REQUIRE(mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0);
  mounts_.push_back(to);
  if (!read_only) return;
  REQUIRE(mount(nullptr, to.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0);
}

void PodContainer::Start(const PodIdentity& identity) {
  process_.reset();
  fs::remove(output_.File("log"));
  std::string groups;
  for (const std::string& group : identity.groups) groups += (groups.empty() ? "" : ",") + group;
  std::vector<std::string> argv = {"/usr/bin/setpriv",
                                   "--reuid=" + identity.user,
                                   "--regid=" + identity.group,
                                   groups.empty() ? "--clear-groups" : "--groups=" + groups,
                                   "--inh-caps=-all",
                                   "--bounding-set=-all",
                                   "/usr/local/bin/" + command.front()};
  argv.insert(argv.end(), command.begin() + 1, command.end());
  process_ = std::make_unique<testing::ChildProcess>(
      testing::ChildProcess::Options{.argv = ScratchMachine::Inside(root_.root(), std::move(argv)),
                                     .stdout_file = output_.File("log"),
                                     .stderr_file = output_.File("log")});
}

}  // namespace baokms::e2e
