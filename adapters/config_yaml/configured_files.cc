#include "adapters/config_yaml/configured_files.h"

#include "adapters/config_yaml/field_table.h"

namespace baokms::adapters::config_yaml {
namespace {

std::string Fault(ports::FileProblem problem, std::uint32_t forbidden_mode_bits) {
  switch (problem) {
    case ports::FileProblem::kNotAbsolute:
      return "must be an absolute path";
    case ports::FileProblem::kMissing:
      return "does not exist";
    case ports::FileProblem::kUnreadable:
      return "cannot be read by this user";
    case ports::FileProblem::kSymlink:
      return "must not be a symbolic link";
    case ports::FileProblem::kNotRegular:
      return "must be a regular file";
    case ports::FileProblem::kUnsafePermissions: {
      std::string bits;
      for (std::uint32_t rest = forbidden_mode_bits; rest != 0; rest /= 8) {
        bits.insert(bits.begin(), static_cast<char>('0' + rest % 8));
      }
      return "must not have any mode bit of 0" + bits;
    }
    case ports::FileProblem::kChanged:
      return "changed while it was checked";
    case ports::FileProblem::kTooLarge:
      return "is too large";
    case ports::FileProblem::kNotDirectory:
      return "must be a directory";
    case ports::FileProblem::kWrongOwner:
      return "must be owned by the user that runs the provider";
  }
  return "cannot be used";
}

// Of a file; the socket's directory is never reached through one.
std::string_view LinkFault() {
  return "is reached through a link, which is followed only if root or the provider's user owns "
         "it, the file and every directory on the way, and neither group nor others may write to "
         "one of these directories";
}

std::string Message(std::string_view subject, ports::FileProblem problem, std::uint32_t bits) {
  return std::string(subject) + " " + Fault(problem, bits) + " (" + std::string(Name(problem)) +
         ")";
}

std::string FileMessage(ports::FileProblem problem, std::uint32_t bits) {
  if (problem != ports::FileProblem::kSymlink) return Message("the file", problem, bits);
  return "the file " + std::string(LinkFault()) + " (" + std::string(Name(problem)) + ")";
}

}  // namespace

std::vector<ConfiguredFile> ConfiguredFiles(const core::Configuration& configuration) {
  const core::AuthConfiguration& auth = configuration.auth;
  std::vector<ConfiguredFile> files;
  const auto add = [&](std::string_view field, const std::string& path, ports::FilePolicy policy) {
    const bool chosen = BranchHolds(FindField(field)->branch, configuration);
    if (chosen && !path.empty()) files.push_back({field, path, policy});
  };
  add("openbao.caCertFile", configuration.openbao.ca_cert_file, ports::kCaFile);
  add("auth.jwt.jwtFile", auth.jwt.jwt_file, ports::kJwtFile);
  add("auth.jwt.oauth2.clientSecretFile", auth.jwt.oauth2.client_secret_file,
      ports::kClientSecretFile);
  add("auth.jwt.oauth2.caCertFile", auth.jwt.oauth2.ca_cert_file, ports::kCaFile);
  add("auth.cert.pkcs11.certificateFile", auth.cert.pkcs11.certificate_file,
      ports::kCertificateChainFile);
  add("auth.cert.pkcs11.pinFile", auth.cert.pkcs11.pin_file, ports::kPinFile);
  return files;
}

ConfigProblems CheckConfiguredFiles(const core::Configuration& configuration,
                                    const ports::FileReader& reader, std::uint32_t effective_uid) {
  ConfigProblems problems;
  const std::string& socket = configuration.server.socket_path;
  const ports::DirectoryPolicy directory{.owner_uid = effective_uid};
  if (const auto checked = reader.CheckDirectory(socket.substr(0, socket.rfind('/')), directory);
      !checked) {
    problems.push_back(
        {"server.socketPath", 0,
         Message("the socket's directory", checked.error(), directory.forbidden_mode_bits)});
  }
  for (const ConfiguredFile& file : ConfiguredFiles(configuration)) {
    if (const auto checked = reader.Check(file.path, file.policy); !checked) {
      problems.push_back({std::string(file.field), 0,
                          FileMessage(checked.error(), file.policy.forbidden_mode_bits)});
    }
  }
  return problems;
}

}  // namespace baokms::adapters::config_yaml
