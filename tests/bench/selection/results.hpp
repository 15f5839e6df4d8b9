#pragma once
// What all runs gave, and whether the engine is ahead in it.

#include <string>
#include <vector>

#include "tests/bench/selection/simulation.hpp"

namespace headgate::simulation {

// Of one scenario: a figure for each formula, in the order of all_formulas().
struct Result {
  Scenario scenario;
  std::vector<Measured> by_formula;
};

// Each is the mean over so many seeds.
std::vector<Result> run_all(double scale, bool quick, std::uint64_t seeds);

enum class Standing { ahead, level, behind };
// Of the engine against another formula: by the 99th percentile of the added wait, and by the
// requests that failed.
Standing standing(const Measured& engine, const Measured& other);

// What is worse than a change of the engine may make it; empty when all is well.
std::vector<std::string> find_faults(const std::vector<Result>& results);

}  // namespace headgate::simulation
