// Queueing, abandoning, shutting down, and many threads at once.
#include <doctest/doctest.h>

#include <set>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

// Opens once; what waits behind it goes on.
class Gate {
 public:
  void Open() { promise_.set_value(); }
  void Wait() const { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

template <typename Predicate>
bool Eventually(Predicate predicate) {
  for (int i = 0; i < 2000; ++i) {
    if (predicate()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

TEST_CASE("Capacity: calls above the limit wait their turn in order") {
  TransportFixture fixture;
  Gate gate;
  ScriptedTlsServer server(fixture.identity, [&](const SeenRequest&, Wire& wire) {
    gate.Wait();
    wire.Write(HttpReplyText(200, "{}"));
  });
  fixture.options.sending.places = 1;
  fixture.Start({server.Url()});
  std::vector<std::future<TransportFixture::Reply>> replies;
  for (int i = 0; i < 5; ++i) replies.push_back(fixture.Send(fixture.Post(std::to_string(i))));
  REQUIRE(Eventually([&] { return server.requests().size() == 1; }));
  std::this_thread::sleep_for(50ms);
  CHECK(server.requests().size() == 1);
  gate.Open();
  for (auto& reply : replies) REQUIRE(reply.get().has_value());
  const auto seen = server.requests();
  REQUIRE(seen.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(seen[i].body == std::to_string(i));
  CHECK(server.connections() == 1);
}

TEST_CASE("Capacity: a call whose turn does not come in time is refused before its deadline") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity,
                           [](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  fixture.options.sending.places = 1;
  fixture.Start({server.Url()});
  auto first = fixture.Send(fixture.Post("first"));
  REQUIRE(Eventually([&] { return server.requests().size() == 1; }));
  const auto started = std::chrono::steady_clock::now();
  const auto second = fixture.Call(fixture.Post("second", 200ms));
  const auto took = std::chrono::steady_clock::now() - started;
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error() == core::ConcurrencyLimit());
  CHECK(took >= 150ms);
  CHECK(took < 200ms);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("Abandon: the transfer runs on and its connection stays warm") {
  TransportFixture fixture;
  Gate gate;
  ScriptedTlsServer server(fixture.identity, [&](const SeenRequest& request, Wire& wire) {
    if (request.body == "slow") gate.Wait();
    wire.Write(HttpReplyText(200, "{}"));
  });
  fixture.options.sending.places = 2;
  fixture.Start({server.Url()});
  std::unique_ptr<ports::PendingCall> handle;
  auto slow = fixture.Send(fixture.Post("slow"), &handle);
  REQUIRE(Eventually([&] { return server.requests().size() == 1; }));
  handle->Abandon();
  handle->Abandon();
  CHECK(fixture.Call(fixture.Post("other")).has_value());  // a place was free
  CHECK(slow.wait_for(50ms) == std::future_status::timeout);
  gate.Open();
  CHECK(slow.get().has_value());
}

TEST_CASE("Abandon: an abandoned transfer is cut when its place is needed") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest& request, Wire& wire) {
    if (request.body == "hang") wire.HangUntilStopped();
    wire.Write(HttpReplyText(200, "{}"));
  });
  fixture.options.sending.places = 1;
  fixture.options.sending.extra = 0;
  fixture.options.sending.least_left = 400ms;  // enough for a handshake on a slow machine
  fixture.Start({server.Url()});
  std::unique_ptr<ports::PendingCall> handle;
  auto hanging = fixture.Send(fixture.Post("hang", 20s), &handle);
  REQUIRE(Eventually([&] { return server.requests().size() == 1; }));
  auto next = fixture.Send(fixture.Post("next", 900ms));
  handle->Abandon();
  CHECK(next.wait_for(50ms) == std::future_status::timeout);  // it may yet end by itself
  CHECK(next.get().has_value());
  const auto cut = hanging.get();
  REQUIRE_FALSE(cut.has_value());
  CHECK(cut.error() == core::Cancelled());
}

TEST_CASE("Abandon: callers that leave cost no connection and no other caller's turn") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
    if (wire.Sleep(20ms)) wire.Write(HttpReplyText(200, "{}"));
  });
  fixture.Start({server.Url()});
  std::vector<std::future<TransportFixture::Reply>> left;
  for (int round = 0; round < 40; ++round) {
    std::vector<std::unique_ptr<ports::PendingCall>> handles(4);
    for (auto& handle : handles) left.push_back(fixture.Send(fixture.Post("leaves"), &handle));
    std::this_thread::sleep_for(4ms);
    for (auto& handle : handles) handle->Abandon();
    if (round % 8 == 0) CHECK(fixture.Call(fixture.Post("stays")).has_value());
  }
  for (auto& future : left) future.wait();
  const auto limits = fixture.options.sending;
  CHECK(static_cast<std::size_t>(server.connections()) <= limits.places + limits.extra);
}

