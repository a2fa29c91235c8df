#include "app/checks/kube_apiserver_process.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace baokms::app {
namespace {

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
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    numbers.push_back(number);
  }
  return numbers;
}

bool IsNumber(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
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
  SocketCaller caller{.uid = static_cast<uid_t>((*uids)[1]),
                      .gid = static_cast<gid_t>((*gids)[1]),
                      .groups = {}};
  for (const std::uint64_t group : *groups) caller.groups.push_back(static_cast<gid_t>(group));
  // Of another user it is a capability over a user namespace, not over this node's files.
  caller.overrides_modes = caller.uid == 0 && ((capabilities->front() >> kDacOverride) & 1U) != 0;
  return caller;
}

std::vector<SocketCaller> FindKubeApiservers(const std::string& proc) {
  std::vector<SocketCaller> callers;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(proc, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (!IsNumber(entry->path().filename().string())) continue;
    if (ReadText(entry->path() / "comm") != std::string(kProgram) + '\n') continue;
    const auto caller = ParseProcessStatus(ReadText(entry->path() / "status"));
    if (caller && std::ranges::find(callers, *caller) == callers.end()) callers.push_back(*caller);
  }
  return callers;
}

}  // namespace baokms::app
