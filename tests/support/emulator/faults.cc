#include "tests/support/emulator/faults.h"

#include <algorithm>
#include <array>
#include <set>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/operation.h"

namespace baokms::emulator {
namespace {

const std::set<std::string, std::less<>>& FieldNames() {
  static const std::set<std::string, std::less<>> kNames = {"operation",
                                                            "path_contains",
                                                            "count",
                                                            "skip",
                                                            "execute",
                                                            "delay_ms",
                                                            "status",
                                                            "body",
                                                            "headers",
                                                            "raw",
                                                            "raw_base64",
                                                            "set",
                                                            "remove",
                                                            "key_version",
                                                            "redirect",
                                                            "drop_content_length",
                                                            "chunked",
                                                            "content_length",
                                                            "double_body",
                                                            "garbage",
                                                            "cut_after",
                                                            "slow_bytes",
                                                            "slow_interval_ms",
                                                            "endless",
                                                            "close",
                                                            "reset"};
  return kNames;
}

std::string BodyText(const Json& body) {
  return body.is_string() ? body.get<std::string>() : body.dump() + "\n";
}

void ReadReplacement(const Json& json, Fault* fault) {
  if (json.contains("status")) fault->status = json["status"].get<int>();
  if (json.contains("body")) fault->body = BodyText(json["body"]);
  if (json.contains("raw")) fault->raw = json["raw"].get<std::string>();
  if (json.contains("raw_base64")) {
    fault->raw = Base64Decode(json["raw_base64"].get<std::string>()).value_or("");
  }
  // Named: items() does not keep a temporary alive.
  const Json headers = json.value("headers", Json::object());
  for (const auto& [name, value] : headers.items()) {
    fault->headers.emplace_back(name, value.get<std::string>());
  }
  if (json.contains("redirect")) {
    fault->status = json.value("status", 307);
    fault->headers.emplace_back("Location", json["redirect"].get<std::string>());
    if (!fault->body) fault->body = "";
  }
  fault->execute = json.value("execute", !fault->status && !fault->raw);
}

void ReadChanges(const Json& json, Fault* fault) {
  const Json changes = json.value("set", Json::object());
  for (const auto& [pointer, value] : changes.items()) {
    fault->set.emplace_back(pointer, value);
  }
  if (json.contains("key_version")) {
    fault->set.emplace_back("/data/key_version", json["key_version"]);
  }
  for (const Json& pointer : json.value("remove", Json::array())) {
    fault->remove.push_back(pointer.get<std::string>());
  }
}

void ReadWire(const Json& json, Fault* fault) {
  if (json.value("drop_content_length", false)) fault->framing = Framing::kUntilClose;
  if (json.value("chunked", false)) fault->framing = Framing::kChunked;
  if (json.value("content_length", false)) fault->framing = Framing::kContentLength;
  fault->double_body = json.value("double_body", false);
  if (json.contains("garbage")) fault->garbage = json["garbage"].get<std::size_t>();
  if (json.contains("cut_after")) fault->cut_after = json["cut_after"].get<std::size_t>();
  fault->slow_bytes = json.value("slow_bytes", std::size_t{0});
  fault->slow_interval_ms = json.value("slow_interval_ms", std::int64_t{1});
  fault->endless = json.value("endless", false);
  fault->close = json.value("close", false);
  fault->reset = json.value("reset", false);
}

bool WriteSlowly(const Fault& fault, std::string_view bytes, Connection& connection) {
  if (fault.slow_bytes == 0) return connection.Write(bytes);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, fault.slow_bytes);
    if (!connection.Write(piece) || !connection.Sleep(fault.slow_interval_ms)) return false;
    bytes.remove_prefix(piece.size());
  }
  return true;
}

bool WriteEndless(const Fault& fault, HttpReply reply, Connection& connection) {
  reply.body.clear();
  std::string head = Serialize(reply, Framing::kUntilClose);
  std::string piece = "{\"errors\":[\"";
  if (!WriteSlowly(fault, head + piece, connection)) return false;
  piece.assign(16 * 1024, 'a');
  while (WriteSlowly(fault, piece, connection) && connection.Sleep(0)) {
  }
  return false;
}

}  // namespace

