#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/model/login_refusal.h"
#include "tests/adapters/telemetry/recorder.h"

namespace baokms::adapters::telemetry {
namespace {

using core::LogLevel;
using std::chrono::microseconds;

const std::string kTs = R"({"ts":"2026-01-02T03:04:05.678Z","level":)";

ports::KmsRequestEvent Failed(const core::Error& error) {
  return {.method = core::KmsMethod::kDecrypt,
          .error = error,
          .duration = microseconds(500),
          .key_id_hash = {},
          .transit_key_version = 0,
          .uid = "CANARY-UID",
          .panic_type = {}};
}

ports::KmsRequestEvent Succeeded() {
  return {.method = core::KmsMethod::kEncrypt,
          .error = {},
          .duration = microseconds(1250),
          .key_id_hash = kHash,
          .transit_key_version = 3,
          .uid = "CANARY-UID",
          .panic_type = {}};
}

TelemetryOptions Correlating() {
  TelemetryOptions options = Recorder::AtDebug();
  options.logging.debug_correlation = {
      .enabled = true, .ttl = std::chrono::minutes(15), .incident_id = "INC-1"};
  return options;
}

TEST_CASE("kms.request: a success is told at debug") {
  Recorder recorder;
  recorder.telemetry.KmsRequestFinished(Succeeded());
  CHECK(recorder.Take() ==
        kTs +
            R"("DEBUG","message":"kms.request","operation":"kms.encrypt","status":"ok",)"
            R"("duration_ms":1.250,"key_id_hash":")" +
            kHash +
            R"(","transit_key_version":3})"
            "\n");
  recorder.telemetry.KmsRequestFinished({.method = core::KmsMethod::kStatus,
                                         .error = {},
                                         .duration = {},
                                         .key_id_hash = {},
                                         .transit_key_version = 0,
                                         .uid = {},
                                         .panic_type = {}});
  CHECK(recorder.Take() ==
        kTs + R"("DEBUG","message":"kms.request","operation":"kms.status","status":"ok",)"
              R"("duration_ms":0.000})"
              "\n");
}

TEST_CASE("kms.request: a failure is told at warn with its class") {
  Recorder recorder;
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  CHECK(recorder.Take() ==
        kTs + R"("WARN","message":"kms.request","operation":"kms.decrypt","status":"not_found",)"
              R"("duration_ms":0.500,"error_class":"key_id_unknown"})"
              "\n");
}

TEST_CASE("kms.request: an exception that was caught is named by its type") {
  Recorder recorder;
  auto event = Failed(core::HandlerFailed());
  event.panic_type = "std::bad_alloc";
  recorder.telemetry.KmsRequestFinished(event);
  CHECK(recorder.Take() ==
        kTs + R"("WARN","message":"kms.request","operation":"kms.decrypt","status":"internal",)"
              R"("duration_ms":0.500,"error_class":"panic","panic_recovered":true,)"
              R"("panic_type":"std::bad_alloc"})"
              "\n");
}

TEST_CASE("kms.request: ten warnings a second and the next one counts the suppressed") {
  Recorder recorder;
  const auto count = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  for (int i = 0; i < 25; ++i) recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  std::string text = recorder.Take();
  CHECK(count(text) == 10);
  CHECK(text.find("suppressed") == std::string::npos);
  recorder.clock.Pass(std::chrono::milliseconds(999));
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  CHECK(recorder.Take().empty());
  recorder.clock.Pass(std::chrono::milliseconds(1));
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  text = recorder.Take();
  CHECK(count(text) == 2);
  CHECK(text.find(R"("error_class":"key_id_unknown","suppressed":16})") != std::string::npos);
  CHECK(text.find("suppressed") == text.rfind("suppressed"));
  // Successes are not limited.
  for (int i = 0; i < 25; ++i) recorder.telemetry.KmsRequestFinished(Succeeded());
  CHECK(count(recorder.Take()) == 25);
}

