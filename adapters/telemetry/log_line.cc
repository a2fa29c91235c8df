#include "adapters/telemetry/log_line.h"

#include <fmt/format.h>

#include <cstddef>
#include <ctime>
#include <iterator>
#include <utility>

namespace baokms::adapters::telemetry {
namespace {

constexpr std::size_t kMostBytes = 256;

std::string_view Word(core::LogLevel level) {
  switch (level) {
    case core::LogLevel::kDebug:
      return "DEBUG";
    case core::LogLevel::kInfo:
      return "INFO";
    case core::LogLevel::kWarn:
      return "WARN";
    case core::LogLevel::kError:
      return "ERROR";
  }
  return "ERROR";
}

// The length of the well-formed UTF-8 sequence at the start (RFC 3629), 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  std::size_t length = 0;
  unsigned char lowest = 0x80;
  unsigned char highest = 0xBF;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) lowest = 0xA0;
    if (first == 0xED) highest = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) lowest = 0x90;
    if (first == 0xF4) highest = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t at = 2; at < length; ++at) {
    if (byte(at) < 0x80 || byte(at) > 0xBF) return 0;
  }
  return length;
}

void AppendQuoted(std::string& out, std::string_view value) {
  value = value.substr(0, kMostBytes);
  out += '"';
  while (!value.empty()) {
    const std::size_t length = SequenceLength(value);
    if (length == 0) {
      out += "\\ufffd";
      value.remove_prefix(1);
      continue;
    }
    const auto first = static_cast<unsigned char>(value[0]);
    if (first == '"' || first == '\\') {
      out += '\\';
      out += value[0];
    } else if (first < 0x20 || first == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", first);
    } else {
      out += value.substr(0, length);
    }
    value.remove_prefix(length);
  }
  out += '"';
}

bool NeedsQuotes(std::string_view value) {
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7F) return true;
  }
  return value.size() > kMostBytes;
}

std::tm Utc(std::time_t at) {
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  return parts;
}

std::string FormatDate(std::time_t at) {
  const std::tm utc = Utc(at);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace

std::string FormatTime(std::chrono::system_clock::time_point at) {
  const auto since = at.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since - seconds);
  return fmt::format("{}.{:03}Z", FormatDate(seconds.count()), millis.count());
}

std::string FormatSeconds(core::UnixSeconds at) { return FormatDate(at) + "Z"; }

LogLine::LogLine(core::LogFormat format, std::chrono::system_clock::time_point at,
                 core::LogLevel level, std::string_view message)
    : json_(format == core::LogFormat::kJson) {
  line_.reserve(256);
  Text("ts", FormatTime(at));
  Text("level", Word(level));
  Text("message", message);
}

void LogLine::Name(std::string_view name) {
  if (json_) {
    line_ += line_.empty() ? "{\"" : ",\"";
    line_ += name;
    line_ += "\":";
  } else {
    if (!line_.empty()) line_ += ' ';
    line_ += name;
    line_ += '=';
  }
}

LogLine& LogLine::Text(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  Name(name);
  if (json_ || NeedsQuotes(value)) {
    AppendQuoted(line_, value);
  } else {
    line_ += value;
  }
  return *this;
}

LogLine& LogLine::Number(std::string_view name, std::int64_t value) {
  if (value == 0) return *this;
  Name(name);
  fmt::format_to(std::back_inserter(line_), "{}", value);
  return *this;
}

LogLine& LogLine::Milliseconds(std::string_view name, core::Duration value) {
  Name(name);
  fmt::format_to(std::back_inserter(line_), "{:.3f}",
                 std::chrono::duration<double, std::milli>(value).count());
  return *this;
}

LogLine& LogLine::Flag(std::string_view name, bool value) {
  if (!value) return *this;
  Name(name);
  line_ += "true";
  return *this;
}

std::string LogLine::Finish() && {
  if (json_) line_ += '}';
  return std::move(line_);
}

}  // namespace baokms::adapters::telemetry
