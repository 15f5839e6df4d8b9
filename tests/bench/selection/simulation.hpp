#pragma once
// One run: the arrivals of a scenario, its servers, and one formula that chooses among them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/selection/chooser.hpp"
#include "tests/bench/selection/model.hpp"

namespace headgate::simulation {

struct Scenario {
  std::string name;
  std::string words;  // what it is, in a sentence
  std::vector<ServerPlan> servers;
  double length_ms = 120'000;
  double warm_up_ms = 20'000;  // what arrives before is not counted
  // Of what all servers together can serve when all is well.
  double utilisation = 0.7;
  std::uint16_t gateways = 1;
  bool lent_eviction = false;

  double output_tokens = 120;  // the mean of an answer
  double long_share = 0;       // so many answers are of this size instead
  double long_output_tokens = 3'000;
  double whole_share = 0.3;  // answers that come whole
  // Arrivals come in bursts: for so long each period, all of the period's requests.
  double burst_ms = 0;
  double burst_period_ms = 0;

  // The server whose share is told, if one is different from the others.
  std::optional<std::size_t> odd_server;
  // When it gets worse and when it is well again, if it does.
  std::optional<double> worse_at_ms;
  std::optional<double> well_at_ms;
};

std::vector<Request> make_arrivals(const Scenario& scenario, std::uint64_t seed);

struct Measured {
  double mean_ms = 0;  // added wait: over the same request on the best server while it is idle
  double p50_ms = 0;
  double p99_ms = 0;
  std::vector<double> shares;     // of all attempts, by server
  double client_errors = 0;       // per request
  double wasted_attempts = 0;     // failed attempts per request
  std::optional<double> left_s;   // after it got worse; nothing: never
  std::optional<double> back_s;   // after it got well
  std::vector<double> odd_share;  // of each second of the run
};

Measured run(const Scenario& scenario, const Formula& formula, const std::vector<Request>& arrivals,
             std::uint64_t seed);

}  // namespace headgate::simulation
