// A value as kube-apiserver's decoder is handed it: what JSON can say, with lines. A configuration
// file becomes one of these whether it is YAML or JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace baokms::adapters::config_yaml {

struct GoValue {
  // kWhole: a number that reads as a 64-bit integer; kNumber: any other.
  enum class Kind : std::uint8_t { kNull, kBoolean, kWhole, kNumber, kText, kList, kMapping };
  struct Entry;

  Kind kind = Kind::kNull;
  int line = 0;  // 1-based; 0 in JSON
  std::int64_t whole = 0;
  std::string text;
  std::vector<GoValue> items;
  std::vector<Entry> entries;  // keys differ
};

struct GoValue::Entry {
  std::string key;
  int line = 0;
  GoValue value;
};

// Nothing that kube-apiserver accepts is nested anywhere near this deep.
inline constexpr int kMostLevels = 100;

}  // namespace baokms::adapters::config_yaml
