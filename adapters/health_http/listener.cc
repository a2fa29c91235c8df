#include "adapters/health_http/listener.h"

#include <linux/tcp.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/health_http/listen_address.h"

namespace baokms::adapters::health_http {
namespace {

// A request line and headers; longer ones are answered with an error by the library.
constexpr std::size_t kConnectionBytes = 16 * 1024;
// How late a late connection may be cut.
constexpr int kTickMilliseconds = 100;
// Connections above the limit that may exist while the oldest are being cut.
constexpr unsigned kSlack = 64;

// Of the whole connection; 0 when the kernel does not say.
std::uint64_t BytesReceived(int descriptor) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
  return info.tcpi_bytes_received;
}

Reply Call(const Route& route) {
  try {
    return route.handler();
  } catch (...) {
    return {.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .body = {}};
  }
}

bool HasBody(MHD_Connection* connection) {
  const auto header = [&](const char* name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  };
  const char* const length = header(MHD_HTTP_HEADER_CONTENT_LENGTH);
  return header(MHD_HTTP_HEADER_TRANSFER_ENCODING) != nullptr ||
         (length != nullptr && std::string_view(length) != "0");
}

MHD_Result Queue(MHD_Connection* connection, const Reply& reply, const std::string& content_type,
                 const char* allow) {
  // MUST_COPY: libmicrohttpd reads the buffer only, though it takes it as writable.
  MHD_Response* const response = MHD_create_response_from_buffer(
      reply.body.size(), const_cast<char*>(reply.body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type.c_str());
  if (allow != nullptr) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

// What libmicrohttpd calls, always inside Run.
struct Listener::Callbacks {
  static void OnConnection(void* listener, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode what) {
    auto& self = *static_cast<Listener*>(listener);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      Peer& peer = self.peers_.emplace_back();
      peer.descriptor =
          MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
      self.Enter(peer, Phase::kHeaders);
      *context = &peer;
      self.MakeRoom();
      return;
    }
    self.peers_.remove_if([&](const Peer& peer) { return &peer == *context; });
  }

  static MHD_Result OnRequest(void* listener, MHD_Connection* connection, const char* path,
                              const char* method, const char* /*version*/, const char* /*upload*/,
                              std::size_t* /*upload_size*/, void** request) {
    auto& self = *static_cast<Listener*>(listener);
    Peer& peer = *FindPeer(connection);
    // The first call comes after the headers. A reply then makes the library close the connection,
    // which is right for a request with a body, because nobody waits for it; any other request is
    // answered in the second call.
    if (*request == nullptr && !HasBody(connection)) {
      *request = &peer;
      return MHD_YES;
    }
    return self.Answer(connection, peer, path, method) != 0 ? MHD_YES : MHD_NO;
  }

  static void OnCompleted(void* listener, MHD_Connection* connection, void** /*request*/,
                          MHD_RequestTerminationCode /*how*/) {
    static_cast<Listener*>(listener)->Enter(*FindPeer(connection), Phase::kIdle);
  }

  static Peer* FindPeer(MHD_Connection* connection) {
    return static_cast<Peer*>(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
  }
};

std::unique_ptr<Listener> Listener::Make(ListenerOptions options) {
  std::unique_ptr<Listener> self(new Listener(std::move(options)));
  // Without a thread of its own: Run is called by ours.
  self->daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, nullptr, nullptr, &Callbacks::OnRequest,
      self.get(), MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned>(self->options_.limits.connections) + kSlack,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes, MHD_OPTION_NOTIFY_CONNECTION,
      &Callbacks::OnConnection, self.get(), MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::OnCompleted,
      self.get(), MHD_OPTION_END);
  if (self->daemon_ == nullptr) return nullptr;
  return self;
}

Listener::~Listener() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

int Listener::epoll_descriptor() const {
  return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int Listener::TimeoutMilliseconds() const {
  unsigned long long library = 0;
  if (MHD_get_timeout(daemon_, &library) == MHD_YES && library < kTickMilliseconds) {
    return static_cast<int>(library);
  }
  return peers_.empty() ? -1 : kTickMilliseconds;
}

void Listener::Run() {
  MHD_run(daemon_);
  CutLate();
}

Listener::Accepted Listener::AcceptFrom(int listen_socket) {
  SocketAddress peer;
  peer.length = sizeof peer.storage;
  const int connection =
      ::accept4(listen_socket, peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection < 0) {
    switch (errno) {
      case EAGAIN:
        return Accepted::kNothing;
      // The next one may be fine: this client left, or its network has an error (accept(2)).
      case EINTR:
      case ECONNABORTED:
      case ENETDOWN:
      case EPROTO:
      case ENOPROTOOPT:
      case EHOSTDOWN:
      case ENONET:
      case EHOSTUNREACH:
      case EOPNOTSUPP:
      case ENETUNREACH:
        return Accepted::kOne;
      default:
        return Accepted::kFailed;
    }
  }
  // Closes the connection when it cannot take it.
  MHD_add_connection(daemon_, connection, peer.get(), peer.length);
  return Accepted::kOne;
}

bool Listener::Full() const { return peers_.size() >= options_.limits.connections + kSlack; }

void Listener::Enter(Peer& peer, Phase phase) {
  const auto allowed = [&] {
    switch (phase) {
      case Phase::kHeaders:
        return options_.limits.headers;
      case Phase::kReply:
        return options_.limits.write;
      case Phase::kIdle:
        return options_.limits.idle;
    }
    return options_.limits.headers;
  }();
  peer.phase = phase;
  peer.deadline = Clock::now() + allowed;
}

void Listener::CutLate() {
  const auto now = Clock::now();
  for (Peer& peer : peers_) {
    if (peer.cut) continue;
    // The library does not say when the next request begins, but the kernel counts its bytes.
    if (peer.phase == Phase::kIdle && BytesReceived(peer.descriptor) != peer.received) {
      Enter(peer, Phase::kHeaders);
    }
    if (now < peer.deadline) continue;
    peer.cut = true;
    // The library sees the end and closes.
    ::shutdown(peer.descriptor, SHUT_RDWR);
  }
}

void Listener::MakeRoom() {
  auto held = std::ranges::count(peers_, false, &Peer::cut);
  for (Peer& peer : peers_) {
    if (std::cmp_less_equal(held, options_.limits.connections)) return;
    if (peer.cut || peer.phase == Phase::kReply) continue;
    peer.cut = true;
    ::shutdown(peer.descriptor, SHUT_RDWR);
    --held;
  }
}

int Listener::Answer(MHD_Connection* connection, Peer& peer, const char* path, const char* method) {
  static const std::string kText = "text/plain; charset=utf-8";
  Enter(peer, Phase::kReply);
  // Before the reply, because a client that has it may already be sending the next request.
  peer.received = BytesReceived(peer.descriptor);
  const auto route = std::ranges::find(options_.routes, std::string_view(path), &Route::path);
  if (route == options_.routes.end()) {
    return Queue(connection, {.status = MHD_HTTP_NOT_FOUND, .body = "not found\n"}, kText, nullptr);
  }
  const std::string_view word(method);
  if (word != MHD_HTTP_METHOD_GET && word != MHD_HTTP_METHOD_HEAD) {
    return Queue(connection,
                 {.status = MHD_HTTP_METHOD_NOT_ALLOWED, .body = "method not allowed\n"}, kText,
                 "GET, HEAD");
  }
  return Queue(connection, Call(*route), route->content_type, nullptr);
}

}  // namespace baokms::adapters::health_http
