#include "adapters/jwt/client_secret_file.h"

#include <doctest/doctest.h>

#include "tests/adapters/jwt/one_file.h"

namespace baokms::tests {
namespace {

using adapters::jwt::ReadClientSecret;
using core::LoginStatus;
using ports::FileProblem;

const std::string kPath = "/creds/client-secret";

TEST_CASE("Client secret: the file is read under its own policy") {
  OneFile file(kPath, "s3cret\n");
  const auto secret = ReadClientSecret(kPath, file);
  REQUIRE(secret.has_value());
  CHECK(secret->ExposeSecret() == "s3cret");
  CHECK(file.policy.forbidden_mode_bits == 0137);
  CHECK(file.policy.max_bytes == 64 * 1024);
}

TEST_CASE("Client secret: line ends behind it are dropped and blanks inside are kept") {
  for (const auto& [content, expected] :
       {std::pair<std::string, std::string>{"s", "s"},
        {"s\n", "s"},
        {"s\r\n", "s"},
        {"s\n\n", "s"},
        {"two words\n", "two words"},
        {"p\xc3\xa4ss:%+", "p\xc3\xa4ss:%+"},
        {std::string(64 * 1024 - 1, 'x') + "\n", std::string(64 * 1024 - 1, 'x')}}) {
    const auto secret = ReadClientSecret(kPath, OneFile(kPath, content));
    REQUIRE(secret.has_value());
    CHECK(secret->ExposeSecret() == expected);
  }
}

TEST_CASE("Client secret: a blank at either end or a byte order mark is refused with its name") {
  for (const auto& [content, words] :
       {std::pair<std::string, std::string>{"s ", "ends in a blank"},
        {"s \n", "ends in a blank"},
        {"s\t\r\n", "ends in a blank"},
        {" s", "begins or ends in a blank"},
        {"\ts\n", "begins or ends in a blank"},
        {" ", "begins or ends in a blank"},
        {"\xef\xbb\xbfs\n", "begins with a byte order mark"},
        {"\xef\xbb\xbf", "begins with a byte order mark"},
        {std::string("\xff\xfes\0", 4), "begins with a byte order mark"},
        {std::string("\xfe\xff\0s", 4), "begins with a byte order mark"}}) {
    const auto secret = ReadClientSecret(kPath, OneFile(kPath, content));
    REQUIRE_FALSE(secret.has_value());
    CHECK(secret.error().status == LoginStatus::kOauth2Credential);
    CHECK(secret.error().advice.starts_with("auth.jwt.oauth2.clientSecretFile: invalid_content;"));
    CHECK(secret.error().advice.contains(words));
  }
}

TEST_CASE("Client secret: what is not one line is invalid_content") {
  for (const std::string& content :
       {std::string(), std::string("\n"), std::string("\n\n"), std::string("\r\n"),
        std::string("a\nb"), std::string("a\nb\n"), std::string("\na"), std::string("a\rb"),
        std::string("\ra"), std::string(1, '\0'), std::string("a\0b", 3),
        std::string("a\0\n", 3)}) {
    const auto secret = ReadClientSecret(kPath, OneFile(kPath, content));
    REQUIRE_FALSE(secret.has_value());
    CHECK(secret.error().status == LoginStatus::kOauth2Credential);
    CHECK(secret.error().error == core::CredentialUnusable());
    CHECK(secret.error().advice.starts_with("auth.jwt.oauth2.clientSecretFile: invalid_content;"));
  }
}

TEST_CASE("Client secret: a file problem is named with its reason and the path is not") {
  for (const FileProblem problem :
       {FileProblem::kNotAbsolute, FileProblem::kMissing, FileProblem::kUnreadable,
        FileProblem::kSymlink, FileProblem::kNotRegular, FileProblem::kUnsafePermissions,
        FileProblem::kChanged, FileProblem::kTooLarge}) {
    OneFile file(kPath, "s");
    file.problem = problem;
    const auto secret = ReadClientSecret(kPath, file);
    REQUIRE_FALSE(secret.has_value());
    CHECK(secret.error().status == LoginStatus::kOauth2Credential);
    CHECK(secret.error().error == core::CredentialUnusable());
    CHECK(secret.error().advice.starts_with("auth.jwt.oauth2.clientSecretFile: "));
    CHECK(secret.error().advice.contains(Name(problem)));
    CHECK_FALSE(secret.error().advice.contains("/creds"));
  }
}

}  // namespace
}  // namespace baokms::tests
