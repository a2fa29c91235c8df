#include "app/key_usage/usage_metrics.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string_view>

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
  const std::string next = path + ".next";
  unlink(next.c_str());  // of a run that was killed
  // In a directory of somebody else's, too, only a new file is written.
  const int file = open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == std::ssize(text) &&
                       fchmod(file, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0;
  return close(file) == 0 && written && rename(next.c_str(), path.c_str()) == 0;
}

}  // namespace baokms::app