TEST_CASE("kms.request: no second has more than ten warnings however it is cut") {
  Recorder recorder;
  const auto told = [&] {
    for (int i = 0; i < 5; ++i) recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
    return std::ranges::count(recorder.Take(), '\n');
  };
  CHECK(told() == 5);
  recorder.clock.Pass(std::chrono::milliseconds(900));
  CHECK(told() == 5);
  recorder.clock.Pass(std::chrono::milliseconds(100));
  CHECK(told() == 5);
  CHECK(told() == 0);
  recorder.clock.Pass(std::chrono::milliseconds(899));
  CHECK(told() == 0);
  recorder.clock.Pass(std::chrono::milliseconds(1));
  CHECK(told() == 5);
}

TEST_CASE("openbao.request: ten warnings a second over all operations with a count of the rest") {
  Recorder recorder;
  const auto fail = [&](core::OpenBaoOperation operation) {
    recorder.telemetry.OpenBaoRequestFinished({.operation = operation,
                                               .status = core::OpenBaoStatus::kConnectionFailed,
                                               .duration = microseconds(300),
                                               .request_id = {}});
  };
  const auto count = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  // Three seconds of a refusing OpenBao.
  std::ptrdiff_t lines = 0;
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    fail(i % 2 == 0 ? core::OpenBaoOperation::kTransitDecrypt
                    : core::OpenBaoOperation::kTransitMetadataRead);
    const std::string now = recorder.Take();
    lines += count(now);
    text += now;
    recorder.clock.Pass(std::chrono::milliseconds(1));
  }
  CHECK(lines == 30);
  CHECK(text.find(R"("error_class":"openbao_connection_failed","suppressed":990})") !=
        std::string::npos);
  // The two kinds do not suppress each other, and successes are not limited.
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  CHECK(count(recorder.Take()) == 1);
  for (int i = 0; i < 25; ++i) {
    recorder.telemetry.OpenBaoRequestFinished({.operation = core::OpenBaoOperation::kTransitDecrypt,
                                               .status = core::OpenBaoStatus::kOk,
                                               .duration = microseconds(300),
                                               .request_id = {}});
  }
  CHECK(count(recorder.Take()) == 25);
}

TEST_CASE("serve.shutdown: tells how many warnings were suppressed and never told") {
  Recorder recorder;
  for (int i = 0; i < 12; ++i) recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  for (int i = 0; i < 11; ++i) {
    recorder.telemetry.OpenBaoRequestFinished({.operation = core::OpenBaoOperation::kTransitDecrypt,
                                               .status = core::OpenBaoStatus::kSealed,
                                               .duration = microseconds(300),
                                               .request_id = {}});
  }
  recorder.Take();
  recorder.telemetry.ServeShutdown();
  CHECK(recorder.Take() ==
        kTs + R"("INFO","message":"serve.shutdown","operation":"serve.shutdown","status":"ok",)"
              R"("suppressed":3})"
              "\n");
}

TEST_CASE("openbao.request: the operation has blanks") {
  Recorder recorder;
  recorder.telemetry.OpenBaoRequestFinished(
      {.operation = core::OpenBaoOperation::kTransitBatchDecrypt,
       .status = core::OpenBaoStatus::kOk,
       .duration = microseconds(300),
       .request_id = "CANARY-REQUEST"});
  CHECK(recorder.Take() ==
        kTs + R"("DEBUG","message":"openbao.request","operation":"openbao.request",)"
              R"("openbao_operation":"transit batch decrypt","status":"ok","duration_ms":0.300})"
              "\n");
  recorder.telemetry.OpenBaoRequestFinished({.operation = core::OpenBaoOperation::kJwtLogin,
                                             .status = core::OpenBaoStatus::kSealed,
                                             .duration = microseconds(300),
                                             .request_id = "CANARY-REQUEST"});
  CHECK(recorder.Take() ==
        kTs + R"("WARN","message":"openbao.request","operation":"openbao.request",)"
              R"("openbao_operation":"jwt login","status":"sealed","duration_ms":0.300,)"
              R"("error_class":"openbao_sealed"})"
              "\n");
}

