// How many Decrypts a second are answered while OpenBao takes ever longer and ever more callers
// ask, beside what OpenBao could answer at most over the provider's connections. Prints a table and
// writes the picture of docs/slow-openbao.md to the path that is its argument.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/harness/emulator_under_test.h"
#include "tests/support/harness/kms_stub.h"
#include "tests/support/harness/openbao_setup.h"
#include "tests/support/harness/provider_config.h"
#include "tests/support/harness/provider_process.h"

namespace baokms::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kConnections = 8;
constexpr auto kWarmUp = std::chrono::seconds(2);
constexpr auto kMeasured = std::chrono::seconds(4);
const std::vector<int> kDelaysMs = {10, 100, 300, 1000};
const std::vector<int> kCallers = {1, 4, 8, 16, 64, 256};

struct Point {
  int delay_ms;
  int callers;
  double good;      // a second
  double capacity;  // a second
  double refused;   // a second
  double late;      // a second: any other failure
};

Point Measure(EmulatorUnderTest& openbao, const KmsStub& stub, const SealedObject& sealed,
              int delay_ms, int callers) {
  openbao.emulator().ClearFaults();
  openbao.QueueFault(
      {{"operation", "transit_decrypt"}, {"delay_ms", delay_ms}, {"count", 10'000'000}});
  std::atomic<bool> stop = false;
  std::atomic<bool> counts = false;
  std::atomic<int> good = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> late = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const int code = stub.Decrypt(sealed).status.code;
        if (counts) ++(code == 0 ? good : code == 8 ? refused : late);
        if (code != 0) std::this_thread::sleep_for(milliseconds(50));
      }
    });
  }
  std::this_thread::sleep_for(kWarmUp);
  counts = true;
  std::this_thread::sleep_for(kMeasured);
  counts = false;
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const auto seconds = static_cast<double>(kMeasured.count());
  return {.delay_ms = delay_ms,
          .callers = callers,
          .good = good / seconds,
          .capacity = std::min(callers, kConnections) * 1000.0 / delay_ms,
          .refused = refused / seconds,
          .late = late / seconds};
}

// Goodput as a share of capacity over the number of callers, a line a delay.
std::string Picture(const std::vector<Point>& points) {
  constexpr double kLeft = 60, kTop = 30, kWidth = 520, kHeight = 260;
  const auto x = [&](int callers) { return kLeft + kWidth * std::log2(callers) / 8; };
  const auto y = [&](double share) { return kTop + kHeight * (1 - std::min(share, 1.1) / 1.1); };
  const std::vector<std::string> colors = {"#1b6ca8", "#2a9d55", "#d08700", "#b3261e"};
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 350\" "
      "font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"720\" height=\"350\" fill=\"white\"/>\n";
  char line[256];
  for (const double share : {0.0, 0.25, 0.5, 0.75, 0.9, 1.0}) {
    std::snprintf(line, sizeof(line),
                  "<line x1=\"%.0f\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\" stroke=\"%s\"/><text "
                  "x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%.0f %%</text>\n",
                  kLeft, y(share), kLeft + kWidth, y(share), share == 0.9 ? "#999" : "#ddd",
                  kLeft - 6, y(share) + 4, share * 100);
    svg += line;
  }
  for (const int callers : kCallers) {
    std::snprintf(line, sizeof(line),
                  "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%d</text>\n", x(callers),
                  kTop + kHeight + 18, callers);
    svg += line;
  }
  svg +=
      "<text x=\"320\" y=\"335\" text-anchor=\"middle\">callers at a time</text>\n"
      "<text x=\"60\" y=\"18\">Decrypts answered, as a share of what OpenBao could answer over "
      "8 connections</text>\n";
  for (std::size_t i = 0; i < kDelaysMs.size(); ++i) {
    std::string way;
    for (const Point& point : points) {
      if (point.delay_ms != kDelaysMs[i]) continue;
      std::snprintf(line, sizeof(line), "%.1f,%.1f ", x(point.callers),
                    y(point.good / point.capacity));
      way += line;
    }
    svg += "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" + colors[i] + "\" points=\"" +
           way + "\"/>\n";
    std::snprintf(line, sizeof(line),
                  "<text x=\"595\" y=\"%zu\" fill=\"%s\">OpenBao: %d ms</text>\n", 60 + 20 * i,
                  colors[i].c_str(), kDelaysMs[i]);
    svg += line;
  }
  return svg + "</svg>\n";
}

int Run(const char* picture) {
  EmulatorUnderTest openbao;
  const OpenBaoSetup setup(openbao);
  ProviderConfig config(openbao, setup);
  config.tree["server"]["maxConcurrentDecrypt"] = 1024;
  config.tree["logging"]["level"] = "error";
  config.Write();
  ProviderProcess provider(config);
  if (!provider.WaitReady()) return 1;
  const KmsStub stub(config.socket());
  const SealedObject sealed = stub.Encrypt(std::string(32, 'x')).sealed;
  std::vector<Point> points;
  std::printf("delay ms  callers  good/s  capacity/s  share  refused/s  other/s  Status\n");
  for (const int delay : kDelaysMs) {
    for (const int callers : kCallers) {
      const Point p = Measure(openbao, stub, sealed, delay, callers);
      std::printf("%8d  %7d  %6.1f  %10.1f  %5.2f  %9.1f  %7.1f  %s\n", p.delay_ms, p.callers,
                  p.good, p.capacity, p.good / p.capacity, p.refused, p.late,
                  stub.Status().healthz.c_str());
      std::fflush(stdout);
      points.push_back(p);
    }
  }
  std::ofstream(picture) << Picture(points);
  return 0;
}

}  // namespace
}  // namespace baokms::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: goodput_under_delay PICTURE.svg\n");
    return 2;
  }
  return baokms::testing::Run(argv[1]);
}
