#pragma once
// What the formulas are put through.

#include <vector>

#include "tests/bench/selection/simulation.hpp"

namespace headgate::simulation {

// `scale` times the usual length of each run, at least what the scenario needs to happen. Quick:
// without those of a thousand servers.
std::vector<Scenario> all_scenarios(double scale, bool quick);

}  // namespace headgate::simulation
