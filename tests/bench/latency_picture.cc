#include "tests/bench/latency_picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <vector>

namespace baokms::testing {
namespace {

using nlohmann::json;

constexpr double kLeft = 70, kTop = 40, kWidth = 500, kHeight = 300;
constexpr double kLeastMs = 0.1, kMostMs = 10000;

// Two looks of one picture: it is shown on a page of either kind, with a background of its own.
constexpr const char* kHead =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 790 400" font-family="sans-serif" font-size="12">
<style>
.back { fill: #ffffff } text { fill: #222222 } .grid { stroke: #dddddd }
.line { fill: none; stroke-width: 2 } .p99 { stroke-dasharray: 6 4 }
.socket { stroke: #1b6ca8 } .transit { stroke: #7a7a7a } .peer { stroke: #c2570c }
@media (prefers-color-scheme: dark) {
.back { fill: #16191d } text { fill: #e4e4e4 } .grid { stroke: #3a3f45 }
.socket { stroke: #6cb6f0 } .transit { stroke: #b0b0b0 } .peer { stroke: #f29a4a }
}
</style>
<rect class="back" width="790" height="400"/>
)";

struct Series {
  const char* side;
  const char* title;
};
const std::vector<Series> kSeries = {
    {"socket", "bao-kms-provider"}, {"transit", "Transit alone"}, {"peer", "another plugin"}};

std::string Text(double x, double y, const char* anchor, const std::string& text) {
  char line[256];
  std::snprintf(line, sizeof line, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x,
                y, anchor, text.c_str());
  return line;
}

std::string Line(double x1, double y1, double x2, double y2, const std::string& classes) {
  char line[256];
  std::snprintf(line, sizeof line,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                classes.c_str(), x1, y1, x2, y2);
  return line;
}

// "0.1 ms", "10 ms", "1 s"
std::string Duration(double ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%g %s", ms < 1000 ? ms : ms / 1000, ms < 1000 ? "ms" : "s");
  return text;
}

// Both axes are logarithmic: rates double, and times grow a thousandfold at the end.
class Axes {
 public:
  explicit Axes(const json& points) {
    for (const json& point : points) {
      const auto rate = point.at("per_second").get<double>();
      least_ = least_ == 0 ? rate : std::min(least_, rate);
      most_ = std::max(most_, rate);
    }
  }
  double X(double rate) const {
    return kLeft + kWidth * std::log(rate / least_) / std::log(std::max(most_ / least_, 1.01));
  }
  double Y(double ms) const {
    const double share =
        std::log(std::clamp(ms, kLeastMs, kMostMs) / kLeastMs) / std::log(kMostMs / kLeastMs);
    return kTop + kHeight * (1 - share);
  }
  std::string Grid() const {
    std::string svg;
    for (double ms = kLeastMs; ms < kMostMs * 1.01; ms *= 10) {
      svg += Line(kLeft, Y(ms), kLeft + kWidth, Y(ms), "grid");
      svg += Text(kLeft - 6, Y(ms) + 4, "end", Duration(ms));
    }
    for (double decade = 1; decade <= most_; decade *= 10) {
      for (const double step : {1.0, 2.0, 5.0}) {
        const double rate = decade * step;
        if (rate < least_ || rate > most_) continue;
        svg += Line(X(rate), kTop, X(rate), kTop + kHeight, "grid");
        char text[32];
        std::snprintf(text, sizeof text, "%.0f", rate);
        svg += Text(X(rate), kTop + kHeight + 18, "middle", text);
      }
    }
    return svg;
  }

 private:
  double least_ = 0;
  double most_ = 0;
};

}  // namespace

std::string LatencyPicture(const json& figures) {
  const json& points = figures.at("points");
  const Axes axes(points);
  std::string svg = kHead + axes.Grid();
  svg += Text(kLeft, 22, "start", "Decrypt: time from when a call was due until its answer");
  svg += Text(kLeft + kWidth / 2, kTop + kHeight + 42, "middle", "calls due each second");
  double legend = kTop + 20;
  for (const Series& series : kSeries) {
    const std::string side = series.side;
    if (std::ranges::none_of(points, [&](const json& point) { return point.at("side") == side; })) {
      continue;
    }
    for (const std::string figure : {"p50", "p99"}) {
      const std::string classes = "line " + side + " " + figure;
      std::string way;
      for (const json& point : points) {
        const json& us = point.at(figure + "_us").at("median");
        if (point.at("side") != side || us.is_null()) continue;
        char place[64];
        std::snprintf(place, sizeof place, "%.1f,%.1f ",
                      axes.X(point.at("per_second").get<double>()),
                      axes.Y(us.get<double>() / 1000));
        way += place;
      }
      svg += "<polyline class=\"" + classes + "\" points=\"" + way + "\"/>\n";
      svg += Line(kLeft + kWidth + 14, legend - 4, kLeft + kWidth + 44, legend - 4, classes);
      svg += Text(kLeft + kWidth + 50, legend, "start", series.title + (", " + figure));
      legend += 20;
    }
    legend += 8;
  }
  return svg + "</svg>\n";
}

}  // namespace baokms::testing