TEST_CASE("auth.login and auth.renewal: levels and fields") {
  Recorder recorder;
  const core::Error refused = core::LoginRefused();
  recorder.telemetry.LoginFinished(core::LoginStatus::kOk, nullptr, microseconds(1));
  CHECK(recorder.Take() == kTs + R"("INFO","message":"auth.login","operation":"auth.login",)"
                                 R"("status":"ok","duration_ms":0.001})"
                                 "\n");
  recorder.telemetry.LoginFinished(core::LoginStatus::kAuthFailed, &refused, microseconds(1));
  CHECK(recorder.Take() == kTs + R"("WARN","message":"auth.login","operation":"auth.login",)"
                                 R"("status":"auth_failed","duration_ms":0.001,)"
                                 R"("error_class":"auth_failed"})"
                                 "\n");
  recorder.telemetry.RenewalFinished(core::LoginStatus::kOk, nullptr, microseconds(1));
  CHECK(recorder.Take() == kTs + R"("DEBUG","message":"auth.renewal","operation":"auth.renewal",)"
                                 R"("status":"ok","duration_ms":0.001})"
                                 "\n");
  recorder.telemetry.RenewalFinished(core::LoginStatus::kError, &refused, microseconds(1));
  CHECK(recorder.Take() == kTs + R"("WARN","message":"auth.renewal","operation":"auth.renewal",)"
                                 R"("status":"error","duration_ms":0.001,)"
                                 R"("error_class":"auth_failed"})"
                                 "\n");
}

TEST_CASE("status.probe: levels and fields") {
  Recorder recorder;
  recorder.telemetry.ProbeFinished({.kind = ports::ProbeKind::kMetadata,
                                    .ok = true,
                                    .reason = {},
                                    .error_class = {},
                                    .duration = microseconds(2000),
                                    .healthy = true,
                                    .key_id_hash = kHash,
                                    .transit_key_version = 2});
  CHECK(recorder.Take() ==
        kTs +
            R"("DEBUG","message":"status.probe","operation":"status.probe","status":"ok",)"
            R"("duration_ms":2.000,"key_id_hash":")" +
            kHash +
            R"(","transit_key_version":2,"probe_kind":"metadata","healthz":"ok"})"
            "\n");
  recorder.telemetry.ProbeFinished({.kind = ports::ProbeKind::kDeep,
                                    .ok = false,
                                    .reason = "deep_probe_failed",
                                    .error_class = core::ErrorClass::kOpenBaoSealed,
                                    .duration = microseconds(2000),
                                    .healthy = false,
                                    .key_id_hash = {},
                                    .transit_key_version = 0});
  CHECK(recorder.Take() ==
        kTs + R"("WARN","message":"status.probe","operation":"status.probe","status":"error",)"
              R"("duration_ms":2.000,"probe_kind":"deep","healthz":"unhealthy",)"
              R"("reason":"deep_probe_failed","error_class":"openbao_sealed"})"
              "\n");
}

TEST_CASE("status.recovered: one line at info ends an outage and none the start") {
  TelemetryOptions options = Recorder::AtDebug();
  options.logging.level = core::LogLevel::kInfo;
  Recorder recorder(options);
  const auto probe = [&](bool healthy) {
    recorder.telemetry.ProbeFinished({.kind = ports::ProbeKind::kMetadata,
                                      .ok = healthy,
                                      .reason = healthy ? "" : "metadata_read_failed",
                                      .error_class = {},
                                      .duration = {},
                                      .healthy = healthy,
                                      .key_id_hash = kHash,
                                      .transit_key_version = 2});
    recorder.clock.Pass(std::chrono::seconds(30));
    return recorder.Take();
  };
  CHECK(probe(false).find("status.recovered") == std::string::npos);
  CHECK(probe(true).empty());
  CHECK(probe(false).find("status.recovered") == std::string::npos);
  CHECK(probe(false).find("status.recovered") == std::string::npos);
  CHECK(probe(true) == kTs +
                           R"("INFO","message":"status.recovered","operation":"status.recovered",)"
                           R"("duration_ms":60000.000,"key_id_hash":")" +
                           kHash +
                           R"(","transit_key_version":2})"
                           "\n");
  CHECK(probe(true).empty());
}

