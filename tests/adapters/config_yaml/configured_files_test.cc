#include "adapters/config_yaml/configured_files.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "tests/adapters/config_yaml/sample_files.h"

namespace {

using namespace baokms::adapters::config_yaml;
using namespace baokms::tests;
using baokms::ports::FileProblem;

class FakeFiles final : public baokms::ports::FileReader {
 public:
  std::map<std::string, FileProblem> broken;
  mutable std::map<std::string, std::uint32_t> checked;  // path to forbidden bits
  mutable std::uint32_t asked_owner = 0;

  std::expected<baokms::core::Secret, FileProblem> Read(const std::string&,
                                                        baokms::ports::FilePolicy) const override {
    return std::unexpected(FileProblem::kUnreadable);
  }
  std::expected<void, FileProblem> Check(const std::string& path,
                                         baokms::ports::FilePolicy policy) const override {
    return Answer(path, policy.forbidden_mode_bits);
  }
  std::expected<void, FileProblem> CheckDirectory(
      const std::string& path, baokms::ports::DirectoryPolicy policy) const override {
    asked_owner = policy.owner_uid;
    return Answer(path, policy.forbidden_mode_bits);
  }

 private:
  std::expected<void, FileProblem> Answer(const std::string& path, std::uint32_t bits) const {
    checked[path] = bits;
    const auto found = broken.find(path);
    if (found == broken.end()) return {};
    return std::unexpected(found->second);
  }
};

using Checked = std::map<std::string, std::uint32_t>;

TEST_CASE(
    "CheckConfiguredFiles: exactly the files of the chosen login, each by its own mode rule") {
  FakeFiles files;
  CHECK(CheckConfiguredFiles(*Load(kJwtFileSample), files, 4711).empty());
  CHECK(files.asked_owner == 4711);
  CHECK(files.checked == Checked{{"/run/openbao-kms", 0022},
                                 {"/etc/openbao-kms/tls/ca.crt", 0022},
                                 {"/var/lib/openbao-kms/identity.jwt", 0037}});
  files.checked.clear();
  CHECK(CheckConfiguredFiles(*Load(kPkcs11Sample), files, 1).empty());
  CHECK(files.checked == Checked{{"/var/run/openbao-kms/node", 0022},
                                 {"/etc/openbao-kms/tls/ca.crt", 0022},
                                 {"/etc/openbao-kms/node.pem", 0037},
                                 {"/etc/openbao-kms/pin", 0037}});
  files.checked.clear();
  CHECK(CheckConfiguredFiles(*Load(kOauth2Sample), files, 1).empty());
  CHECK(files.checked == Checked{{"/run/openbao-kms", 0022},
                                 {"/etc/ca.crt", 0022},
                                 {"/etc/openbao-kms/secret", 0137}});
}

TEST_CASE("CheckConfiguredFiles: problems name the field and the word, never the path") {
  FakeFiles files;
  files.broken = {{"/var/run/openbao-kms/node", FileProblem::kWrongOwner},
                  {"/etc/openbao-kms/tls/ca.crt", FileProblem::kMissing},
                  {"/etc/openbao-kms/node.pem", FileProblem::kSymlink},
                  {"/etc/openbao-kms/pin", FileProblem::kUnsafePermissions}};
  const auto problems = CheckConfiguredFiles(*Load(kPkcs11Sample), files, 1);
  REQUIRE(problems.size() == 4);
  CHECK(problems[0].field == "server.socketPath");
  CHECK(problems[0].message.find("(wrong_owner)") != std::string::npos);
  CHECK(problems[1].field == "openbao.caCertFile");
  CHECK(problems[1].message.find("(file_missing)") != std::string::npos);
  CHECK(problems[2].field == "auth.cert.pkcs11.certificateFile");
  CHECK(problems[2].message.find("(symlink_unsupported)") != std::string::npos);
  CHECK(problems[3].field == "auth.cert.pkcs11.pinFile");
  CHECK(problems[3].message == "the file must not have any mode bit of 037 (unsafe_permissions)");
  CHECK(FormatProblems(problems).find("/etc") == std::string::npos);
}

}  // namespace
