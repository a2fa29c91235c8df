#include "tests/support/harness/planted.h"

#include <algorithm>
#include <mutex>

namespace baokms::testing {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kMost = 300;

std::mutex mutex;

std::vector<Planted>& Store() {
  static std::vector<Planted> store;
  return store;
}

// "xxxxxxxx" is in many a line.
bool IsOneByteOverAndOver(std::string_view bytes) {
  return std::ranges::all_of(bytes, [&](char byte) { return byte == bytes.front(); });
}

}  // namespace

void Plant(Planted::Kind kind, std::string_view what, std::string_view bytes) {
  if (bytes.size() < kShortest || IsOneByteOverAndOver(bytes)) return;
  const std::scoped_lock lock(mutex);
  std::vector<Planted>& store = Store();
  if (store.size() >= kMost) return;
  const auto same = [&](const Planted& planted) { return planted.bytes == bytes; };
  if (std::ranges::any_of(store, same)) return;
  store.push_back({.kind = kind, .what = std::string(what), .bytes = std::string(bytes)});
}

std::vector<Planted> AllPlanted() {
  const std::scoped_lock lock(mutex);
  return Store();
}

}  // namespace baokms::testing
