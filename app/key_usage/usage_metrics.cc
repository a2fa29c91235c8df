#include "app/key_usage/usage_metrics.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace baokms::app {
namespace {

void Describe(std::string& text, std::string_view name, std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  text.append(name).append(" gauge\n");
}

void Single(std::string& text, std::string_view name, std::string_view help, std::uint64_t value) {
  Describe(text, name, help);
  text.append(name).append(" ").append(std::to_string(value)).append("\n");
}

}  // namespace

std::string RenderUsageMetrics(const KeyUsageFacts& facts) {
  const UsageFindings findings = FindingsOf(facts);
  std::string text;
  Single(text, "openbao_kms_key_usage_taken_timestamp_seconds", "When etcd was read.",
         static_cast<std::uint64_t>(facts.taken_at));
  if (facts.state) {
    constexpr std::string_view kObjects = "openbao_kms_key_usage_objects";
    Describe(text, kObjects, "Objects in etcd under each recorded version of the Transit key.");
    for (const core::KeySnapshot& version : Recorded(facts)) {
      text.append(kObjects).append("{version=\"").append(version.version.ToString());
      text.append("\",state=\"").append(core::Name(version.state)).append("\"} ");
      text.append(std::to_string(facts.census.ObjectsUnder(version.key_id))).append("\n");
    }
  }
  struct Line {
    Finding finding;
    std::string_view name;
    std::string_view help;
  };
  constexpr Line kLines[] = {
      {Finding::kOldVersion, "openbao_kms_key_usage_old_version_objects",
       "Objects of this provider under an older version than the active one."},
      {Finding::kOtherProvider, "openbao_kms_key_usage_other_provider_objects",
       "Objects that another provider encrypted."},
      {Finding::kPlaintext, "openbao_kms_key_usage_unexpected_plaintext_objects",
       "Objects in plaintext that the EncryptionConfiguration has encrypted."},
      {Finding::kMalformed, "openbao_kms_key_usage_malformed_objects",
       "Objects that begin like encrypted ones and cannot be read."}};
  for (const Line& line : kLines) {
    if (const auto objects = findings.Objects(line.finding)) {
      Single(text, line.name, line.help, *objects);
    }
  }
  return text;
}

bool WriteTextfile(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  const std::string next = path + ".next";
  std::error_code error;
  fs::remove(next, error);  // never follows a link
  {
    std::ofstream file(next, std::ios::binary);
    file << text;
    if (!file.flush()) return false;
  }
  fs::permissions(next,
                  fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                      fs::perms::others_read,
                  error);
  if (!error) fs::rename(next, path, error);
  return !error;
}

}  // namespace baokms::app
