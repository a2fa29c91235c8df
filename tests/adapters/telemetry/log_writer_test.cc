#include "adapters/telemetry/log_writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace baokms::adapters::telemetry {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

struct Channel {
  explicit Channel(bool as_socket) {
    if (as_socket) {
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    } else {
      REQUIRE(::pipe(ends) == 0);
    }
  }
  ~Channel() {
    CloseReader();
    ::close(ends[1]);
  }
  void CloseReader() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  std::string ReadAvailable() const {
    std::string all;
    char chunk[65536];
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ssize_t got = 0;
    while ((got = ::read(ends[0], chunk, sizeof chunk)) > 0) {
      all.append(chunk, static_cast<std::size_t>(got));
    }
    return all;
  }
  int ends[2] = {-1, -1};
};

TEST_CASE("LogWriter: each line arrives whole, once and in order") {
  for (const bool as_socket : {false, true}) {
    Channel channel(as_socket);
    LogWriter writer(channel.ends[1], nullptr);
    std::string expected;
    for (int i = 0; i < 100; ++i) {
      writer.Write("line " + std::to_string(i));
      expected += "line " + std::to_string(i) + "\n";
    }
    REQUIRE(writer.Flush(std::chrono::seconds(5)));
    CHECK(channel.ReadAvailable() == expected);
  }
}

TEST_CASE("LogWriter: nothing written before destruction is lost") {
  Channel channel(false);
  {
    LogWriter(channel.ends[1], nullptr).Write("the last line before the exit");
  }
  CHECK(channel.ReadAvailable() == "the last line before the exit\n");
}

TEST_CASE("LogWriter: a line longer than a pipe takes at once arrives whole") {
  Channel channel(false);
  LogWriter writer(channel.ends[1], nullptr);
  writer.Write(std::string(20000, 'x'));
  REQUIRE(writer.Flush(std::chrono::seconds(5)));
  CHECK(channel.ReadAvailable() == std::string(20000, 'x') + "\n");
}

TEST_CASE("LogWriter: a reader that stalls holds up neither writers nor the end") {
  for (const bool as_socket : {false, true}) {
    Channel channel(as_socket);
    Clock::time_point began;
    {
      LogWriter writer(channel.ends[1], nullptr);
      const std::string line(400, 'x');
      began = Clock::now();
      for (int i = 0; i < 20000; ++i) writer.Write(line);
      CHECK(Clock::now() - began < std::chrono::seconds(2));
      CHECK_FALSE(writer.Flush(milliseconds(100)));
      began = Clock::now();
    }
    CHECK(Clock::now() - began < std::chrono::seconds(4));
  }
}

TEST_CASE("LogWriter: after a stall the newest lines are there and the oldest are dropped") {
  Channel channel(false);
  LogWriter writer(channel.ends[1], nullptr);
  writer.Write("first");
  REQUIRE(writer.Flush(std::chrono::seconds(5)));
  for (int i = 0; i < 5000; ++i) writer.Write("line " + std::to_string(i) + std::string(300, '.'));
  std::string all;
  for (int i = 0; i < 500 && all.find("line 4999.") == std::string::npos; ++i) {
    all += channel.ReadAvailable();
    std::this_thread::sleep_for(milliseconds(10));
  }
  CHECK(all.starts_with("first\nline "));
  CHECK(all.find("line 4999.") != std::string::npos);
  // The queue's worth of newest lines, whole; of the others some are gone.
  for (int i = 5000 - static_cast<int>(LogWriter::kMostLines); i < 5000; ++i) {
    CHECK(all.find("line " + std::to_string(i) + ".") != std::string::npos);
  }
  CHECK(std::ranges::count(all, '\n') < 5000);
}

TEST_CASE("LogWriter: a reader that has gone does not end the process") {
  for (const bool as_socket : {false, true}) {
    Channel channel(as_socket);
    channel.CloseReader();
    LogWriter writer(channel.ends[1], nullptr);
    writer.Write("into nothing");
    CHECK(writer.Flush(std::chrono::seconds(5)));
  }
}

TEST_CASE("LogWriter: lines of many threads do not mix") {
  std::mutex mutex;
  std::vector<std::string> lines;
  LogWriter writer(-1, [&](std::string_view line) {
    const std::scoped_lock lock(mutex);
    lines.emplace_back(line);
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&writer, t] {
      for (int i = 0; i < 100; ++i) writer.Write(std::string(50, static_cast<char>('a' + t)));
    });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(writer.Flush(std::chrono::seconds(5)));
  const std::scoped_lock lock(mutex);
  CHECK(lines.size() == 400);
  for (const auto& line : lines) {
    CHECK(line == std::string(50, line[0]) + "\n");
  }
}

}  // namespace
}  // namespace baokms::adapters::telemetry
