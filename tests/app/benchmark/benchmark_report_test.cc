// What `benchmark` prints (reports-and-labels.md, "Plain outputs").
#include "app/benchmark/benchmark_report.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

namespace baokms::app {
namespace {

using std::chrono::microseconds;

Measured Some(int first) {
  Measured measured;
  for (const int i : {4, 0, 1, 3, 2}) {
    measured.encrypts.emplace_back(microseconds(first + i));
    measured.decrypts.emplace_back(microseconds(2 * first + i));
  }
  measured.took = std::chrono::milliseconds(4);
  return measured;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Columns that UTF-8 takes when each character takes one.
std::size_t Columns(const std::string& line) {
  std::size_t columns = 0;
  for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return columns;
}

TEST_CASE("Benchmark report: the old names come first with three decimals and ours behind them") {
  const BenchmarkFacts facts{
      .transit = Some(1230), .concurrency = 2, .socket = {.measured = Some(70), .concurrency = 1}};
  CHECK(RenderBenchmark(ReportBenchmark(facts)) ==
        "iterations: 5\n"
        "transit_encrypt_ms_min: 1.230\n"
        "transit_encrypt_ms_p50: 1.232\n"
        "transit_encrypt_ms_max: 1.234\n"
        "transit_decrypt_ms_min: 2.460\n"
        "transit_decrypt_ms_p50: 2.462\n"
        "transit_decrypt_ms_max: 2.464\n"
        "concurrency: 2\n"
        "transit_encrypt_ms_p90: 1.234\n"
        "transit_encrypt_ms_p95: 1.234\n"
        "transit_encrypt_ms_p99: 1.234\n"
        "transit_encrypt_ms_mean: 1.232\n"
        "transit_decrypt_ms_p90: 2.464\n"
        "transit_decrypt_ms_p95: 2.464\n"
        "transit_decrypt_ms_p99: 2.464\n"
        "transit_decrypt_ms_mean: 2.462\n"
        "transit_calls_per_second: 2500.000\n"
        "socket_status: measured\n"
        "socket_iterations: 5\n"
        "socket_concurrency: 1\n"
        "socket_encrypt_ms_min: 0.070\n"
        "socket_encrypt_ms_p50: 0.072\n"
        "socket_encrypt_ms_max: 0.074\n"
        "socket_encrypt_ms_p90: 0.074\n"
        "socket_encrypt_ms_p95: 0.074\n"
        "socket_encrypt_ms_p99: 0.074\n"
        "socket_encrypt_ms_mean: 0.072\n"
        "socket_decrypt_ms_min: 0.140\n"
        "socket_decrypt_ms_p50: 0.142\n"
        "socket_decrypt_ms_max: 0.144\n"
        "socket_decrypt_ms_p90: 0.144\n"
        "socket_decrypt_ms_p95: 0.144\n"
        "socket_decrypt_ms_p99: 0.144\n"
        "socket_decrypt_ms_mean: 0.142\n"
        "socket_calls_per_second: 2500.000\n");
}

TEST_CASE("Benchmark report: JSON has numbers and no more decimals than the text") {
  Measured measured;
  measured.encrypts = measured.decrypts = {std::chrono::nanoseconds(1234567)};
  measured.took = std::chrono::nanoseconds(3000000);
  const Report report =
      ReportBenchmark({.transit = measured, .socket = {.skipped = "nobody is there"}});
  CHECK(report.at("transit_encrypt_ms_p50") == 1.235);
  CHECK(report.at("transit_calls_per_second") == 666.667);
}

TEST_CASE("Benchmark report: a socket that was not measured says why and has no figures") {
  const Report report =
      ReportBenchmark({.transit = Some(1), .socket = {.skipped = "nobody is there"}});
  CHECK(report.at("socket_status") == "skipped");
  CHECK(report.at("socket_reason") == "nobody is there");
  for (const char* name : {"socket_iterations", "socket_concurrency", "socket_encrypt_ms_min"}) {
    CHECK_FALSE(report.contains(name));
  }
}

TEST_CASE("Benchmark report: a call that failed and an early end are told") {
  BenchmarkFacts facts{.transit = Some(1), .socket = {.concurrency = 1}};
  facts.socket.measured.problem = "Encrypt: gRPC unavailable";
  facts.transit.stopped = "interrupted";
  const Report report = ReportBenchmark(facts);
  CHECK(report.at("transit_stopped") == "interrupted");
  CHECK(report.at("socket_status") == "failed");
  CHECK(report.at("socket_reason") == "Encrypt: gRPC unavailable");
  CHECK(report.at("socket_iterations") == 0);
  CHECK_FALSE(report.contains("socket_encrypt_ms_min"));
}

TEST_CASE("Benchmark histogram: every call is in a bar and the longest bar fills the width") {
  const Durations durations = {microseconds(100), microseconds(100), microseconds(100),
                               microseconds(102400)};
  const std::vector<std::string> lines =
      Lines(RenderHistogram("Transit encrypt", durations, 40, Glyphs::kAscii));
  REQUIRE(lines.size() == 11);
  CHECK(lines[0] == "Transit encrypt");
  CHECK(lines[1] == "  <=   0.200 ms ###################### 3");
  CHECK(lines[2] == "  <=   0.400 ms  0");
  CHECK(lines[10] == "  <= 102.400 ms ######## 1");
}

TEST_CASE("Benchmark histogram: no line is wider than the terminal or than 100 columns") {
  Durations durations;
  for (int i = 1; i < 2000; ++i) durations.emplace_back(microseconds(i * i));
  for (const std::size_t width : {20u, 33u, 40u, 80u, 100u, 200u}) {
    for (const Glyphs glyphs : {Glyphs::kAscii, Glyphs::kUtf8}) {
      std::size_t widest = 0;
      for (const std::string& line :
           Lines(RenderHistogram("Transit encrypt", durations, width, glyphs))) {
        CAPTURE(line);
        widest = std::max(widest, Columns(line));
      }
      CHECK(widest <= std::max<std::size_t>(std::min<std::size_t>(width, 100), 26));
      if (width >= 40) CHECK(widest + 1 >= std::min<std::size_t>(width, 100));
    }
  }
}

TEST_CASE("Benchmark histogram: UTF-8 draws blocks and ASCII draws none") {
  const Durations durations = {microseconds(1)};
  CHECK(RenderHistogram("x", durations, 80, Glyphs::kUtf8).contains("█"));
  CHECK_FALSE(RenderHistogram("x", durations, 80, Glyphs::kUtf8).contains("#"));
  for (const char c : RenderHistogram("x", durations, 80, Glyphs::kAscii)) {
    CHECK(static_cast<unsigned char>(c) < 0x80);
  }
}

}  // namespace
}  // namespace baokms::app
