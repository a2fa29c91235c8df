// Requests that leave in one call over the real transport: who is told what, and when.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using Answer = std::future<TransportFixture::Reply>;

// "a+b+c" as the body of one call, which the server sends back.
class Concatenation final : public ports::HttpBatch {
 public:
  ports::HttpRequest Compose(std::span<const ports::HttpRequest* const> requests) const override {
    std::string all;
    for (const ports::HttpRequest* request : requests) {
      all.append(all.empty() ? "" : "+").append(request->body.ExposeSecret());
    }
    ports::HttpRequest call;
    call.method = ports::HttpMethod::kPost;
    call.path = requests.front()->path;
    call.lane = requests.front()->lane;
    call.judge = requests.front()->judge;
    call.body = core::Secret::Copy(all);
    return call;
  }
  std::vector<ports::HttpOutcome> Share(ports::HttpOutcome call, std::size_t items) const override {
    Tell(call, items, "answer");
    std::vector<ports::HttpOutcome> shares;
    std::string_view rest = call.reply ? call.reply->body.ExposeSecret() : "";
    for (std::size_t i = 0; i < items; ++i) {
      ports::HttpOutcome share{.reply = std::unexpected(core::Cancelled()), .took = std::nullopt};
      if (call.reply) {
        const std::string_view own = rest.substr(0, rest.find('+'));
        rest.remove_prefix(std::min(rest.size(), own.size() + 1));
        share.reply = ports::HttpReply{
            .status = call.reply->status, .content_type = {}, .body = core::Secret::Copy(own)};
      } else {
        share.reply = std::unexpected(call.reply.error());
      }
      shares.push_back(std::move(share));
    }
    return shares;
  }
  void Superseded(const ports::HttpOutcome& attempt, std::size_t items) const override {
    Tell(attempt, items, "superseded");
  }

  std::vector<std::string> told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  void Tell(const ports::HttpOutcome& outcome, std::size_t items, std::string_view as) const {
    const std::lock_guard lock(mutex_);
    const std::string how = outcome.reply ? std::to_string(outcome.reply->status)
                                          : std::string(outcome.reply.error().message());
    told_.push_back(std::string(as) + " of " + std::to_string(items) + ": " + how +
                    (outcome.took ? "" : ", never left"));
  }
  mutable std::mutex mutex_;
  mutable std::vector<std::string> told_;  // guarded by mutex_
};

// One place, which "first" holds until the test opens the gate; what is sent meanwhile waits.
struct WaitingRequests : TransportFixture {
  // `script` answers all but "first".
  explicit WaitingRequests(ScriptedTlsServer::Script script)
      : server(identity, [this, script](const SeenRequest& request, Wire& wire) {
          if (request.body != "first") return script(request, wire);
          gate.wait();
          wire.Write(HttpReplyText(200, "first"));
        }) {
    options.sending.places = 1;
    options.sending.most_items = 64;
    Start({server.Url()});
    first = Send(Post("first"));
    while (server.requests().empty()) std::this_thread::sleep_for(1ms);
  }
  ~WaitingRequests() {
    if (!open) Open();
  }
  void Open() {
    std::this_thread::sleep_for(20ms);  // all that was sent waits
    open = true;
    opened.set_value();
  }
  Answer Add(const std::string& body, core::Duration budget = 5s,
             std::unique_ptr<ports::PendingCall>* handle = nullptr, std::uint64_t group = 1) const {
    ports::HttpRequest request = Post(body, budget);
    request.batch = batch;
    request.batch_group = group;
    return Send(std::move(request), handle);
  }
  // The bodies of all calls but the first.
  std::vector<std::string> Calls() const {
    std::vector<std::string> bodies;
    for (const SeenRequest& seen : server.requests()) bodies.push_back(seen.body);
    bodies.erase(bodies.begin());
    return bodies;
  }

  std::promise<void> opened;
  std::shared_future<void> gate = opened.get_future().share();
  bool open = false;
  std::shared_ptr<Concatenation> batch = std::make_shared<Concatenation>();
  ScriptedTlsServer server;
  Answer first;
};

void Echo(const SeenRequest& request, Wire& wire) { wire.Write(HttpReplyText(200, request.body)); }

std::string Body(Answer& future) {
  REQUIRE(future.wait_for(20s) == std::future_status::ready);
  const auto reply = future.get();
  return reply ? std::string(reply->body.ExposeSecret()) : std::string(reply.error().message());
}

TEST_CASE("Batches: what waits leaves in one call and each gets its own share") {
  WaitingRequests waiting(Echo);
  std::vector<Answer> replies;
  for (int i = 0; i < 5; ++i) replies.push_back(waiting.Add(std::to_string(i)));
  waiting.Open();
  for (int i = 0; i < 5; ++i) {
    CHECK(Body(replies[static_cast<std::size_t>(i)]) == std::to_string(i));
  }
  CHECK(waiting.Calls() == std::vector<std::string>{"0+1+2+3+4"});
  CHECK(waiting.batch->told() == std::vector<std::string>{"answer of 5: 200"});
  CHECK(waiting.Superseded().empty());
}

