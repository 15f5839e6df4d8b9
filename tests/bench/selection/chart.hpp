#pragma once
// The results as pictures: SVG that follows the reader's light or dark colours.

#include <string>
#include <vector>

#include "tests/bench/selection/results.hpp"

namespace headgate::simulation {

// The 99th percentile of every formula, a panel for each scenario, on a logarithmic scale.
std::string overview_svg(const std::vector<Result>& results);

// The share of the server that gets worse and well again, over time.
std::string return_svg(const Result& result);

}  // namespace headgate::simulation