std::expected<Fault, std::string> FaultFromJson(const Json& json) {
  if (!json.is_object()) return std::unexpected("a fault is a JSON object");
  // A misspelt field would be a fault that silently does something else.
  for (const auto& [name, value] : json.items()) {
    if (!FieldNames().contains(name)) return std::unexpected("unknown fault field: " + name);
  }
  Fault fault;
  try {
    fault.operation = json.value("operation", "any");
    fault.path_contains = json.value("path_contains", "");
    fault.count = json.value("count", std::int64_t{1});
    fault.skip = json.value("skip", std::int64_t{0});
    fault.delay_ms = json.value("delay_ms", std::int64_t{0});
    ReadReplacement(json, &fault);
    ReadChanges(json, &fault);
    ReadWire(json, &fault);
  } catch (const Json::exception& error) {
    return std::unexpected(std::string("bad fault: ") + error.what());
  }
  if (!IsOperation(fault.operation)) {
    return std::unexpected("unknown operation: " + fault.operation);
  }
  return fault;
}

void FaultQueue::Add(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FaultQueue::Clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

std::optional<Fault> FaultQueue::Take(std::string_view operation, std::string_view path) {
  const std::lock_guard lock(mutex_);
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (fault->operation != "any" && fault->operation != operation) continue;
    if (path.find(fault->path_contains) == std::string_view::npos) continue;
    if (fault->skip > 0) {
      --fault->skip;
      continue;
    }
    Fault taken = *fault;
    if (fault->count > 0 && --fault->count == 0) faults_.erase(fault);
    return taken;
  }
  return std::nullopt;
}

Json FaultQueue::Describe() const {
  const std::lock_guard lock(mutex_);
  Json list = Json::array();
  for (const Fault& fault : faults_) {
    list.push_back({{"operation", fault.operation},
                    {"path_contains", fault.path_contains},
                    {"count", fault.count},
                    {"skip", fault.skip}});
  }
  return list;
}

void ChangeReply(const Fault& fault, HttpReply* reply) {
  if (fault.status) {
    reply->status = *fault.status;
    reply->body =
        fault.body.value_or(reply->status == 204 ? "" : "{\"errors\":[\"injected fault\"]}\n");
  } else if (fault.body) {
    reply->body = *fault.body;
  }
  for (const auto& [name, value] : fault.headers) {
    std::erase_if(reply->headers, [&name](const auto& header) { return header.first == name; });
    reply->headers.emplace_back(name, value);
  }
  if (!fault.set.empty() || !fault.remove.empty()) {
    Json body = Json::parse(reply->body, nullptr, false);
    if (!body.is_discarded()) {
      Json patch = Json::array();
      for (const std::string& pointer : fault.remove) {
        if (body.contains(Json::json_pointer(pointer))) {
          patch.push_back({{"op", "remove"}, {"path", pointer}});
        }
      }
      body = body.patch(patch);
      for (const auto& [pointer, value] : fault.set) body[Json::json_pointer(pointer)] = value;
      reply->body = GoJson(body) + "\n";
    }
  }
  if (fault.double_body) reply->body += reply->body;
}

bool WriteWithFault(const Fault& fault, const HttpReply& reply, Connection& connection) {
  const auto finish = [&fault, &connection](bool alive) {
    if (fault.reset) {
      connection.End(Connection::Ending::kReset);
      return false;
    }
    return alive;
  };
  if (fault.reset && !fault.cut_after) return finish(false);
  if (fault.endless) return finish(WriteEndless(fault, reply, connection));
  const Framing framing = fault.framing.value_or(UsualFraming(reply));
  std::string bytes = fault.raw       ? *fault.raw
                      : fault.garbage ? RandomBytes(*fault.garbage)
                                      : Serialize(reply, framing);
  const bool cut = fault.cut_after && *fault.cut_after < bytes.size();
  if (cut) bytes.resize(*fault.cut_after);
  const bool written = WriteSlowly(fault, bytes, connection);
  const bool over =
      fault.cut_after || fault.close || fault.garbage || framing == Framing::kUntilClose;
  return finish(written && !over);
}

}  // namespace baokms::emulator