TEST_CASE("Batches: other groups and requests without a batch have calls of their own") {
  WaitingRequests waiting(Echo);
  auto a = waiting.Add("a", 5s, nullptr, 1);
  auto b = waiting.Add("b", 5s, nullptr, 1);
  auto c = waiting.Add("c", 5s, nullptr, 2);
  auto d = waiting.Send(waiting.Post("d"));
  waiting.Open();
  for (auto* reply : {&a, &b, &c, &d}) Body(*reply);
  CHECK(waiting.Calls() == std::vector<std::string>{"a+b", "c", "d"});
}

TEST_CASE("Batches: a deadline ends one item and the others are answered") {
  std::promise<void> late;
  auto hold = late.get_future().share();
  WaitingRequests waiting([hold](const SeenRequest& request, Wire& wire) {
    hold.wait();
    Echo(request, wire);
  });
  auto a = waiting.Add("a");
  auto b = waiting.Add("b", 600ms);
  auto c = waiting.Add("c");
  waiting.Open();
  CHECK(Body(b) == std::string(core::DeadlineExceeded().message()));
  late.set_value();
  CHECK(Body(a) == "a");
  CHECK(Body(c) == "c");
  CHECK(waiting.Calls() == std::vector<std::string>{"a+b+c"});
  CHECK(waiting.batch->told() == std::vector<std::string>{"answer of 3: 200"});
}

TEST_CASE("Batches: the last deadline ends the call, which counts once as late") {
  WaitingRequests waiting([](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  auto a = waiting.Add("a", 500ms);
  auto b = waiting.Add("b", 600ms);
  waiting.Open();
  const std::string late(core::DeadlineExceeded().message());
  CHECK(Body(a) == late);
  CHECK(Body(b) == late);
  CHECK(waiting.batch->told() == std::vector<std::string>{"answer of 2: " + late});
}

TEST_CASE("Batches: one that leaves takes nothing from the others") {
  std::promise<void> late;
  auto hold = late.get_future().share();
  WaitingRequests waiting([hold](const SeenRequest& request, Wire& wire) {
    hold.wait();
    Echo(request, wire);
  });
  std::unique_ptr<ports::PendingCall> before;
  std::unique_ptr<ports::PendingCall> under_way;
  auto a = waiting.Add("a", 5s, &before);
  auto b = waiting.Add("b", 5s, &under_way);
  auto c = waiting.Add("c");
  before->Abandon();
  waiting.Open();
  CHECK(Body(a) == std::string(core::Cancelled().message()));
  while (waiting.Calls().empty()) std::this_thread::sleep_for(1ms);
  under_way->Abandon();
  late.set_value();
  CHECK(Body(c) == "c");
  CHECK(Body(b) == "b");
  CHECK(waiting.Calls() == std::vector<std::string>{"b+c"});
}

TEST_CASE("Batches: an attempt that breaks is repeated for all of them") {
  std::atomic<int> calls = 0;
  WaitingRequests waiting([&](const SeenRequest& request, Wire& wire) {
    if (calls++ == 0) return wire.Close();
    if (calls == 2) {
      wire.Write(HttpReplyText(502, "bad gateway"));
      return;
    }
    Echo(request, wire);
  });
  auto a = waiting.Add("a");
  auto b = waiting.Add("b");
  waiting.Open();
  CHECK(Body(a) == "a");
  CHECK(Body(b) == "b");
  CHECK(waiting.Calls() == std::vector<std::string>{"a+b", "a+b", "a+b"});
  // curl itself repeats what a warm connection lost.
  CHECK(waiting.batch->told() ==
        std::vector<std::string>{"superseded of 2: 502", "answer of 2: 200"});
}

TEST_CASE("Batches: shutdown answers each of them once") {
  WaitingRequests waiting([](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  auto a = waiting.Add("a");
  auto b = waiting.Add("b");
  waiting.Open();
  while (waiting.Calls().empty()) std::this_thread::sleep_for(1ms);
  auto c = waiting.Add("c");
  waiting.transport.reset();
  const std::string gone(core::ShuttingDown().message());
  for (auto* reply : {&a, &b, &c}) CHECK(Body(*reply) == gone);
  CHECK(waiting.batch->told() == std::vector<std::string>{"answer of 2: " + gone});
}

TEST_CASE("Batches: a storm from many threads mixes nothing up") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Echo);
  fixture.options.sending.places = 2;
  fixture.options.sending.most_items = 64;
  fixture.Start({server.Url()});
  const auto batch = std::make_shared<Concatenation>();
  std::atomic<int> right = 0;
  constexpr int kThreads = 8;
  constexpr int kRounds = 10;
  constexpr int kAtOnce = 40;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::pair<std::string, Answer>> calls;
        for (int i = 0; i < kAtOnce; ++i) {
          const std::string body = std::to_string((t * kRounds + round) * kAtOnce + i);
          ports::HttpRequest request = fixture.Post(body, 20s);
          request.batch = batch;
          request.lane = i % 2 == 0 ? core::Lane::kEncrypt : core::Lane::kDecrypt;
          calls.emplace_back(body, fixture.Send(std::move(request)));
        }
        for (auto& [body, future] : calls) {
          const auto reply = future.get();
          if (reply && reply->body.ExposeSecret() == body) ++right;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == kThreads * kRounds * kAtOnce);
  CHECK(server.requests().size() < kThreads * kRounds * kAtOnce / 4);
}

}  // namespace
}  // namespace baokms::tests
