// `kubernetes.encryption_config` over tests/encryption_configurations, whose README says what the
// verdicts are; tests/kubeclient and tests/kubeapiserver hold Kubernetes' own code to the same
// table.
#include "app/checks/encryption_config_check.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "tests/support/encryption_configurations/verdict_table.h"

namespace baokms::app {
namespace {

using testing::ReadVerdictTable;
using testing::VerdictRow;

TEST_CASE("EncryptionConfiguration check: every file of the table is judged as it says") {
  for (const VerdictRow& row : ReadVerdictTable()) {
    CAPTURE(row.file);
    const CheckResult result =
        JudgeEncryptionConfig(row.Text(), "openbao", "/run/openbao-kms/kms.sock");
    INFO(result.message);
    CHECK(Word(result.status) == row.doctor);
    CHECK(result.message.contains(row.words));
    CHECK(result.advice.empty() == (row.doctor == "pass"));
  }
}

TEST_CASE("EncryptionConfiguration check: no secret of a file is in what is said about it") {
  for (const VerdictRow& row : ReadVerdictTable()) {
    CAPTURE(row.file);
    const CheckResult result =
        JudgeEncryptionConfig(row.Text(), "openbao", "/run/openbao-kms/kms.sock");
    // What all secrets of the table begin with, or are.
    for (const char* secret : {"YWFh", "YmJi", "Y2Nj", "c2hvcnQ", "BASE 64"}) {
      CHECK_FALSE(result.message.contains(secret));
    }
  }
}

TEST_CASE(
    "EncryptionConfiguration check: doctor fails whatever kube-apiserver refuses, and warns "
    "of what it accepts with a feature gate") {
  std::map<std::string, int> counts;
  for (const VerdictRow& row : ReadVerdictTable()) {
    CAPTURE(row.file);
    ++counts[row.kube_apiserver];
    if (row.kube_apiserver == "reject") {
      // doctor says of what it leaves open that it does.
      const bool open = row.words == "is not ASCII" || row.words == "begins with a tab" ||
                        row.words == "percent sign" || row.words == "right beside a bracket" ||
                        row.words == "unusual tag";
      CHECK((row.doctor == "fail" || (row.doctor == "warn" && open)));
    } else if (row.doctor == "fail") {
      // doctor's own demand: that the file sends requests to this provider.
      const bool ours =
          row.words.contains("this provider") || row.words.contains("must be unix://");
      CHECK(ours);
    } else if (row.kube_apiserver == "accept-kms-v1") {
      CHECK(row.doctor == "warn");
    }
  }
  CHECK(counts["accept"] >= 60);
  CHECK(counts["reject"] >= 60);
  CHECK(counts["accept-kms-v1"] >= 10);
}

TEST_CASE("EncryptionConfiguration check: a symlink to the socket's directory is that directory") {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("baokms-check-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory / "real");
  std::filesystem::create_directory_symlink("real", directory / "link");
  const auto judge = [&](const std::string& through) {
    return JudgeEncryptionConfig(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
        "  - resources: [secrets]\n    providers: [{kms: {apiVersion: v2, name: openbao, endpoint: "
        "\"unix://" +
            (directory / through / "kms.sock").string() + "\"}}]\n",
        "openbao", (directory / "real" / "kms.sock").string());
  };
  CHECK(judge("real").status == CheckStatus::kPass);
  CHECK(judge("link").status == CheckStatus::kPass);
  CHECK(judge("link/../real").status == CheckStatus::kPass);
  const CheckResult other = judge("other");
  CHECK(other.status == CheckStatus::kWarn);
  CHECK(other.message.contains((directory / "other/kms.sock").string()));
  CHECK(other.message.contains((directory / "real/kms.sock").string()));
  std::filesystem::remove_all(directory);
}

TEST_CASE("EncryptionConfiguration check: every file is in the table") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testing::VerdictFiles())) {
    ++files;
    const std::string name = entry.path().filename().string();
    bool listed = false;
    for (const VerdictRow& row : ReadVerdictTable()) listed = listed || row.file == name;
    CHECK_MESSAGE(listed, name);
  }
  CHECK(files == ReadVerdictTable().size());
  CHECK(files >= 100);
}

}  // namespace
}  // namespace baokms::app
