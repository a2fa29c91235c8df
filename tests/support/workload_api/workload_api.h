// A SPIFFE agent's Workload API on a Unix socket: it refuses calls without the security header, and
// otherwise says what the test wants said.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baokms::testing {

// How a call is answered: gRPC's code, and with 0 the bytes of a message.
struct WorkloadAnswer {
  int code = 0;
  std::string message = {};
};

struct JwtQuestion {
  std::vector<std::string> audience;
  std::string spiffe_id;
};

class WorkloadApi {
 public:
  // Started. Any thread may use it.
  explicit WorkloadApi(std::string socket_path);
  // Open calls end.
  ~WorkloadApi();

  std::string uri() const;  // as the configuration has it

  // An agent that goes away, and comes back at the same path.
  void Stop();
  void Start();

  // What FetchX509SVID hears from now on. Code 0: a message, to the open streams at once, to others
  // first thing. Another code ends them. None (so it begins): nothing is said.
  void SayX509(std::optional<WorkloadAnswer> answer);
  void SayX509(const std::string& message) { SayX509(WorkloadAnswer{.message = message}); }
  // Ends the open streams (UNAVAILABLE); new ones hear what is to be said.
  void CutStreams();
  // What FetchJWTSVID hears; nothing said when it returns none.
  using JwtAnswers = std::function<std::optional<WorkloadAnswer>(const JwtQuestion&)>;
  void SayJwt(JwtAnswers answers);

  struct Figures {
    int streams = 0;  // ever opened
    int open_streams = 0;
    int jwt_calls = 0;
    int without_header = 0;  // refused
  };
  Figures figures() const;

 private:
  class Service;

  const std::string socket_path_;
  std::unique_ptr<Service> service_;
};

}  // namespace baokms::testing
