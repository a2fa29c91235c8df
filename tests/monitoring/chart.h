// A line chart as SVG, for the pictures of docs/monitoring.md.
#pragma once

#include <string>
#include <vector>

namespace baokms::monitoring {

struct ChartLine {
  std::string name;
  std::vector<std::pair<double, double>> points;  // seconds since the chart's begin, value
};

struct Chart {
  std::string title;
  std::string unit;  // behind the numbers of the y axis
  double seconds;    // width of the x axis
  std::vector<ChartLine> lines;
  struct Mark {
    double at;  // seconds
    std::string text;
  };
  std::vector<Mark> marks = {};
};

// Begins at 0; points that are no finite numbers interrupt their line.
std::string DrawChart(const Chart& chart);

}  // namespace baokms::monitoring
