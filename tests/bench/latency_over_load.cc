// How long a Decrypt takes while ever more of them are due each second, through the provider,
// straight on Transit, and through another plugin: an open load, whose calls do not wait for each
// other's answers, and whose times run from when a call was due. Prints a table, writes JSON, and
// draws the picture of docs/performance.md.
#include <curl/curl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/chosen_server.h"
#include "tests/bench/figures.h"
#include "tests/bench/latency_picture.h"
#include "tests/bench/peer.h"
#include "tests/bench/serving.h"
#include "tests/bench/transit_load.h"
#include "tests/bench/transit_work.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"
#include "tests/support/measure/kms_load.h"
#include "tests/support/measure/steady_pace.h"

namespace baokms::testing {
namespace {

using std::chrono::milliseconds;

struct Flags {
  std::string server = "auto";
  std::vector<int> rates = {100, 200, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000};
  int rounds = 3;
  int cell_ms = 2000;
  std::string peer_socket;
  std::string peer_command;
  std::string json_file;
  std::string picture;
  std::string drawn_from;
};

// As many as may be under way: identical ones would share calls to OpenBao.
constexpr int kObjects = 1024;
// Of the client straight on Transit.
constexpr int kConnections = 64;
// A side that fails more than this at some rate is not asked at higher ones.
constexpr double kMostFailed = 0.01;

// What one rate brought, one entry a round. A call that failed took forever.
struct Samples {
  std::vector<double> p50_us;
  std::vector<double> p99_us;
  std::vector<double> failed;  // share of the calls
};

class Measurement {
 public:
  Measurement(OpenBaoUnderTest& openbao, const Flags& flags)
      : flags_(flags),
        openbao_(openbao),
        setup_(openbao),
        config_(openbao, setup_),
        token_(setup_.Login()),
        raw_({.address = openbao.address(),
              .ca_file = openbao.ca_file(),
              .token = token_,
              .connections = kConnections}) {
    SetSteadyPace(config_);
    StartMs(config_, provider_);
    if (!provider_->WaitReady()) throw HarnessError("not ready:\n" + provider_->Stderr());
    socket_ = std::make_unique<KmsLoad>(config_.socket());
    const std::string plaintext(32, 'x');
    decrypts_[Side::kSocket] = DecryptsOf(*socket_, plaintext);
    transit_ = PrepareTransit(openbao, config_, setup_, token_, plaintext);
    sides_ = {Side::kSocket, Side::kTransit};
    if (!flags.peer_socket.empty()) {
      peer_process_ = std::make_unique<Peer>(
          Peer::Options{.socket = flags.peer_socket, .command = flags.peer_command}, openbao,
          setup_);
      peer_ = std::make_unique<KmsLoad>(flags.peer_socket);
      decrypts_[Side::kPeer] = DecryptsOf(*peer_, plaintext);
      sides_.push_back(Side::kPeer);
    }
  }

  void Run() {
    const double usual = std::min(500, flags_.rates.front());
    for (const Side side : sides_) Load(side, usual, milliseconds(1000));  // warm-up
    for (int round = 0; round < flags_.rounds; ++round) {
      std::vector<Side> sides = sides_;
      // Nobody always goes first.
      std::ranges::rotate(sides, sides.begin() + round % static_cast<int>(sides.size()));
      std::map<Side, bool> overloaded;
      for (const int rate : flags_.rates) {
        for (const Side side : sides) {
          if (overloaded[side]) {
            Add(samples_[rate][side], {.took_us = {}}, 0);
            continue;
          }
          const LoadResult result = Load(side, rate, milliseconds(flags_.cell_ms));
          overloaded[side] = Add(samples_[rate][side], result, result.failed) > kMostFailed;
        }
      }
    }
  }

  nlohmann::json ToJson() const {
    nlohmann::json points = nlohmann::json::array();
    const auto spread = [](const std::vector<double>& values) {
      const Spread of = SpreadOf(values);  // infinite ones become null
      return nlohmann::json{{"median", of.median}, {"min", of.min}, {"max", of.max}};
    };
    for (const auto& [rate, sides] : samples_) {
      for (const auto& [side, samples] : sides) {
        points.push_back({{"per_second", rate},
                          {"side", Name(side)},
                          {"p50_us", spread(samples.p50_us)},
                          {"p99_us", spread(samples.p99_us)},
                          {"failed", spread(samples.failed)}});
      }
    }
    nlohmann::json figures = {{"server", openbao_.name()},
                              {"server_version", openbao_.version()},
                              {"processors", std::thread::hardware_concurrency()},
                              {"rounds", flags_.rounds},
                              {"cell_ms", flags_.cell_ms},
                              {"operation", "Decrypt"},
                              {"plaintext_bytes", 32},
                              {"points", std::move(points)}};
    // As a reader of the file sees them.
    return nlohmann::json::parse(figures.dump());
  }

 private:
  static KmsCall DecryptsOf(KmsLoad& server, const std::string& plaintext) {
    const KmsCall encrypt = EncryptCall(plaintext);
    KmsCall decrypt = DecryptCall(server.Ask(encrypt));
    for (int i = 1; i < kObjects; ++i) {
      decrypt.further.push_back(DecryptCall(server.Ask(encrypt)).request);
    }
    if (!server.Ask(decrypt).ends_with(plaintext)) {
      throw HarnessError("Decrypt gives another plaintext");
    }
    return decrypt;
  }

