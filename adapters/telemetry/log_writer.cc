#include "adapters/telemetry/log_writer.h"

#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "adapters/posix/all_signals_blocked.h"

namespace baokms::adapters::telemetry {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);
constexpr auto kMarkerRetry = std::chrono::milliseconds(50);
constexpr int kPollMilliseconds = 100;
// A pipe that polls writable takes this much without blocking (pipe(7), PIPE_BUF).
constexpr std::size_t kAtomicBytes = 4096;
// Lines have one level for spdlog, markers of Flush another.
constexpr auto kLineLevel = spdlog::level::info;
constexpr auto kMarkerLevel = spdlog::level::critical;

// With the thread that writes: the handler of a signal must not run there, and a closed pipe must
// not end the process.
std::shared_ptr<spdlog::details::thread_pool> StartPool() {
  const posix::AllSignalsBlocked blocked;
  return std::make_shared<spdlog::details::thread_pool>(LogWriter::kMostLines, 1);
}

// Without blocking; EAGAIN when the reader must be waited for.
ssize_t PutSome(int descriptor, std::string_view bytes) {
  const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  // No socket. Its own flags are shared with other processes and stay as they are.
  pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
  if (::poll(&writable, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(descriptor, bytes.data(), std::min(bytes.size(), kAtomicBytes));
}

}  // namespace

// The one sink; everything but Abandon and WaitFor runs on the writer's thread.
class LogWriter::Lines final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  Lines(int descriptor, std::function<void(std::string_view)> taker)
      : descriptor_(descriptor), taker_(std::move(taker)) {}

  void Abandon() { abandoned_ = true; }

  bool WaitFor(std::uint64_t ticket, std::chrono::milliseconds most) {
    std::unique_lock lock(reached_mutex_);
    return reached_.wait_for(lock, most, [&] { return written_up_to_ >= ticket; });
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    if (message.level == kMarkerLevel) {
      Reach(text);
      return;
    }
    line_.assign(text);
    line_ += '\n';
    if (taker_) {
      taker_(line_);
    } else {
      Put(line_);
    }
  }
  void flush_() override {}

 private:
  void Reach(std::string_view text) {
    std::uint64_t ticket = 0;
    std::from_chars(text.data(), text.data() + text.size(), ticket);
    const std::scoped_lock lock(reached_mutex_);
    written_up_to_ = std::max(written_up_to_, ticket);
    reached_.notify_all();
  }

  void Put(std::string_view bytes) {
    while (!bytes.empty() && !abandoned_) {
      const ssize_t put = PutSome(descriptor_, bytes);
      if (put >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(put));
      } else if (errno == EAGAIN) {
        pollfd writable{.fd = descriptor_, .events = POLLOUT, .revents = 0};
        ::poll(&writable, 1, kPollMilliseconds);
      } else if (errno != EINTR) {
        return;  // nobody reads any more
      }
    }
  }

  const int descriptor_;
  const std::function<void(std::string_view)> taker_;
  std::string line_;
  std::atomic<bool> abandoned_{false};
  std::mutex reached_mutex_;
  std::condition_variable reached_;
  std::uint64_t written_up_to_ = 0;
};

struct LogWriter::Parts {
  Parts(int descriptor, std::function<void(std::string_view)> sink)
      : lines(std::make_shared<Lines>(descriptor, std::move(sink))),
        pool(StartPool()),
        logger(std::make_shared<spdlog::async_logger>(
            "", lines, pool, spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(spdlog::level::trace);
    // spdlog would print its own failures to stderr, between our lines.
    logger->set_error_handler([](const std::string&) {});
  }

  std::shared_ptr<Lines> lines;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<std::uint64_t> last_ticket{0};
};

LogWriter::LogWriter(int descriptor, std::function<void(std::string_view)> sink)
    : parts_(std::make_unique<Parts>(descriptor, std::move(sink))) {}

LogWriter::~LogWriter() {
  Flush(kPatience);
  // From here the thread drops what it cannot write, so that joining it ends.
  parts_->lines->Abandon();
}

void LogWriter::Write(std::string_view line) {
  parts_->logger->log(kLineLevel, spdlog::string_view_t(line.data(), line.size()));
}

bool LogWriter::Flush(std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  const std::uint64_t ticket = ++parts_->last_ticket;
  const std::string marker = std::to_string(ticket);
  // Sent again, because a burst of lines can push a marker out of the queue.
  do {
    parts_->logger->log(kMarkerLevel, spdlog::string_view_t(marker));
    if (parts_->lines->WaitFor(ticket, kMarkerRetry)) return true;
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

}  // namespace baokms::adapters::telemetry
