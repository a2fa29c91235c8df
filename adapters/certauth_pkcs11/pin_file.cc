#include "adapters/certauth_pkcs11/pin_file.h"

#include <algorithm>
#include <utility>

namespace baokms::adapters::certauth_pkcs11 {

OrProblem<core::Secret> ReadPinFile(const ports::FileReader& files, const std::string& path) {
  auto content = files.Read(path, ports::kPinFile);
  if (!content) return std::unexpected(PinFileProblem{content.error()});
  if (content->ExposeSecret().ends_with('\n')) content->Truncate(content->size() - 1);
  const auto ends_line = [](char c) { return c == '\n' || c == '\r' || c == '\0'; };
  if (content->empty() || std::ranges::any_of(content->ExposeSecret(), ends_line)) {
    return std::unexpected(Pkcs11Problem::kPinNotOneLine);
  }
  return *std::move(content);
}

}  // namespace baokms::adapters::certauth_pkcs11