TEST_CASE("key.promoted and rotation.pending: both keys by their hashes") {
  Recorder recorder;
  recorder.telemetry.KeyPromoted({.key_id_hash = kHash,
                                  .transit_key_version = 4,
                                  .previous_key_id_hash = kOtherHash,
                                  .previous_transit_key_version = 3});
  CHECK(recorder.Take() ==
        kTs + R"("INFO","message":"key.promoted","operation":"key.promoted","key_id_hash":")" +
            kHash + R"(","transit_key_version":4,"previous_key_id_hash":")" + kOtherHash +
            R"(","previous_transit_key_version":3})"
            "\n");
  recorder.telemetry.RotationPending(kHash, 5);
  CHECK(recorder.Take() ==
        kTs +
            R"("INFO","message":"rotation.pending","operation":"rotation.pending",)"
            R"("key_id_hash":")" +
            kHash +
            R"(","transit_key_version":5})"
            "\n");
}

TEST_CASE("key.retired_undecryptable: the versions at warn, and once none is left an end at info") {
  Recorder recorder;
  const std::vector<std::int64_t> versions{1, 2, 4};
  recorder.telemetry.RetiredUndecryptable(versions);
  CHECK(recorder.Take() ==
        kTs + R"("WARN","message":"key.retired_undecryptable",)"
              R"("operation":"key.retired_undecryptable","reason":"retired_version_undecryptable",)"
              R"("transit_key_versions":"1-2, 4"})"
              "\n");
  recorder.telemetry.RetiredUndecryptable({});
  CHECK(recorder.Take() == kTs + R"("INFO","message":"key.retired_decryptable",)"
                                 R"("operation":"key.retired_decryptable"})"
                                 "\n");
  recorder.telemetry.SetLevel(LogLevel::kError);
  recorder.telemetry.RetiredUndecryptable(versions);
  CHECK(recorder.Take().empty());
}

TEST_CASE("Events without fields: message, operation and level") {
  Recorder recorder;
  const auto line = [](const std::string& level, const std::string& word) {
    return kTs + '"' + level + R"(","message":")" + word + R"(","operation":")" + word + "\"}\n";
  };
  recorder.telemetry.StaleSocketRemoved();
  CHECK(recorder.Take() == line("WARN", "socket.stale_removed"));
  recorder.telemetry.ClockRegressed();
  CHECK(recorder.Take() == line("WARN", "clock.regressed"));
  recorder.telemetry.CaFileRefused();
  CHECK(recorder.Take() == line("WARN", "ca_file.refused"));
  recorder.telemetry.Note(LogLevel::kError, "loop.stopped");
  CHECK(recorder.Take() == line("ERROR", "loop.stopped"));
}

TEST_CASE("serve.start and serve.ready: what starts and what serves") {
  TelemetryOptions options = Recorder::AtDebug();
  options.build = {.version = "1.2.3", .commit = "abc", .build_date = "d", .dirty = false};
  Recorder recorder(options);
  recorder.telemetry.ServeStart("default_path");
  CHECK(recorder.Take() == kTs + R"("INFO","message":"serve.start","operation":"serve.start",)"
                                 R"("version":"1.2.3","commit":"abc",)"
                                 R"("configuration":"default_path"})"
                                 "\n");
  recorder.telemetry.ServeStart("/a/path");
  CHECK(recorder.Take().find(R"("configuration":"unknown")") != std::string::npos);
  recorder.telemetry.ServeReady(
      {.key_id_hash = kHash, .transit_key_version = 3, .listeners = "socket, metrics"});
  CHECK(recorder.Take() == kTs + R"("INFO","message":"serve.ready","operation":"serve.ready",)"
                                 R"("key_id_hash":")" +
                               std::string(kHash) +
                               R"(","transit_key_version":3,"listeners":"socket, metrics"})"
                               "\n");
}

TEST_CASE("A failed start: the JSON line at error with advice, then one plain line in this order") {
  Recorder recorder;
  const std::string advice = "auth.jwt.role: " + std::string(1000, 'x');
  recorder.telemetry.ServeFailed("auth_failed", "start_failed", advice);
  recorder.telemetry.PlainLine("auth.jwt.role: OpenBao refused the login");
  CHECK(recorder.Take() ==
        kTs + R"("ERROR","message":"serve.shutdown","operation":"serve.shutdown",)"
              R"("status":"error","reason":"start_failed","error_class":"auth_failed",)"
              R"("advice":")" +
            advice + "\"}\nauth.jwt.role: OpenBao refused the login\n");
}