  LoadResult Load(Side side, double per_second, milliseconds time) {
    const Arrivals arrivals{.per_second = per_second, .time = time, .most_under_way = kObjects};
    if (side == Side::kTransit) {
      return raw_.Arrive(transit_.decrypt_path, transit_.decrypt_body, arrivals);
    }
    KmsLoad& load = side == Side::kSocket ? *socket_ : *peer_;
    return load.Arrive(decrypts_.at(side), arrivals);
  }

  // The share that failed.
  static double Add(Samples& samples, const LoadResult& result, std::int64_t failed) {
    const auto calls = static_cast<double>(result.took_us.size());
    const auto at = [&](double share) {
      return calls == 0 ? std::numeric_limits<double>::infinity()
                        : result.took_us[static_cast<std::size_t>(share * (calls - 1))];
    };
    samples.p50_us.push_back(at(0.5));
    samples.p99_us.push_back(at(0.99));
    samples.failed.push_back(calls == 0 ? 1 : static_cast<double>(failed) / calls);
    return samples.failed.back();
  }

  const Flags& flags_;
  OpenBaoUnderTest& openbao_;
  OpenBaoSetup setup_;
  ProviderConfig config_;
  std::string token_;
  TransitLoad raw_;
  TransitWork transit_;
  std::unique_ptr<ProviderProcess> provider_;
  std::unique_ptr<Peer> peer_process_;
  std::unique_ptr<KmsLoad> socket_;
  std::unique_ptr<KmsLoad> peer_;
  std::vector<Side> sides_;
  std::map<Side, KmsCall> decrypts_;
  std::map<int, std::map<Side, Samples>> samples_;
};

void PrintTable(const nlohmann::json& figures) {
  std::printf("server: %s %s; %d processors; %d rounds of %d ms; median (min..max) in ms\n\n",
              figures.at("server").get<std::string>().c_str(),
              figures.at("server_version").get<std::string>().c_str(),
              figures.at("processors").get<int>(), figures.at("rounds").get<int>(),
              figures.at("cell_ms").get<int>());
  std::printf("%-9s %-8s %24s %24s %8s\n", "due/s", "side", "p50", "p99", "failed");
  const auto ms = [](const nlohmann::json& us) {
    if (us.is_null()) return std::string("-");
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", us.get<double>() / 1000);
    return std::string(text);
  };
  for (const auto& point : figures.at("points")) {
    const auto spread = [&](const char* figure) {
      const auto& of = point.at(figure);
      return ms(of.at("median")) + " (" + ms(of.at("min")) + ".." + ms(of.at("max")) + ")";
    };
    std::printf("%-9d %-8s %24s %24s %7.1f%%\n", point.at("per_second").get<int>(),
                point.at("side").get<std::string>().c_str(), spread("p50_us").c_str(),
                spread("p99_us").c_str(), point.at("failed").at("median").get<double>() * 100);
  }
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  if (!out.flush()) throw HarnessError("cannot write " + path);
}

nlohmann::json Measure(const Flags& flags) {
  return OnChosenServer(flags.server, [&](OpenBaoUnderTest& openbao, pid_t /*pid*/) {
    Measurement measurement(openbao, flags);
    measurement.Run();
    return measurement.ToJson();
  });
}

int Run(const Flags& flags) {
  nlohmann::json figures;
  if (flags.drawn_from.empty()) {
    figures = Measure(flags);
    PrintTable(figures);
    if (!flags.json_file.empty()) WriteFile(flags.json_file, figures.dump(2) + "\n");
  } else {
    std::ifstream file(flags.drawn_from);
    figures = nlohmann::json::parse(file);
  }
  if (!flags.picture.empty()) WriteFile(flags.picture, LatencyPicture(figures));
  return 0;
}

}  // namespace
}  // namespace baokms::testing

int main(int argc, char** argv) {
  baokms::testing::Flags flags;
  CLI::App app("Latency of Decrypt over the rate at which calls are due");
  app.add_option("--server", flags.server, "emulator, openbao, or auto: openbao if it is there")
      ->check(CLI::IsMember({"auto", "emulator", "openbao"}));
  app.add_option("--rates", flags.rates, "Calls due each second, ascending")
      ->delimiter(',')
      ->check(CLI::Range(10, 100000));
  app.add_option("--rounds", flags.rounds, "How often everything is measured")
      ->check(CLI::Range(1, 100));
  app.add_option("--cell-ms", flags.cell_ms, "How long each rate of each side is measured a round")
      ->check(CLI::Range(100, 60000));
  auto* const peer = app.add_option("--peer", flags.peer_socket,
                                    "Another KMS v2 plugin's socket, measured as a further side");
  app.add_option("--peer-command", flags.peer_command,
                 "Starts the peer on the same OpenBao: as kms_bench --help says")
      ->needs(peer);
  app.add_option("--json", flags.json_file, "Where the figures go as JSON as well");
  app.add_option("--picture", flags.picture, "Where the picture goes (SVG)");
  app.add_option("--draw", flags.drawn_from, "Measures nothing: draws the picture from this JSON");
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  try {
    return baokms::testing::Run(flags);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "latency_over_load: %s\n", error.what());
    return 1;
  }
}
