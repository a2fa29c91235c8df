#include "app/checks/kube_apiserver_process.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <system_error>
#include <utility>

#include "adapters/posix/descriptor.h"

namespace baokms::app {
namespace {

using adapters::posix::Descriptor;

constexpr std::string_view kProgram = "kube-apiserver";
constexpr unsigned kDacOverride = 1;  // CAP_DAC_OVERRIDE

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The numbers behind "<name>:".
std::optional<std::vector<std::uint64_t>> Field(std::string_view text, std::string_view name,
                                                int base) {
  std::string line_begin = "\n";
  line_begin.append(name).append(":");
  const std::size_t at = text.find(line_begin);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + line_begin.size());
  text = text.substr(0, text.find('\n'));
  std::vector<std::uint64_t> numbers;
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == '\t') {
      text.remove_prefix(1);
      continue;
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    numbers.push_back(number);
  }
  return numbers;
}

std::optional<pid_t> ParsePid(const std::string& name) {
  pid_t pid = 0;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, pid);
  if (parsed.ec != std::errc() || parsed.ptr != end || pid <= 0) return std::nullopt;
  return pid;
}

// `path` as a process with this root finds it: its absolute links lead to its own files.
Descriptor OpenInRoot(const Descriptor& root, const std::string& path) {
  open_how how{.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .mode = 0, .resolve = RESOLVE_IN_ROOT};
  // glibc has no function for it.
  const long fd = syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how);
  if (fd >= 0 || errno != ENOSYS) return Descriptor(static_cast<int>(fd));
  // Before Linux 5.6: links lead to this process's files.
  return Descriptor(openat(root.get(), path.substr(1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::optional<bool> HasSameDirectory(const std::filesystem::path& root,
                                     const std::string& directory) {
  struct stat here{};
  if (stat(directory.c_str(), &here) != 0) return std::nullopt;
  const Descriptor of_process(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!of_process.valid()) return std::nullopt;
  const Descriptor found = OpenInRoot(of_process, directory);
  struct stat there{};
  if (!found.valid() || fstat(found.get(), &there) != 0) return false;
  return here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

}  // namespace

std::optional<SocketCaller> ParseProcessStatus(std::string_view text) {
  // Real, effective, saved, of the file system: the effective ones are what the socket's peer sees.
  const auto uids = Field(text, "Uid", 10);
  const auto gids = Field(text, "Gid", 10);
  const auto groups = Field(text, "Groups", 10);
  const auto capabilities = Field(text, "CapEff", 16);
  if (!uids || uids->size() != 4 || !gids || gids->size() != 4 || !groups || !capabilities ||
      capabilities->size() != 1) {
    return std::nullopt;
  }
  SocketCaller caller{
      .uid = static_cast<uid_t>((*uids)[1]), .gid = static_cast<gid_t>((*gids)[1]), .groups = {}};
  for (const std::uint64_t group : *groups) caller.groups.push_back(static_cast<gid_t>(group));
  // Of another user it is a capability over a user namespace, not over this node's files.
  caller.overrides_modes = caller.uid == 0 && ((capabilities->front() >> kDacOverride) & 1U) != 0;
  return caller;
}

std::string Described(const KubeApiserver& found) {
  return "kube-apiserver (pid " + std::to_string(found.pid) + ", uid " +
         std::to_string(found.user.uid) + ")";
}

std::vector<KubeApiserver> FindKubeApiservers(const std::string& socket_path,
                                              const std::string& proc) {
  const std::string directory = socket_path.substr(0, socket_path.rfind('/'));
  std::vector<KubeApiserver> all;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(proc, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto pid = ParsePid(entry->path().filename().string());
    if (!pid) continue;
    if (ReadText(entry->path() / "comm") != std::string(kProgram) + '\n') continue;
    auto user = ParseProcessStatus(ReadText(entry->path() / "status"));
    if (!user) continue;
    all.push_back({.pid = *pid,
                   .user = *std::move(user),
                   .sees_socket = HasSameDirectory(entry->path() / "root", directory)});
  }
  std::ranges::sort(all, {}, &KubeApiserver::pid);
  const auto sees = [](const KubeApiserver& found) { return found.sees_socket == true; };
  if (std::ranges::any_of(all, sees)) std::erase_if(all, std::not_fn(sees));
  std::vector<KubeApiserver> found;
  for (KubeApiserver& next : all) {
    if (std::ranges::find(found, next.user, &KubeApiserver::user) == found.end()) {
      found.push_back(std::move(next));
    }
  }
  return found;
}

}  // namespace baokms::app