TEST_CASE("auth.login: what OpenBao said of a login that it refused is a word") {
  Recorder recorder;
  const core::Error refused = core::LoginRefused(core::LoginRefusal::kAudience);
  recorder.telemetry.LoginFinished(core::LoginStatus::kAuthFailed, &refused, microseconds(1));
  CHECK(recorder.Take() == kTs + R"("WARN","message":"auth.login","operation":"auth.login",)"
                                 R"("status":"auth_failed","duration_ms":0.001,)"
                                 R"("reason":"audience","error_class":"auth_failed"})"
                                 "\n");
}

TEST_CASE("Levels: each level hides what is below it and can change at run time") {
  Recorder recorder;
  const auto say_all = [&] {
    recorder.telemetry.KmsRequestFinished(Succeeded());
    recorder.telemetry.ServeReady({});
    recorder.telemetry.ClockRegressed();
    recorder.telemetry.Note(LogLevel::kError, "an.error");
    std::string words;
    const std::string text = recorder.Take();
    for (const std::string_view word : {"DEBUG", "INFO", "WARN", "ERROR"}) {
      if (text.find(word) != std::string::npos) words += std::string(word) + ' ';
    }
    return words;
  };
  CHECK(say_all() == "DEBUG INFO WARN ERROR ");
  recorder.telemetry.SetLevel(LogLevel::kInfo);
  CHECK(say_all() == "INFO WARN ERROR ");
  recorder.telemetry.SetLevel(LogLevel::kWarn);
  CHECK(say_all() == "WARN ERROR ");
  recorder.telemetry.SetLevel(LogLevel::kError);
  CHECK(say_all() == "ERROR ");
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  recorder.telemetry.LoginFinished(core::LoginStatus::kOk, nullptr, {});
  recorder.telemetry.KeyPromoted({});
  recorder.telemetry.RotationPending(kHash, 1);
  recorder.telemetry.ServeShutdown();
  recorder.telemetry.OpenBaoRequestFinished({});
  recorder.telemetry.ProbeFinished({});
  CHECK(recorder.Take().empty());
  recorder.telemetry.SetLevel(LogLevel::kDebug);
  CHECK(say_all() == "DEBUG INFO WARN ERROR ");
}

TEST_CASE("Text format: the same fields in the same order") {
  TelemetryOptions options = Recorder::AtDebug();
  options.logging.format = core::LogFormat::kText;
  Recorder recorder(options);
  recorder.telemetry.OpenBaoRequestFinished({.operation = core::OpenBaoOperation::kTransitDecrypt,
                                             .status = core::OpenBaoStatus::kTimeout,
                                             .duration = microseconds(10),
                                             .request_id = {}});
  CHECK(recorder.Take() ==
        "ts=2026-01-02T03:04:05.678Z level=WARN message=openbao.request "
        "operation=openbao.request openbao_operation=\"transit decrypt\" status=timeout "
        "duration_ms=0.010 error_class=timeout\n");
}

TEST_CASE("Debug correlation: requests carry the hash of their uid while it is active") {
  Recorder recorder(Correlating());
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  // sha256("CANARY-UID"), base64url without padding.
  const std::string correlated =
      kTs + R"("WARN","message":"kms.request","operation":"kms.decrypt","status":"not_found",)"
            R"("duration_ms":0.500,"error_class":"key_id_unknown",)"
            R"("request_uid_hash":"qdRlDh5-GLY05QagQQ_bbLgISuk6xxKTYt2I-EhgwBQ",)"
            R"("debug_correlation_incident":"INC-1",)"
            R"("debug_correlation_expires_at":"2026-01-02T03:19:05Z"})"
            "\n";
  CHECK(recorder.Take() == correlated);
  recorder.telemetry.OpenBaoRequestFinished({.operation = core::OpenBaoOperation::kTransitEncrypt,
                                             .status = core::OpenBaoStatus::kOk,
                                             .duration = microseconds(300),
                                             .request_id = "0b1f4d52-aaaa-bbbb-cccc-0123456789ab"});
  CHECK(recorder.Take() ==
        kTs + R"("DEBUG","message":"openbao.request","operation":"openbao.request",)"
              R"("openbao_operation":"transit encrypt","status":"ok","duration_ms":0.300,)"
              R"("openbao_request_id":"0b1f4d52-aaaa-bbbb-cccc-0123456789ab",)"
              R"("debug_correlation_incident":"INC-1",)"
              R"("debug_correlation_expires_at":"2026-01-02T03:19:05Z"})"
              "\n");
}

