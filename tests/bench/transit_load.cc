#include "tests/bench/transit_load.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

namespace baokms::testing {
namespace {

using std::chrono::steady_clock;

std::size_t Discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

struct TransitLoad::Client {
  // One of the requests at a time, over whichever connection is idle.
  struct Slot {
    CURL* easy = nullptr;
    steady_clock::time_point began;
  };

  explicit Client(const Options& options)
      : base(options.address + "/v1/"),
        multi(curl_multi_init()),
        epoll(epoll_create1(EPOLL_CLOEXEC)),
        slots(static_cast<std::size_t>(options.connections)) {
    headers = curl_slist_append(headers, ("X-Vault-Token: " + options.token).c_str());
    headers = curl_slist_append(headers, "X-Vault-Request: true");
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Watch);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &SetTimer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options.connections));
    for (Slot& slot : slots) {
      slot.easy = curl_easy_init();
      curl_easy_setopt(slot.easy, CURLOPT_PRIVATE, &slot);
      curl_easy_setopt(slot.easy, CURLOPT_CAINFO, options.ca_file.c_str());
      curl_easy_setopt(slot.easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
      curl_easy_setopt(slot.easy, CURLOPT_HTTPHEADER, headers);
      curl_easy_setopt(slot.easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(slot.easy, CURLOPT_WRITEFUNCTION, &Discard);
    }
  }
  ~Client() {
    for (const Slot& slot : slots) {
      curl_multi_remove_handle(multi, slot.easy);
      curl_easy_cleanup(slot.easy);
    }
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    close(epoll);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // curl says which of its sockets to wait for ...
  static int Watch(CURL*, curl_socket_t socket, int what, void* self, void* known) {
    auto* client = static_cast<Client*>(self);
    epoll_event event{};
    event.data.fd = socket;
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(client->epoll, EPOLL_CTL_DEL, socket, nullptr);
    } else {
      epoll_ctl(client->epoll, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
      curl_multi_assign(client->multi, socket, client);
    }
    return 0;
  }
  // ... and for how long.
  static int SetTimer(CURLM*, long milliseconds, void* self) {
    static_cast<Client*>(self)->timeout_ms = static_cast<int>(milliseconds);
    return 0;
  }

  void Start(Slot& slot) {
    slot.began = steady_clock::now();
    curl_multi_add_handle(multi, slot.easy);
  }

  // Until some transfer may have ended.
  void Step() {
    std::array<epoll_event, 64> events{};
    int running = 0;
    const int count = timeout_ms == 0
                          ? 0
                          : epoll_wait(epoll, events.data(), static_cast<int>(events.size()),
                                       timeout_ms < 0 ? 1000 : timeout_ms);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      int ready = 0;
      if ((event.events & EPOLLIN) != 0) ready |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) ready |= CURL_CSELECT_OUT;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) ready |= CURL_CSELECT_ERR;
      curl_multi_socket_action(multi, event.data.fd, ready, &running);
    }
    if (count <= 0) {
      timeout_ms = -1;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  std::string base;
  CURLM* multi;
  int epoll;
  int timeout_ms = -1;
  curl_slist* headers = nullptr;
  std::vector<Slot> slots;
};

TransitLoad::TransitLoad(const Options& options) : client_(std::make_unique<Client>(options)) {}

TransitLoad::~TransitLoad() = default;

LoadResult TransitLoad::Post(const std::string& path, const std::string& body, LoadLimit limit) {
  Client& client = *client_;
  const std::string url = client.base + path;
  LoadResult result;
  std::size_t started = 0;
  std::size_t running = 0;
  const auto began = steady_clock::now();
  for (Client::Slot& slot : client.slots) {
    if (started == limit.calls) break;
    curl_easy_setopt(slot.easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDS, body.c_str());
    client.Start(slot);
    ++started;
    ++running;
  }
  auto now = began;
  while (running > 0) {
    client.Step();
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(client.multi, &left)) {
      const CURLcode code = message->data.result;
      CURL* const easy = message->easy_handle;
      Client::Slot* slot = nullptr;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      now = steady_clock::now();
      result.took_us.push_back(
          std::chrono::duration<double, std::micro>(now - slot->began).count());
      if (code != CURLE_OK || status != 200) ++result.failed;
      curl_multi_remove_handle(client.multi, easy);
      if (started < limit.calls && now - began < limit.time) {
        client.Start(*slot);
        ++started;
      } else {
        --running;
      }
    }
  }
  result.seconds = std::chrono::duration<double>(now - began).count();
  std::ranges::sort(result.took_us);
  return result;
}

}  // namespace baokms::testing
