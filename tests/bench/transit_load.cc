#include "tests/bench/transit_load.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
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
    auto& timer = static_cast<Client*>(self)->timer;
    timer.reset();
    if (milliseconds >= 0) timer = steady_clock::now() + std::chrono::milliseconds(milliseconds);
    return 0;
  }

  void Prepare(const std::string& path, const std::string& body) {
    url = base + path;
    for (Slot& slot : slots) {
      curl_easy_setopt(slot.easy, CURLOPT_URL, url.c_str());
      curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
      curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDS, body.c_str());
    }
  }

  void Start(Slot& slot, steady_clock::time_point began) {
    slot.began = began;
    curl_multi_add_handle(multi, slot.easy);
  }

  // The slot of a transfer that has ended and is taken out; none: no more has. `good`: with 200.
  Slot* Ended(bool& good) {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi, &left);
    if (message == nullptr) return nullptr;
    const CURLcode code = message->data.result;
    CURL* const easy = message->easy_handle;
    Slot* slot = nullptr;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    good = code == CURLE_OK && status == 200;
    curl_multi_remove_handle(multi, easy);
    return slot;
  }

  // Until some transfer may have ended, at the latest until then: to the microsecond, which
  // libcurl's own waiting cannot do.
  void Step(steady_clock::time_point until) {
    std::array<epoll_event, 64> events{};
    int running = 0;
    if (timer) until = std::min(until, *timer);
    const auto wait = std::max(until - steady_clock::now(), steady_clock::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
    const timespec most{.tv_sec = seconds.count(), .tv_nsec = (wait - seconds).count()};
    const int count =
        epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()), &most, nullptr);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      int ready = 0;
      if ((event.events & EPOLLIN) != 0) ready |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) ready |= CURL_CSELECT_OUT;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) ready |= CURL_CSELECT_ERR;
      curl_multi_socket_action(multi, event.data.fd, ready, &running);
    }
    if (timer && *timer <= steady_clock::now()) {
      timer.reset();
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  std::string base;
  CURLM* multi;
  int epoll;
  std::optional<steady_clock::time_point> timer;  // curl's
  std::string url;
  curl_slist* headers = nullptr;
  std::vector<Slot> slots;
};

TransitLoad::TransitLoad(const Options& options) : client_(std::make_unique<Client>(options)) {}

TransitLoad::~TransitLoad() = default;

LoadResult TransitLoad::Post(const std::string& path, const std::string& body, LoadLimit limit) {
  Client& client = *client_;
  client.Prepare(path, body);
  LoadResult result;
  std::size_t started = 0;
  std::size_t running = 0;
  const auto began = steady_clock::now();
  for (Client::Slot& slot : client.slots) {
    if (started == limit.calls) break;
    client.Start(slot, steady_clock::now());
    ++started;
    ++running;
  }
  auto now = began;
  while (running > 0) {
    client.Step(steady_clock::now() + std::chrono::seconds(1));
    bool good = false;
    while (Client::Slot* slot = client.Ended(good)) {
      now = steady_clock::now();
      result.took_us.push_back(
          std::chrono::duration<double, std::micro>(now - slot->began).count());
      if (!good) ++result.failed;
      if (started < limit.calls && now - began < limit.time) {
        client.Start(*slot, now);
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

LoadResult TransitLoad::Arrive(const std::string& path, const std::string& body,
                               const Arrivals& arrivals) {
  Client& client = *client_;
  client.Prepare(path, body);
  std::vector<Client::Slot*> free;
  for (Client::Slot& slot : client.slots) free.push_back(&slot);
  LoadResult result;
  std::size_t next = 0;
  const auto began = steady_clock::now();
  const auto give_up = began + arrivals.time + arrivals.grace;
  auto now = began;
  while (true) {
    const bool begins = next < arrivals.calls() && steady_clock::now() < give_up;
    if (!begins && free.size() == client.slots.size()) break;
    while (begins && !free.empty() && next < arrivals.calls() &&
           arrivals.Due(began, next) <= steady_clock::now()) {
      client.Start(*free.back(), arrivals.Due(began, next++));
      free.pop_back();
    }
    const bool waits = begins && !free.empty() && next < arrivals.calls();
    client.Step(waits ? arrivals.Due(began, next)
                      : steady_clock::now() + std::chrono::milliseconds(50));
    bool good = false;
    while (Client::Slot* slot = client.Ended(good)) {
      now = steady_clock::now();
      if (good) {
        result.took_us.push_back(
            std::chrono::duration<double, std::micro>(now - slot->began).count());
      }
      free.push_back(slot);
    }
  }
  result.seconds = std::chrono::duration<double>(now - began).count();
  result.failed = static_cast<std::int64_t>(arrivals.calls() - result.took_us.size());
  result.took_us.resize(arrivals.calls(), std::numeric_limits<double>::infinity());
  std::ranges::sort(result.took_us);
  return result;
}

}  // namespace baokms::testing
