#include "tests/monitoring/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace baokms::monitoring {
namespace {

constexpr double kLeft = 60;
constexpr double kTop = 40;
constexpr double kWidth = 620;
constexpr double kHeight = 190;
// Told apart by people who do not see all colors (Okabe and Ito).
constexpr std::array kColors = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                "#56b4e9", "#d55e00", "#000000", "#999999"};

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return escaped;
}

// A number whose quarters are short to write, at least `value`.
double RoundUp(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 4.0, 6.0, 8.0}) {
    if (value <= factor * power * 1.0001) return factor * power;
  }
  return 10 * power;
}

std::string Text(double x, double y, const std::string& anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     Escaped(text));
}

}  // namespace

std::string DrawChart(const Chart& chart) {
  double most = 0;
  for (const ChartLine& line : chart.lines) {
    for (const auto& [at, value] : line.points) {
      if (std::isfinite(value)) most = std::max(most, value);
    }
  }
  const double top = RoundUp(most * 1.02);
  const auto x = [&](double at) { return kLeft + kWidth * at / chart.seconds; };
  const auto y = [&](double value) { return kTop + kHeight * (1 - value / top); };
  const double height =
      kTop + kHeight + 55 + 16 * ((static_cast<double>(chart.lines.size()) + 2) / 3);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 {:.0f}\" "
      "font-family=\"sans-serif\" "
      "font-size=\"11\">\n<rect width=\"700\" height=\"{:.0f}\" fill=\"white\"/>\n",
      height, height);
  svg += "<g font-size=\"14\">" + Text(kLeft, 18, "start", chart.title) + "</g>\n";
  for (int i = 0; i <= 4; ++i) {
    const double value = top * i / 4;
    svg += fmt::format(
        "<line x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n", kLeft,
        kLeft + kWidth, y(value), y(value));
    svg += Text(kLeft - 5, y(value) + 4, "end", fmt::format("{:g}{}", value, chart.unit));
  }
  for (double at = 0; at <= chart.seconds; at += 5) {
    svg += Text(x(at), kTop + kHeight + 15, "middle", fmt::format("{:.0f} s", at));
  }
  for (const Chart::Mark& mark : chart.marks) {
    svg += fmt::format(
        "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\" stroke=\"#666\" "
        "stroke-dasharray=\"4 3\"/>\n",
        x(mark.at), kTop - 6, kTop + kHeight);
    svg += Text(x(mark.at) + 3, kTop - 4, "start", mark.text);
  }
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const char* color = kColors[i % kColors.size()];
    std::string points;
    const auto finish = [&] {
      if (!points.empty()) {
        svg += fmt::format(
            "<polyline fill=\"none\" stroke-width=\"1.6\" stroke=\"{}\" points=\"{}\"/>\n", color,
            points);
      }
      points.clear();
    };
    for (const auto& [at, value] : chart.lines[i].points) {
      if (std::isfinite(value)) {
        points += fmt::format("{:.1f},{:.1f} ", x(at), y(value));
      } else {
        finish();
      }
    }
    finish();
    const double column = kLeft + 210 * static_cast<double>(i % 3);
    const double row = kTop + kHeight + 38 + 16 * static_cast<double>(i / 3);
    svg += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"10\" height=\"10\" fill=\"{}\"/>\n",
                       column, row - 9, color);
    svg += Text(column + 14, row, "start", chart.lines[i].name);
  }
  return svg + "</svg>\n";
}

}  // namespace baokms::monitoring
