#include "adapters/certauth_pkcs11/pin_file.h"

#include <utility>

#include "core/model/credential_line.h"

namespace baokms::adapters::certauth_pkcs11 {

OrProblem<core::Secret> ReadPinFile(const ports::FileReader& files, const std::string& path) {
  auto content = files.Read(path, ports::kPinFile);
  if (!content) return std::unexpected(PinFileProblem{content.error()});
  auto line = core::CredentialLine(*std::move(content), core::BlanksBehind::kRefuse);
  if (!line) return std::unexpected(PinLineProblem{line.error()});
  return *std::move(line);
}

}  // namespace baokms::adapters::certauth_pkcs11
