#pragma once
// The results as text for a terminal and as the page of the documentation.

#include <string>
#include <vector>

#include "tests/bench/selection/results.hpp"

namespace headgate::simulation {

std::string as_text(const std::vector<Result>& results);
std::string as_page(const std::vector<Result>& results, std::uint64_t seeds);

}  // namespace headgate::simulation
