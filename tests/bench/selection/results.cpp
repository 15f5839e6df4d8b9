#include "tests/bench/selection/results.hpp"

#include <algorithm>
#include <cstdio>

#include "tests/bench/selection/scenarios.hpp"

namespace headgate::simulation {
namespace {

// Nobody notices 20 ms of a wait, nor a twentieth of it.
constexpr double kLevelMs = 20;
constexpr double kLevelShare = 0.05;
constexpr double kLevelErrors = 0.0005;
// What find_faults() lets pass: short runs are uneven, and a formula that looks at every server is
// a little ahead where all are equal.
constexpr double kSlackMs = 120;
constexpr double kSlackShare = 0.25;
constexpr std::size_t kManyServers = 100;
constexpr double kLeavesWithinSeconds = 5;
constexpr double kReturnsWithinSeconds = 60;

void add(Measured& sum, const Measured& one, double share) {
  sum.mean_ms += one.mean_ms * share;
  sum.p50_ms += one.p50_ms * share;
  sum.p99_ms += one.p99_ms * share;
  sum.client_errors += one.client_errors * share;
  sum.wasted_attempts += one.wasted_attempts * share;
  sum.shares.resize(one.shares.size());
  for (std::size_t i = 0; i < one.shares.size(); ++i) sum.shares[i] += one.shares[i] * share;
  sum.odd_share.resize(one.odd_share.size());
  for (std::size_t i = 0; i < one.odd_share.size(); ++i)
    sum.odd_share[i] += one.odd_share[i] * share;
}

// The mean of those that did; never, when one never did.
void add(std::optional<double>& sum, const std::optional<double>& one, double share) {
  if (sum) sum = one ? std::optional(*sum + *one * share) : std::nullopt;
}

std::string fault(const Result& result, const std::string& words) {
  return result.scenario.name + ": " + words;
}

}  // namespace

std::vector<Result> run_all(double scale, bool quick, std::uint64_t seeds) {
  std::vector<Result> results;
  for (const Scenario& scenario : all_scenarios(scale, quick)) {
    // Many servers are many requests: once is enough, and formulas that look at all take long.
    const std::uint64_t times = scenario.servers.size() > kManyServers ? 1 : seeds;
    const double share = 1 / static_cast<double>(times);
    Result& result = results.emplace_back(Result{scenario, {}});
    result.by_formula.resize(all_formulas().size());
    for (Measured& measured : result.by_formula) measured.left_s = measured.back_s = 0;
    for (std::uint64_t seed = 1; seed <= times; ++seed) {
      const std::vector<Request> arrivals = make_arrivals(scenario, seed);
      for (std::size_t i = 0; i < all_formulas().size(); ++i) {
        const Measured one = run(scenario, all_formulas()[i], arrivals, seed);
        add(result.by_formula[i], one, share);
        add(result.by_formula[i].left_s, one.left_s, share);
        add(result.by_formula[i].back_s, one.back_s, share);
      }
    }
  }
  return results;
}

Standing standing(const Measured& engine, const Measured& other) {
  if (engine.client_errors > other.client_errors + kLevelErrors) return Standing::behind;
  if (other.client_errors > engine.client_errors + kLevelErrors) return Standing::ahead;
  const double difference = engine.p99_ms - other.p99_ms;
  const double level = std::max(kLevelMs, kLevelShare * std::max(engine.p99_ms, other.p99_ms));
  if (difference > level) return Standing::behind;
  return difference < -level ? Standing::ahead : Standing::level;
}

std::vector<std::string> find_faults(const std::vector<Result>& results) {
  std::vector<std::string> faults;
  for (const Result& result : results) {
    const Measured& engine = result.by_formula[0];
    for (std::size_t i = 1; i < result.by_formula.size(); ++i) {
      const Measured& other = result.by_formula[i];
      if (all_formulas()[i].omniscient) continue;
      const double most = other.p99_ms * (1 + kSlackShare) + kSlackMs;
      if (engine.p99_ms > most)
        faults.push_back(fault(result, "the 99th percentile of the added wait is " +
                                           std::to_string(engine.p99_ms) + " ms, with '" +
                                           all_formulas()[i].name + "' it is " +
                                           std::to_string(other.p99_ms) + " ms"));
    }
    if (engine.client_errors > kLevelErrors)
      faults.push_back(fault(result, "requests failed that another server could have served"));
    if (!result.scenario.worse_at_ms) continue;
    if (!engine.left_s || *engine.left_s > kLeavesWithinSeconds)
      faults.push_back(fault(result, "the bad server is left too late"));
    if (!engine.back_s || *engine.back_s > kReturnsWithinSeconds)
      faults.push_back(fault(result, "the recovered server is used again too late"));
  }
  return faults;
}

}  // namespace headgate::simulation