TEST_CASE("Overload: what is accepted is answered in time and the rest is refused at once") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
    if (wire.Sleep(300ms)) wire.Write(HttpReplyText(200, "{}"));
  });
  fixture.Start({server.Url()});
  std::atomic<int> good = 0;
  std::atomic<int> late = 0;
  std::atomic<int> refused_late = 0;
  std::vector<std::thread> callers;
  const auto until = std::chrono::steady_clock::now() + 6s;
  for (int i = 0; i < 64; ++i) {
    callers.emplace_back([&] {
      while (std::chrono::steady_clock::now() < until) {
        const auto began = std::chrono::steady_clock::now();
        const auto reply = fixture.Call(fixture.Post("{}", 2s));
        if (reply) {
          ++good;
          continue;
        }
        if (reply.error() != core::ConcurrencyLimit()) ++late;
        if (std::chrono::steady_clock::now() - began > 1900ms) ++refused_late;
        std::this_thread::sleep_for(50ms);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(good >= 0.9 * 6 * 8 / 0.3);
  CHECK(late == 0);
  CHECK(refused_late <= 64);  // before the first reply nobody knows how long one takes
  const auto limits = fixture.options.sending;
  // Warm ones are kept: some 160 calls. A few are lost before anybody knows how slow it is.
  CHECK(static_cast<std::size_t>(server.connections()) <= 2 * (limits.places + limits.extra));
}

TEST_CASE("Lanes: a probe does not wait for callers' requests") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest& request, Wire& wire) {
    if (request.body == "hang") wire.HangUntilStopped();
    wire.Write(HttpReplyText(200, "{}"));
  });
  fixture.options.sending.places = 2;
  fixture.Start({server.Url()});
  std::vector<std::future<TransportFixture::Reply>> hanging;
  for (int i = 0; i < 4; ++i) hanging.push_back(fixture.Send(fixture.Post("hang")));
  REQUIRE(Eventually([&] { return server.requests().size() >= 2; }));
  const auto probe = fixture.Send(fixture.Get(1s));
  CHECK(probe.wait_for(500ms) == std::future_status::ready);
}

TEST_CASE("Abandon: an abandoned transfer ends at its budget") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity,
                           [](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  fixture.Start({server.Url()});
  std::unique_ptr<ports::PendingCall> handle;
  auto hanging = fixture.Send(fixture.Post("hang", 200ms), &handle);
  handle->Abandon();
  const auto reply = hanging.get();
  REQUIRE_FALSE(reply.has_value());
}

TEST_CASE("Abandon: a call that still waits is never sent") {
  TransportFixture fixture;
  Gate gate;
  ScriptedTlsServer server(fixture.identity, [&](const SeenRequest&, Wire& wire) {
    gate.Wait();
    wire.Write(HttpReplyText(200, "{}"));
  });
  fixture.options.sending.places = 1;
  fixture.Start({server.Url()});
  auto first = fixture.Send(fixture.Post("first"));
  REQUIRE(Eventually([&] { return server.requests().size() == 1; }));
  std::unique_ptr<ports::PendingCall> handle;
  auto second = fixture.Send(fixture.Post("second"), &handle);
  handle->Abandon();
  const auto reply = second.get();
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error() == core::Cancelled());
  gate.Open();
  CHECK(first.get().has_value());
  CHECK(server.requests().size() == 1);
}