TEST_CASE("Debug correlation: ends by itself on the clock that counts suspend") {
  Recorder recorder(Correlating());
  const auto correlated = [&] {
    recorder.telemetry.KmsRequestFinished(Succeeded());
    const bool told = recorder.Take().find("debug_correlation") != std::string::npos;
    CHECK(recorder.telemetry.TellsUids() == told);
    return told;
  };
  recorder.clock.PassOnlyBoot(std::chrono::minutes(15) - core::Duration(1));
  CHECK(correlated());
  recorder.clock.PassOnlyBoot(core::Duration(1));
  CHECK_FALSE(correlated());
}

TEST_CASE("Debug correlation: only at level debug, only when enabled") {
  Recorder recorder(Correlating());
  recorder.telemetry.SetLevel(LogLevel::kWarn);
  recorder.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  CHECK(recorder.Take().find("debug_correlation") == std::string::npos);
  TelemetryOptions off = Correlating();
  off.logging.debug_correlation.enabled = false;
  Recorder without(off);
  without.telemetry.KmsRequestFinished(Failed(core::UnknownKeyId()));
  CHECK(without.Take().find("request_uid_hash") == std::string::npos);
  CHECK_FALSE(recorder.telemetry.TellsUids());
  CHECK_FALSE(without.telemetry.TellsUids());
}

TEST_CASE("Debug correlation: OpenBao's request ids need their own option and their form") {
  TelemetryOptions options = Correlating();
  options.logging.log_openbao_request_ids = false;
  Recorder without(options);
  without.telemetry.OpenBaoRequestFinished(
      {.operation = {}, .status = {}, .duration = {}, .request_id = "0b1f"});
  CHECK(without.Take().find("0b1f") == std::string::npos);
  Recorder recorder(Correlating());
  for (const std::string& odd : {std::string("a b"), std::string("a\nb"), std::string(65, 'a')}) {
    recorder.telemetry.OpenBaoRequestFinished(
        {.operation = {}, .status = {}, .duration = {}, .request_id = odd});
    CHECK(recorder.Take().find("openbao_request_id") == std::string::npos);
  }
}

TEST_CASE("Canary: no uid, no key_id and no foreign word reaches a line or a series") {
  for (const bool correlating : {false, true}) {
    Recorder recorder(correlating ? Correlating() : Recorder::AtDebug());
    const std::string key_id = "obk2.CANARYCANARYCANARYCANARYCANARYCANARYCANARYC";
    REQUIRE(key_id.size() == 48);
    for (auto event : {Succeeded(), Failed(core::UnknownKeyId())}) {
      event.key_id_hash = key_id;
      recorder.telemetry.KmsRequestStarted(event.method);
      recorder.telemetry.KmsRequestFinished(event);
    }
    recorder.telemetry.OpenBaoRequestFinished(
        {.operation = {}, .status = {}, .duration = {}, .request_id = "CANARY/REQUEST"});
    recorder.telemetry.ProbeFinished({.kind = {},
                                      .ok = false,
                                      .reason = "CANARY /etc/secret",
                                      .error_class = {},
                                      .duration = {},
                                      .healthy = false,
                                      .key_id_hash = key_id,
                                      .transit_key_version = 1});
    recorder.telemetry.KeyPromoted({.key_id_hash = key_id,
                                    .transit_key_version = 1,
                                    .previous_key_id_hash = key_id,
                                    .previous_transit_key_version = 2});
    recorder.telemetry.RotationPending(key_id, 1);
    recorder.telemetry.MetadataObserved("CANARY");
    recorder.telemetry.Note(LogLevel::kWarn, "CANARY", "CANARY");
    const std::string all = recorder.Take() + recorder.telemetry.Scrape();
    CHECK(all.find("kms.request") != std::string::npos);
    CHECK(all.find(R"(status="unknown")") != std::string::npos);
    CHECK(all.find("CANARY") == std::string::npos);
  }
}

}  // namespace
}  // namespace baokms::adapters::telemetry
