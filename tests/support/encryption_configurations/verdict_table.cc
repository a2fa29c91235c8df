#include "tests/support/encryption_configurations/verdict_table.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace baokms::testing {
namespace {

const std::filesystem::path kTable = BAOKMS_ENCRYPTION_CONFIGURATIONS;

std::string TakeColumn(std::string& line) {
  constexpr std::string_view kEnd = " | ";
  const std::size_t end = line.find(kEnd);
  std::string column = line.substr(0, end);
  line.erase(0, end == std::string::npos ? end : end + kEnd.size());
  return column;
}

}  // namespace

std::filesystem::path VerdictFiles() { return kTable / "files"; }

std::string VerdictRow::Text() const {
  std::ifstream stream(VerdictFiles() / file, std::ios::binary);
  if (!stream) throw std::runtime_error("no file " + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<VerdictRow> ReadVerdictTable() {
  std::ifstream stream(kTable / "verdicts.txt");
  std::vector<VerdictRow> rows;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with('#')) continue;
    VerdictRow& row = rows.emplace_back();
    row.file = TakeColumn(line);
    row.kube_apiserver = TakeColumn(line);
    row.doctor = TakeColumn(line);
    row.words = line;
    if (row.doctor.empty()) throw std::runtime_error("not a row: " + row.file);
  }
  return rows;
}

}  // namespace baokms::testing
