#include "tests/structure/arrow_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <regex>

#include "tests/structure/source_text.h"

namespace baokms::structure {
namespace {

enum class Layer { kText, kModel, kPorts, kCore, kAdapter, kApp, kOutside };

// Standard headers that bring I/O, threads, the clock's time or randomness into rules.
constexpr std::array kImpureHeaders = {
    "barrier",    "condition_variable",
    "csignal",    "cstdio",
    "ctime",      "execution",
    "filesystem", "fstream",
    "future",     "iostream",
    "latch",      "mutex",
    "ostream",    "istream",
    "print",      "random",
    "semaphore",  "shared_mutex",
    "sstream",    "stop_token",
    "strstream",  "syncstream",
    "thread",     "iomanip",
};

// The same by name, for what comes in through another header.
constexpr std::array kImpureWords = {
    "thread",        "jthread",       "thread_local",
    "mutex",         "shared_mutex",  "lock_guard",
    "unique_lock",   "scoped_lock",   "condition_variable",
    "async",         "future",        "promise",
    "sleep_for",     "sleep_until",   "getenv",
    "secure_getenv", "setenv",        "environ",
    "system_clock",  "steady_clock",  "high_resolution_clock",
    "utc_clock",     "clock_gettime", "gettimeofday",
    "random_device", "mt19937",       "srand",
    "cout",          "cerr",          "clog",
    "printf",        "fprintf",       "fopen",
    "ofstream",      "ifstream",      "spdlog",
    "simdjson",      "nlohmann",      "system",
};

Layer LayerOf(std::string_view path) {
  if (path.starts_with("core/text/")) return Layer::kText;
  if (path.starts_with("core/model/")) return Layer::kModel;
  if (path.starts_with("core/")) return Layer::kCore;
  if (path.starts_with("ports/")) return Layer::kPorts;
  if (path.starts_with("adapters/")) return Layer::kAdapter;
  if (path.starts_with("app/")) return Layer::kApp;
  return Layer::kOutside;
}

// Decisions of an adapter that take their time from outside.
bool IsPureFolder(std::string_view path) {
  return path.starts_with("adapters/transit_http/sending/");
}

bool IsPure(Layer layer) {
  return layer == Layer::kText || layer == Layer::kModel || layer == Layer::kCore ||
         layer == Layer::kPorts;
}

// "adapters/jwt/" of "adapters/jwt/compact_jwt.h"; a file right under adapters/ has no folder.
std::string_view AdapterFolder(std::string_view path) {
  constexpr std::string_view kAdapters = "adapters/";
  if (!path.starts_with(kAdapters)) return {};
  const std::size_t end = path.find('/', kAdapters.size());
  return end == std::string_view::npos ? std::string_view{} : path.substr(0, end + 1);
}

// What several adapters are made of: one mechanism of a library or of the system each.
bool IsBuildingBlock(std::string_view path) {
  constexpr std::array kFolders = {"adapters/openssl/", "adapters/posix/", "adapters/strict_json/"};
  return std::ranges::any_of(kFolders, [&](const char* f) { return path.starts_with(f); });
}

// Includes are written from the project's root, so these are ours in quotes or in brackets.
bool IsOurs(std::string_view name) {
  constexpr std::array kFolders = {"core/", "ports/", "adapters/", "app/", "tests/"};
  return std::ranges::any_of(kFolders, [&](const char* f) { return name.starts_with(f); });
}

bool MayIncludeOurs(Layer layer, std::string_view path, std::string_view name) {
  const bool text = name.starts_with("core/text/");
  const bool model = text || name.starts_with("core/model/");
  const bool ports = name.starts_with("ports/");
  switch (layer) {
    case Layer::kText:
      return text;
    case Layer::kModel:
      return model;
    case Layer::kPorts:
      return model || ports;
    case Layer::kCore:
      return name.starts_with("core/") || ports;
    case Layer::kAdapter: {
      // The transport serves others than OpenBao.
      if (path.starts_with("adapters/transit_http/transport/") &&
          name.starts_with("adapters/transit_http/openbao/")) {
        return false;
      }
      const std::string_view own = AdapterFolder(path);
      return model || ports || IsBuildingBlock(name) || (!own.empty() && name.starts_with(own));
    }
    case Layer::kApp:
      return !name.starts_with("tests/");
    case Layer::kOutside:
      return true;
  }
  return false;
}

// C++'s own headers have neither a folder nor a suffix; POSIX and the libraries have one.
bool IsStandard(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::islower(c) || std::isdigit(c) || c == '_';
  });
}

