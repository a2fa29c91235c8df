#include "adapters/grpc_kms/acceptor.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kListenerTag = UINT64_MAX;
constexpr std::uint64_t kWakeTag = UINT64_MAX - 1;
constexpr std::uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr int kAcceptsPerTurn = 64;
// Without descriptors or memory, accept would fail again at once: wait, do not spin.
constexpr milliseconds kPause{20};
// What every HTTP/2 client sends first, without waiting for the server (RFC 9113, 3.4).
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

bool Watch(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace

std::expected<std::unique_ptr<Acceptor>, ListenProblem> Acceptor::Start(UnixListener listener,
                                                                        AllowedPeers peers,
                                                                        ConnectionTable& table,
                                                                        Serve serve) {
  posix::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  posix::Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll.valid() || !wake.valid() ||
      !Watch(epoll.get(), EPOLL_CTL_ADD, listener.fd(), EPOLLIN, kListenerTag) ||
      !Watch(epoll.get(), EPOLL_CTL_ADD, wake.get(), EPOLLIN, kWakeTag)) {
    return std::unexpected(ListenProblem::kSystem);
  }
  std::unique_ptr<Acceptor> acceptor(new Acceptor(std::move(listener), std::move(peers), table,
                                                  std::move(serve), std::move(epoll),
                                                  std::move(wake)));
  try {
    acceptor->thread_ = std::thread([raw = acceptor.get()] { raw->Run(); });
  } catch (const std::system_error&) {
    return std::unexpected(ListenProblem::kSystem);
  }
  return acceptor;
}

Acceptor::Acceptor(UnixListener listener, AllowedPeers peers, ConnectionTable& table, Serve serve,
                   posix::Descriptor epoll, posix::Descriptor wake)
    : listener_(std::move(listener)),
      peers_(std::move(peers)),
      table_(table),
      serve_(std::move(serve)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)) {}

Acceptor::~Acceptor() {
  if (!thread_.joinable()) return;
  Do(Command::kExit);
  thread_.join();
}

void Acceptor::StopAccepting() { Do(Command::kStopAccepting); }
void Acceptor::CloseConnections() { Do(Command::kCloseConnections); }

void Acceptor::Do(Command command) {
  std::unique_lock lock(command_mutex_);
  command_done_.wait(lock, [&] { return command_ == Command::kNone; });
  command_ = command;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof(one));
  command_done_.wait(lock, [&] { return command_ == Command::kNone; });
}

void Acceptor::Run() {
  for (;;) {
    try {
      Turn();
      if (!Obey()) return;
    } catch (const std::exception&) {
      PauseAccepting();  // out of memory: the loop must live on
    }
  }
}

int Acceptor::WaitMilliseconds() const {
  auto next = table_.NextDeadline();
  if (paused_until_ && (!next || *paused_until_ < *next)) next = paused_until_;
  if (!next) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*next - steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void Acceptor::Turn() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 WaitMilliseconds());
  bool incoming = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kListenerTag) {
      incoming = true;
    } else if (event.data.u64 != kWakeTag) {
      OnEvent(event.data.u64, event.events);
    }
  }
  // After the others, so that those who left have made room.
  if (incoming && accepting_ && !paused_until_) AcceptSome();
  const auto now = steady_clock::now();
  EvictAll(table_.RemoveOverdue(now));
  if (paused_until_ && now >= *paused_until_) {
    paused_until_.reset();
    WatchListener(true);
  }
}

bool Acceptor::Obey() {
  const std::lock_guard lock(command_mutex_);
  if (command_ == Command::kNone) return true;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto consumed = ::read(wake_.get(), &count, sizeof(count));
  if (accepting_ && command_ != Command::kCloseConnections) {
    accepting_ = false;
    WatchListener(false);
    listener_.Close();
    EvictAll(table_.RemoveSilent());
  }
  if (command_ != Command::kStopAccepting) EvictAll(table_.RemoveAll());
  const bool exit = command_ == Command::kExit;
  command_ = Command::kNone;
  command_done_.notify_all();
  return !exit;
}

void Acceptor::AcceptSome() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    posix::Descriptor socket(
        ::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.valid()) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) PauseAccepting();
      return;
    }
    if (!Accepted(std::move(socket))) return;
  }
}

bool Acceptor::Accepted(posix::Descriptor socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      !PeerAllowed(peer.uid, peer.gid)) {
    return true;
  }
  const int fd = socket.get();
  auto admission = table_.Add(std::move(socket), peer.uid, steady_clock::now());
  if (admission.displaced) Evict(std::move(*admission.displaced));
  if (!admission.id) return true;
  if (!Watch(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, *admission.id)) {
    Evict(table_.Remove(*admission.id));
    PauseAccepting();
    return false;
  }
  return true;
}

void Acceptor::OnEvent(std::uint64_t id, std::uint32_t events) {
  const int fd = table_.Descriptor(id);
  if (fd < 0) return;  // evicted earlier in this turn
  if ((events & kEnded) != 0) {
    Evict(table_.Remove(id));
  } else if (!table_.HandedOver(id)) {
    MaybeHandOver(id, fd);
  }
}

void Acceptor::MaybeHandOver(std::uint64_t id, int fd) {
  std::array<char, kPreface.size()> opening;
  const auto got = ::recv(fd, opening.data(), opening.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const auto length = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  if (length == 0 || !kPreface.starts_with(std::string_view(opening.data(), length))) {
    Evict(table_.Remove(id));
    return;
  }
  if (length < kPreface.size()) return;
  // The server's copy is its own to close; ours sees the end and can force it.
  posix::Descriptor served(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!served.valid() || !Watch(epoll_.get(), EPOLL_CTL_MOD, fd, EPOLLRDHUP, id)) {
    Evict(table_.Remove(id));
    return;
  }
  table_.HandOver(id, served.get());
  serve_(served.Release());
}

void Acceptor::Evict(posix::Descriptor socket) {
  if (!socket.valid()) return;
  // The server's copy keeps the epoll entry alive: closing ours alone would leave it firing.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket.get(), nullptr);
  ::shutdown(socket.get(), SHUT_RDWR);
}

void Acceptor::EvictAll(std::vector<posix::Descriptor> sockets) {
  for (posix::Descriptor& socket : sockets) Evict(std::move(socket));
}

void Acceptor::PauseAccepting() {
  if (!accepting_ || paused_until_) return;
  if (auto oldest = table_.RemoveOldestSilent()) Evict(std::move(*oldest));
  WatchListener(false);
  paused_until_ = steady_clock::now() + kPause;
}

void Acceptor::WatchListener(bool on) {
  Watch(epoll_.get(), EPOLL_CTL_MOD, listener_.fd(), on ? EPOLLIN : 0U, kListenerTag);
}

bool Acceptor::PeerAllowed(uid_t uid, gid_t gid) const {
  if (peers_.uids.empty() && peers_.gids.empty()) return true;
  return std::ranges::find(peers_.uids, uid) != peers_.uids.end() ||
         std::ranges::find(peers_.gids, gid) != peers_.gids.end();
}

}  // namespace baokms::adapters::grpc_kms
