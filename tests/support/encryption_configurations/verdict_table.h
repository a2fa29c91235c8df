// The table of tests/encryption_configurations: files, and what kube-apiserver and `doctor` say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace baokms::testing {

struct VerdictRow {
  std::string file;
  std::string kube_apiserver;  // accept, accept-kms-v1 or reject
  std::string doctor;          // pass, warn or fail
  std::string words;           // in doctor's message

  std::string Text() const;
};

std::filesystem::path VerdictFiles();
// Throws where a line is not a row.
std::vector<VerdictRow> ReadVerdictTable();

}  // namespace baokms::testing