TEST_CASE("Abandon: a handle that outlives its transport does nothing") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  fixture.Start({server.Url()});
  std::unique_ptr<ports::PendingCall> handle;
  REQUIRE(fixture.Send(fixture.Get(), &handle).get().has_value());
  fixture.transport.reset();
  handle->Abandon();
}

TEST_CASE("Shutdown: calls in flight and in line and after all get ShuttingDown") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity,
                           [](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  fixture.options.sending.places = 2;
  auto& transport = fixture.Start({server.Url()});
  std::vector<std::future<TransportFixture::Reply>> replies;
  for (int i = 0; i < 5; ++i) replies.push_back(fixture.Send(fixture.Post("{}", 60s)));
  REQUIRE(Eventually([&] { return server.requests().size() == 2; }));
  transport.Shutdown();
  replies.push_back(fixture.Send(fixture.Post("{}", 60s)));
  for (auto& future : replies) {
    const auto reply = future.get();
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error() == core::ShuttingDown());
  }
}

TEST_CASE("Shutdown: the destructor completes what is under way and returns at once") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity,
                           [](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  fixture.Start({server.Url()});
  auto future = fixture.Send(fixture.Post("{}", 60s));
  REQUIRE(Eventually([&] { return server.requests().size() == 1; }));
  const auto started = std::chrono::steady_clock::now();
  fixture.transport.reset();
  CHECK(std::chrono::steady_clock::now() - started < 500ms);
  const auto reply = future.get();
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error() == core::ShuttingDown());
}

TEST_CASE("Shutdown: a hanging resolver does not hold the destructor up") {
  TransportFixture fixture;
  fixture.Start({"https://does-not-exist.invalid:1"});
  auto future = fixture.Send(fixture.Get(60s));
  fixture.transport.reset();
  CHECK_FALSE(future.get().has_value());
}

TEST_CASE("Completion: it may send the next call") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  auto& transport = fixture.Start({server.Url()});
  std::promise<bool> finished;
  transport.Send(fixture.Post("1"), [&](ports::HttpOutcome) {
    transport.Send(fixture.Post("2"), [&](ports::HttpOutcome outcome) {
      finished.set_value(outcome.reply.has_value());
    });
  });
  CHECK(finished.get_future().get());
}

// As a rule it runs inside Send; while the loop has a turn of its own, on the loop's thread.
TEST_CASE("Completion: one that comes at once may send the next call") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  auto& transport = fixture.Start({server.Url()});
  for (int i = 0; i < 20; ++i) {
    std::promise<bool> next;
    transport.Send(fixture.Get(-1s), [&](ports::HttpOutcome late) {
      CHECK(late.reply.error() == core::DeadlineExceeded());
      transport.Send(fixture.Get(),
                     [&](ports::HttpOutcome good) { next.set_value(good.reply.has_value()); });
    });
    CHECK(next.get_future().get());
  }
}

TEST_CASE("Load: 64 calls at a time from 8 threads all get their own replies") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest& request, Wire& wire) {
    wire.Write(HttpReplyText(200, request.body));
  });
  fixture.options.sending.places = 8;
  fixture.Start({server.Url()});
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 10; ++round) {
        std::vector<std::pair<std::string, std::future<TransportFixture::Reply>>> calls;
        for (int i = 0; i < 8; ++i) {
          std::string body = std::to_string((t * 100 + round) * 100 + i);
          calls.emplace_back(body, fixture.Send(fixture.Post(body, 20s)));
        }
        for (auto& [body, future] : calls) {
          const auto reply = future.get();
          if (reply && reply->body.ExposeSecret() == body) ++right;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 8 * 10 * 8);
  CHECK(server.connections() <= 8);
}

}  // namespace
}  // namespace baokms::tests
