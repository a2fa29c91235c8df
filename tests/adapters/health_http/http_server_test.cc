#include "adapters/health_http/http_server.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "tests/adapters/health_http/client.h"

namespace baokms::adapters::health_http {
namespace {

TEST_CASE("HttpServer: GET and HEAD are answered, HEAD without a body") {
  const auto server = Serve(Word("hello"));
  const std::string get = Get(server->port(), "/word");
  CHECK(StatusOf(get) == 200);
  CHECK(BodyOf(get) == "hello");
  const std::string head = Client(server->port()).Ask("HEAD", "/word");
  CHECK(StatusOf(head) == 200);
  CHECK(head.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(BodyOf(head).empty());
}

TEST_CASE("HttpServer: a query does not change the path") {
  const auto server = Serve(Word("hello"));
  CHECK(StatusOf(Get(server->port(), "/word?verbose=1")) == 200);
}

TEST_CASE("HttpServer: unknown paths are 404 whatever the method") {
  const auto server = Serve(Word("hello"));
  for (const auto* path : {"/", "/wor", "/words", "/word/", "/../word", "//word"}) {
    CHECK_MESSAGE(StatusOf(Get(server->port(), path)) == 404, path);
  }
  CHECK(StatusOf(Client(server->port()).Ask("POST", "/other")) == 404);
}

TEST_CASE("HttpServer: every other method is 405 and says which are allowed") {
  const auto server = Serve(Word("hello"));
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO", "get"}) {
    const std::string reply = Client(server->port()).Ask(method, "/word");
    CHECK_MESSAGE(StatusOf(reply) == 405, method);
    CHECK(reply.find("Allow: GET, HEAD\r\n") != std::string::npos);
  }
}

TEST_CASE("HttpServer: a body is neither read nor waited for") {
  const auto server = Serve(Word("hello"));
  const Client client(server->port());
  REQUIRE(client.Send("POST /word HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"));
  CHECK(StatusOf(client.Receive()) == 405);
  CHECK(client.TimeToClose(std::chrono::seconds(3)) < std::chrono::seconds(3));
}

TEST_CASE("HttpServer: several requests on one connection") {
  const auto server = Serve(Word("hello"));
  const Client client(server->port());
  for (int i = 0; i < 3; ++i) CHECK(BodyOf(client.Ask("GET", "/word")) == "hello");
}

TEST_CASE("HttpServer: a handler that throws is a 500 and the next request is served") {
  auto routes = Word("hello");
  routes.push_back({.path = "/throw", .content_type = "text/plain", .handler = []() -> Reply {
                      throw std::runtime_error("CANARY");
                    }});
  const auto server = Serve(routes);
  const std::string reply = Get(server->port(), "/throw");
  CHECK(StatusOf(reply) == 500);
  CHECK(reply.find("CANARY") == std::string::npos);
  CHECK(StatusOf(Get(server->port(), "/word")) == 200);
}

TEST_CASE("HttpServer: nonsense and oversize headers end without a service") {
  const auto server = Serve(Word("hello"));
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\r\n\r\n", 15),
        "GET /word HTTP/1.1\r\nHost: x\r\nX: " + std::string(100000, 'x') + "\r\n\r\n",
        "GET /" + std::string(100000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    const Client client(server->port());
    static_cast<void>(client.Send(bytes));
    const std::string reply = client.Receive();
    CHECK(reply.find(" 200 ") == std::string::npos);
    CHECK(StatusOf(Get(server->port(), "/word")) == 200);
  }
}

TEST_CASE("HttpServer: the end cuts open connections and frees the port at once") {
  auto server = Serve(Word("hello"));
  const std::uint16_t port = server->port();
  const Client idle(port);
  const Client halfway(port);
  REQUIRE(halfway.Send("GET /wo"));
  CHECK(BodyOf(idle.Ask("GET", "/word")) == "hello");
  const auto began = std::chrono::steady_clock::now();
  server.reset();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
  CHECK(idle.TimeToClose(std::chrono::seconds(1)) <= std::chrono::seconds(1));
  CHECK(Serve(Word("again"), {}, "127.0.0.1:" + std::to_string(port))->port() == port);
}

}  // namespace
}  // namespace baokms::adapters::health_http
