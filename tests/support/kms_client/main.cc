// kms-client: Status, Encrypt, Decrypt or both through a KMS v2 socket, for scripts and load.
// Exit 0: every call was OK; 1: some were not; 2: bad command line or input.
#include <fmt/core.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/support/kms_client/arguments.h"
#include "tests/support/kms_client/load.h"

namespace baokms::testing {
namespace {

using Json = nlohmann::ordered_json;

std::string Hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// What `encrypt --json` prints.
bool ReadSealed(const std::string& file, v2::EncryptResponse& sealed) {
  std::ifstream opened;
  if (file != "-") opened.open(file);
  std::istream& input = file == "-" ? std::cin : opened;
  const std::string text(std::istreambuf_iterator<char>(input), {});
  const auto parsed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("ciphertext") || !parsed["ciphertext"].is_string()) {
    return false;
  }
  sealed.set_ciphertext(parsed["ciphertext"].get<std::string>());
  sealed.set_key_id(parsed.value("key_id", ""));
  const auto annotations = parsed.value("annotations", nlohmann::json::object());
  for (const auto& [key, value] : annotations.items()) {
    if (!value.is_string()) return false;
    auto* entry = sealed.add_annotations();
    entry->set_key(key);
    entry->set_value(value.get<std::string>());
  }
  return true;
}

Json Timings(const std::vector<double>& sorted) {
  return {{"calls", sorted.size()},
          {"min", Percentile(sorted, 0)},
          {"p50", Percentile(sorted, 0.5)},
          {"p99", Percentile(sorted, 0.99)},
          {"max", Percentile(sorted, 1)}};
}

Json Report(const Arguments& arguments, const Outcome& outcome) {
  Json report = {{"command", arguments.command},
                 {"ok", outcome.ok},
                 {"failed", outcome.failed},
                 {"seconds", outcome.seconds}};
  if (outcome.failed > 0) {
    report["code"] = static_cast<int>(outcome.first_failure.error_code());
    report["error"] = outcome.first_failure.error_message();
  }
  if (arguments.command == "status") {
    report["version"] = outcome.status.version();
    report["healthz"] = outcome.status.healthz();
    report["key_id"] = outcome.status.key_id();
  }
  if (arguments.command == "encrypt" || arguments.command == "roundtrip") {
    report["ciphertext"] = outcome.sealed.ciphertext();
    report["key_id"] = outcome.sealed.key_id();
    report["annotations"] = Json::object();
    for (const auto& entry : outcome.sealed.annotations()) {
      report["annotations"][entry.key()] = entry.value();
    }
  }
  if (arguments.command == "decrypt") report["plaintext_hex"] = Hex(outcome.plaintext);
  if (!outcome.status_ms.empty()) report["status_ms"] = Timings(outcome.status_ms);
  if (!outcome.encrypt_ms.empty()) report["encrypt_ms"] = Timings(outcome.encrypt_ms);
  if (!outcome.decrypt_ms.empty()) report["decrypt_ms"] = Timings(outcome.decrypt_ms);
  return report;
}

void PrintText(const Json& report, const std::string& prefix) {
  for (const auto& [name, value] : report.items()) {
    if (value.is_object()) {
      PrintText(value, prefix + name + ".");
    } else if (value.is_string()) {
      fmt::print("{}{}: {}\n", prefix, name, value.get<std::string>());
    } else if (value.is_number_float()) {
      fmt::print("{}{}: {:.3f}\n", prefix, name, value.get<double>());
    } else {
      fmt::print("{}{}: {}\n", prefix, name, value.dump());
    }
  }
}

int Main(int argc, char** argv) {
  const auto arguments = ParseArguments(argc, argv);
  if (!arguments) return 2;
  v2::EncryptResponse sealed;
  if (arguments->command == "decrypt" && !ReadSealed(arguments->sealed_file, sealed)) {
    fmt::print(stderr, "kms-client: no output of `encrypt --json` to read\n");
    return 2;
  }
  const Outcome outcome = RunLoad(*arguments, sealed);
  const Json report = Report(*arguments, outcome);
  if (arguments->json) {
    fmt::print("{}\n", report.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    PrintText(report, "");
  }
  return outcome.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace baokms::testing

int main(int argc, char** argv) { return baokms::testing::Main(argc, argv); }