// The single exception: libcrypto, behind core's own header (architecture.md, "Rules").
bool IsLibcryptoException(std::string_view path, std::string_view name) {
  return (path == "core/model/secret.cc" && name == "openssl/crypto.h") ||
         (path == "core/wire/sha256.cc" && name == "openssl/sha.h");
}

// Why this include is not allowed here, or empty.
std::string Objection(Layer layer, std::string_view path, const Include& include) {
  const std::string_view name = include.name;
  if (include.computed) return "an include must be spelled out";
  if (name.find("..") != name.npos || name.find("//") != name.npos ||
      name.find("./") != name.npos || name.starts_with('/')) {
    return "an include must be a plain path from the project's root";
  }
  if (IsOurs(name)) {
    return MayIncludeOurs(layer, path, name) ? "" : "must not see " + include.name;
  }
  if (include.quoted) return "quotes are for our own headers, from the project's root";
  if (!(IsPure(layer) || IsPureFolder(path)) || IsLibcryptoException(path, name)) return "";
  if (!IsStandard(name)) return "must not see the library header " + include.name;
  if (std::ranges::find(kImpureHeaders, name) != kImpureHeaders.end()) {
    return "must not see " + include.name + "; it comes in through a port";
  }
  return "";
}

// Calls `found(word, line)` for each whole word.
template <typename Found>
void ForEachWord(std::string_view code, Found found) {
  int line = 1;
  for (std::size_t at = 0; at < code.size();) {
    std::size_t end = at;
    while (end < code.size() &&
           (std::isalnum(static_cast<unsigned char>(code[end])) || code[end] == '_')) {
      ++end;
    }
    if (end > at) found(code.substr(at, end - at), line);
    if (end < code.size() && code[end] == '\n') ++line;
    at = end + 1;
  }
}

}  // namespace

std::vector<std::string> SourceViolations(std::string_view path, std::string_view text) {
  std::vector<std::string> violations;
  const Layer layer = LayerOf(path);
  if (layer == Layer::kOutside) return violations;
  const std::string code = WithoutCommentsAndLiterals(text);
  const std::vector<Include> includes = IncludesOf(code);
  for (const Include& include : includes) {
    const std::string objection = Objection(layer, path, include);
    if (!objection.empty()) violations.push_back(Place(path, include.line) + objection);
  }
  if (!IsPure(layer) && !IsPureFolder(path)) return violations;
  ForEachWord(code, [&](std::string_view word, int line) {
    const bool in_include = std::ranges::any_of(
        includes, [line](const Include& include) { return include.line == line; });
    if (in_include || std::ranges::find(kImpureWords, word) == kImpureWords.end()) return;
    violations.push_back(Place(path, line) + "must not use " + std::string(word));
  });
  return violations;
}

std::vector<std::string> LinkViolations(std::string_view path, std::string_view text) {
  std::vector<std::string> violations;
  const std::string_view folder = AdapterFolder(path);
  if (folder.empty()) return violations;
  const std::string own(folder.substr(9, folder.size() - 10));
  constexpr std::array kAllowed = {"baokms_options",    "baokms_text",    "baokms_model",
                                   "baokms_ports",      "baokms_openssl", "baokms_posix",
                                   "baokms_strict_json"};
  const std::string all(text);
  const std::regex link(R"(target_link_libraries\s*\(([^)]*)\))");
  const std::regex target(R"(baokms_\w+)");
  // What this file defines itself is its own (the generated messages of grpc_kms).
  for (std::sregex_iterator call(all.begin(), all.end(), link), end; call != end; ++call) {
    const std::string body = (*call)[1];
    for (std::sregex_iterator t(body.begin(), body.end(), target), none; t != none; ++t) {
      const std::string name = t->str();
      // A folder of an adapter may stand on the adapter; OpenBao's API stands on the transport
      // beside it, and that on the decisions of sending.
      const bool defined_here =
          all.find("add_library(" + name) != all.npos || name == "baokms_" + own ||
          (own == "transit_http" && (name == "baokms_https_transport" || name == "baokms_sending"));
      if (defined_here || std::ranges::find(kAllowed, name) != kAllowed.end()) continue;
      violations.push_back(std::string(path) + ": " + own + " must not link " + name);
    }
  }
  return violations;
}

}  // namespace baokms::structure
