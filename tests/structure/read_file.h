#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace baokms::structure {

// Empty when it cannot be read.
inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace baokms::structure
