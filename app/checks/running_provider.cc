#include "app/checks/running_provider.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "app/reports/failure_advice.h"
#include "core/model/error.h"
#include "core/model/readiness.h"
#include "core/registry/registry_files.h"
#include "core/text/printable.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

constexpr std::chrono::seconds kMost{3};
constexpr std::size_t kMostReasons = 16;

// /ready's body, as far as it is one.
struct Readiness {
  bool known = false;
  bool ready = false;
  std::vector<std::string> reasons;
  std::string metadata_error, deep_error;
  bool persistence_degraded = false;
};

// A word of ours; whatever else may listen there says nothing on a person's screen.
std::string Word(const nlohmann::json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : std::string();
  const bool ours = text.size() <= 64 &&
                    text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
  return ours ? text : "unknown";
}

Readiness Understand(const std::optional<adapters::health_http::Page>& page) {
  Readiness readiness;
  if (!page) return readiness;
  const auto body = nlohmann::json::parse(page->body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("status") || !body.contains("reasons")) return readiness;
  readiness.known = true;
  readiness.ready = page->status == 200;
  if (body["reasons"].is_array()) {
    for (const auto& reason : body["reasons"]) {
      if (readiness.reasons.size() < kMostReasons) readiness.reasons.push_back(Word(reason));
    }
  }
  if (body.contains("metadata_error_class")) {
    readiness.metadata_error = Word(body["metadata_error_class"]);
  }
  if (body.contains("deep_error_class")) readiness.deep_error = Word(body["deep_error_class"]);
  readiness.persistence_degraded = body.contains("persistence_degraded");
  return readiness;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// "metadata_read_failed (openbao_sealed)".
std::string Described(const Readiness& readiness) {
  std::string text = Joined(readiness.reasons);
  const std::string& error =
      readiness.metadata_error.empty() ? readiness.deep_error : readiness.metadata_error;
  if (!error.empty()) text += " (" + error + ")";
  return text;
}

// What a person does about the one of these values, up to `last`, that has the name.
template <typename Named>
std::string AdviceForNamed(const std::string& name, Named last) {
  for (unsigned number = 0; number <= static_cast<unsigned>(last); ++number) {
    const auto value = static_cast<Named>(number);
    if (core::Name(value) == name) return std::string(app::AdviceFor(value));
  }
  return {};
}

std::string AdviceForFiles(const std::vector<std::string>& reasons) {
  for (const core::FilesFound found :
       {core::FilesFound::kMissing, core::FilesFound::kReplaced, core::FilesFound::kUnreadable}) {
    if (std::ranges::find(reasons, core::Name(found)) != reasons.end()) {
      return std::string(core::AdviceFor(found));
    }
  }
  return {};
}

std::string AdviceFor(const Readiness& readiness) {
  std::string advice;
  for (const std::string& error : {readiness.metadata_error, readiness.deep_error}) {
    if (advice.empty()) advice = AdviceForNamed(error, core::ErrorClass::kCiphertextInvalid);
  }
  for (const std::string& reason : readiness.reasons) {
    if (advice.empty()) advice = AdviceForNamed(reason, core::Reason::kRetiredVersionUndecryptable);
  }
  if (advice.empty()) advice = AdviceForFiles(readiness.reasons);
  return advice.empty() ? "see the checks above, and the last status.probe lines of its log"
                        : advice;
}

CheckResult JudgeServing(const adapters::grpc_kms::SocketStatus& status,
                         const Readiness& readiness) {
  if (status.healthz != "ok") {
    const std::string why = Described(readiness);
    return Fail("it runs, but Status is not healthy" + (why.empty() ? "" : ": " + why),
                AdviceFor(readiness));
  }
  const std::string seen = "key_id_hash " + core::PublicHash(status.key_id);
  if (readiness.known && !readiness.ready) {
    return Fail("it runs, but /ready is not: " + Described(readiness), AdviceFor(readiness));
  }
  if (const std::string advice = AdviceForFiles(readiness.reasons); !advice.empty()) {
    return Fail("it serves, but a restart would fail: " + Described(readiness), advice);
  }
  if (readiness.persistence_degraded) {
    return Warn("it serves, but it could not save its last observation; " + seen,
                std::string(app::AdviceFor(core::Reason::kStateSaveFailed)));
  }
  if (!readiness.reasons.empty()) {
    return Warn("it serves, with " + Described(readiness) + "; " + seen, AdviceFor(readiness));
  }
  return Pass("it serves; " + seen);
}

}  // namespace

bool HasKnownPort(const std::string& address) {
  return !address.empty() && !address.ends_with(":0");
}

ProviderAnswers AskProvider(const core::ServerConfiguration& server, bool listens) {
  ProviderAnswers answers;
  if (listens) {
    answers.status = adapters::grpc_kms::KmsSocketClient(server.socket_path)
                         .Status(std::chrono::system_clock::now() + kMost);
  }
  if (HasKnownPort(server.health_address)) {
    answers.ready = adapters::health_http::ReadPage(server.health_address, "/ready", kMost);
  }
  return answers;
}

CheckResult JudgeProvider(const ProviderAnswers& answers) {
  const Readiness readiness = Understand(answers.ready);
  if (!answers.status) {
    const std::string why = Described(readiness);
    return Fail("it runs, but does not serve" + (why.empty() ? " yet" : ": " + why),
                why.empty() ? "wait until it has logged in; its log says what it waits for"
                            : AdviceFor(readiness));
  }
  if (*answers.status) return JudgeServing(**answers.status, readiness);
  const std::string code(core::Name(answers.status->error()));
  const std::string advice =
      "its log has the reason; server.allowedPeers must name the user that asks, too";
  if (readiness.known && readiness.ready) {
    return Warn("/ready is good, but Status could not be asked (gRPC " + code + ")", advice);
  }
  const std::string why = Described(readiness);
  return Fail("Status could not be asked (gRPC " + code + ")" + (why.empty() ? "" : "; " + why),
              why.empty() ? advice : AdviceFor(readiness));
}

}  // namespace baokms::app
