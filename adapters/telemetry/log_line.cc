#include "adapters/telemetry/log_line.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <utility>

#include "core/text/rfc3339.h"
#include "core/text/utf8.h"

namespace baokms::adapters::telemetry {
namespace {

constexpr std::size_t kMostBytes = 256;
constexpr std::size_t kMostOfSentence = 2048;

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

void AppendQuoted(std::string& out, std::string_view value, std::size_t most) {
  value = value.substr(0, most);
  out += '"';
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t start = at;
    const auto point = core::TakeCodePoint(value, at);
    if (!point) {
      out += "\\ufffd";
      ++at;
    } else if (*point == '"' || *point == '\\') {
      out += '\\';
      out += value[start];
    } else if (*point < 0x20 || *point == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(*point));
    } else {
      out += value.substr(start, at - start);
    }
  }
  out += '"';
}

bool NeedsQuotes(std::string_view value) {
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7F) return true;
  }
  return value.size() > kMostBytes;
}

}  // namespace

LogLine::LogLine(core::LogFormat format, std::chrono::system_clock::time_point at,
                 core::LogLevel level, std::string_view message)
    : json_(format == core::LogFormat::kJson) {
  line_.reserve(256);
  Text("ts", core::Rfc3339(std::chrono::floor<std::chrono::milliseconds>(at)));
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
    AppendQuoted(line_, value, kMostBytes);
  } else {
    line_ += value;
  }
  return *this;
}

LogLine& LogLine::Sentence(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  Name(name);
  AppendQuoted(line_, value, kMostOfSentence);
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
