#include "tests/bench/selection/chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace headgate::simulation {
namespace {

constexpr const char* kStyle =
    "<style>"
    "text{font:11px system-ui,sans-serif;fill:#333}.t{font-weight:600;font-size:12px}"
    ".b{fill:#9aa5b1}.o{fill:#1f6feb}.k{fill:#57a773}.g{stroke:#ddd;stroke-width:1}"
    ".l{fill:none;stroke-width:1.8}.c0{stroke:#1f6feb}.c1{stroke:#d1242f}.c2{stroke:#bf8700}"
    ".c3{stroke:#57a773}.a{fill:#8884}"
    "@media (prefers-color-scheme:dark){text{fill:#ddd}.b{fill:#5b6672}.o{fill:#58a6ff}"
    ".k{fill:#3fb950}.g{stroke:#444}.c0{stroke:#58a6ff}.c1{stroke:#ff7b72}.c2{stroke:#e3b341}"
    ".c3{stroke:#3fb950}}"
    "</style>\n";

template <class... Values>
std::string print(const char* pattern, Values... values) {
  char text[512];
  const int size = std::snprintf(text, sizeof text, pattern, values...);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string open(double width, double height, const char* title) {
  return print(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" role=\"img\">"
             "<title>%s</title>\n",
             width, height, title) +
         kStyle;
}

std::string text_at(double x, double y, const std::string& words, const char* rest = "") {
  return print("<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, rest, words.c_str());
}

std::string shown(double ms) {
  if (ms < 1) return "0";
  if (ms < 1'000) return print("%.0f ms", ms);
  return ms < 10'000 ? print("%.1f s", ms / 1'000) : print("%.0f s", ms / 1'000);
}

constexpr double kLabelWidth = 84;
constexpr double kBarWidth = 150;
constexpr double kPanelWidth = 300;
constexpr double kRowHeight = 15;
constexpr double kHeadHeight = 26;
// From a wait that nobody notices to one that nobody bears.
constexpr double kLeastMs = 10;
constexpr double kMostMs = 100'000;

double bar_width(double ms) {
  const double place = std::log(std::clamp(ms, kLeastMs, kMostMs) / kLeastMs);
  return std::max(1.5, kBarWidth * place / std::log(kMostMs / kLeastMs));
}

std::string panel(const Result& result, double left, double top) {
  std::string text = text_at(left, top + 14, result.scenario.name, "class=\"t\"");
  double y = top + kHeadHeight;
  for (std::size_t i = 0; i < result.by_formula.size(); ++i, y += kRowHeight) {
    const Formula& formula = all_formulas()[i];
    const char* kind = i == 0 ? "o" : formula.omniscient ? "k" : "b";
    const double width = bar_width(result.by_formula[i].p99_ms);
    text += text_at(left + kLabelWidth - 6, y + 9, formula.short_name, "text-anchor=\"end\"");
    text += print("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"11\"/>\n", kind,
                  left + kLabelWidth, y, width);
    text += text_at(left + kLabelWidth + width + 4, y + 9, shown(result.by_formula[i].p99_ms));
  }
  return text;
}

}  // namespace

std::string overview_svg(const std::vector<Result>& results) {
  constexpr std::size_t kColumns = 3;
  const double panel_height =
      kHeadHeight + kRowHeight * static_cast<double>(all_formulas().size()) + 14;
  const auto rows = static_cast<double>((results.size() + kColumns - 1) / kColumns);
  std::string text = open(kPanelWidth * kColumns + 20, rows * panel_height + 34,
                          "The 99th percentile of the added wait, by scenario and formula");
  text += text_at(10, 18,
                  "99th percentile of the added wait, logarithmic from 10 ms to 100 s; shorter is "
                  "better");
  for (std::size_t i = 0; i < results.size(); ++i)
    text += panel(results[i], 10 + kPanelWidth * static_cast<double>(i % kColumns),
                  30 + panel_height * static_cast<double>(i / kColumns));
  return text + "</svg>\n";
}

std::string return_svg(const Result& result) {
  constexpr double kLeft = 50, kTop = 40, kWidth = 720, kHeight = 200, kMostShare = 0.6;
  constexpr std::size_t kSmooth = 5;  // seconds
  const std::vector<std::size_t> shown_formulas = {0, 2, 4, 5};
  const auto seconds = static_cast<double>(result.by_formula[0].odd_share.size());
  const auto x_of = [&](double second) { return kLeft + kWidth * second / seconds; };
  const auto y_of = [&](double share) { return kTop + kHeight * (1 - share / kMostShare); };
  std::string text = open(kLeft + kWidth + 20, kTop + kHeight + 60,
                          "The share of a server that gets slow and recovers");
  const double from = x_of(*result.scenario.worse_at_ms / 1'000);
  const double to = x_of(*result.scenario.well_at_ms / 1'000);
  text += print("<rect class=\"a\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", from,
                kTop, to - from, kHeight);
  text += text_at((from + to) / 2, kTop - 6, "ten times slower", "text-anchor=\"middle\"");
  for (int tenths = 0; tenths <= 6; tenths += 2) {
    const double y = y_of(tenths / 10.0);
    text += print("<line class=\"g\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", kLeft, y,
                  kLeft + kWidth, y);
    text += text_at(kLeft - 6, y + 4, print("%d %%", tenths * 10), "text-anchor=\"end\"");
  }
  for (double second = 0; second <= seconds; second += 30)
    text += text_at(x_of(second), kTop + kHeight + 16, print("%.0f s", second),
                    "text-anchor=\"middle\"");
  for (std::size_t n = 0; n < shown_formulas.size(); ++n) {
    const std::vector<double>& shares = result.by_formula[shown_formulas[n]].odd_share;
    text += print("<polyline class=\"l c%zu\" points=\"", n);
    for (std::size_t second = 0; second + kSmooth <= shares.size(); ++second) {
      double sum = 0;
      for (std::size_t i = 0; i < kSmooth; ++i) sum += shares[second + i];
      const double share = std::min(kMostShare, sum / kSmooth);
      text += print("%.1f,%.1f ", x_of(static_cast<double>(second) + kSmooth / 2.0), y_of(share));
    }
    text += "\"/>\n";
    const double label = kLeft + 170 * static_cast<double>(n);
    const double y = kTop + kHeight + 40;
    text += print("<line class=\"l c%zu\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", n,
                  label, y - 4, label + 20, y - 4);
    text += text_at(label + 26, y, all_formulas()[shown_formulas[n]].short_name);
  }
  return text + "</svg>\n";
}

}  // namespace headgate::simulation
