#include "tests/support/emulator/http_message.h"

#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace baokms::emulator {
namespace {

constexpr std::size_t kGoWriteBuffer = 2048;

std::string_view Reason(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() &&
        std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
        std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0) {
      const std::string digits(text.substr(i + 1, 2));
      out.push_back(static_cast<char>(std::strtol(digits.c_str(), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::map<std::string, std::string> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> values;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    values[PercentDecoded(pair.substr(0, equals))] =
        equals < pair.size() ? PercentDecoded(pair.substr(equals + 1)) : "";
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return values;
}

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<HttpRequest> ParseHead(std::string_view head) {
  HttpRequest request;
  const auto line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last ||
      !line.substr(last).starts_with(" HTTP/1.")) {
    return std::nullopt;
  }
  request.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const auto question = std::min(target.find('?'), target.size());
  request.path = PercentDecoded(target.substr(0, question));
  if (question < target.size()) request.query = ParseQuery(target.substr(question + 1));
  std::string_view rest =
      line_end == std::string_view::npos ? std::string_view() : head.substr(line_end + 2);
  while (!rest.empty()) {
    const auto end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view field = rest.substr(0, end);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string name(field.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string_view value = field.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    request.headers[std::move(name)] = value;
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return request;
}

Framing UsualFraming(const HttpReply& reply) {
  return reply.body.size() > kGoWriteBuffer ? Framing::kChunked : Framing::kContentLength;
}

std::string Serialize(const HttpReply& reply, Framing framing) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  out += Reason(reply.status);
  out += "\r\n";
  for (const auto& [name, value] : reply.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += "Date: " + HttpDate() + "\r\n";
  const bool bodyless = reply.status == 204 || reply.status == 304;
  if (bodyless && reply.body.empty()) return out + "\r\n";
  switch (framing) {
    case Framing::kContentLength:
      out += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
      break;
    case Framing::kChunked: {
      std::array<char, 24> size{};
      std::snprintf(size.data(), size.size(), "%zx\r\n", reply.body.size());
      out += "Transfer-Encoding: chunked\r\n\r\n";
      if (!reply.body.empty()) out += size.data() + reply.body + "\r\n";
      out += "0\r\n\r\n";
      break;
    }
    case Framing::kUntilClose:
      out += "Connection: close\r\n\r\n" + reply.body;
      break;
  }
  return out;
}

}  // namespace baokms::emulator
