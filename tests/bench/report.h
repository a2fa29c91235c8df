// A whole measurement, as a table and as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/bench/figures.h"
#include "tests/support/measure/system_calls.h"

namespace baokms::testing {

struct Report {
  std::string server;   // "openbao" or "emulator"
  std::string version;  // the server's
  unsigned processors = 0;
  int cell_ms = 0;
  int round_count = 0;
  Rounds rounds;
  // Resident memory in KiB of whoever has a process of its own, when the calls of this many in
  // flight, all of them, have been measured for the first time.
  std::map<int, std::map<Side, std::int64_t>> resident_kib;

  // Of the provider.
  int key_versions = 1;
  std::int64_t state_file_bytes = 0;
  // Processor time of a provider that knew version 1 alone, from its start until it encrypts under
  // the newest; 0 with one key version.
  double takeover_cpu_ms = 0;
  double probe_cpu_us = 0;    // processor time of one metadata probe; 0 with one key version
  double first_start_ms = 0;  // from exec until the socket can be connected to
  Spread restart_ms;          // the same with a state file that is there
  Spread restart_cpu_ms;      // its processor time until then
  std::int64_t idle_resident_kib = 0;
  std::int64_t idle_anonymous_kib = 0;
  std::int64_t loaded_resident_kib = 0;  // after the rounds
  std::int64_t loaded_anonymous_kib = 0;
  std::int64_t threads = 0;
  double idle_context_switches_per_minute = 0;

  // Of so many calls of an operation, one after the other.
  std::map<std::string, SystemCallCounts> system_calls;
  int system_call_calls = 0;
  std::string no_system_calls;  // why there are none; else empty
};

void PrintTable(const Report& report);
// Medians of what grows, a line a cell.
void PrintBriefTable(const Report& report);
nlohmann::json ToJson(const Report& report);

}  // namespace baokms::testing
