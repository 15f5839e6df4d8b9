#include "tests/bench/selection/scenarios.hpp"

namespace headgate::simulation {
namespace {

constexpr double kSecond = 1'000;

std::vector<ServerPlan> equal_servers(std::size_t count) {
  return std::vector<ServerPlan>(count);
}

Scenario equal(const std::string& number, std::size_t count, double length_ms) {
  Scenario scenario;
  scenario.name = number + " equal";
  scenario.words = number + " equal servers at 70 % of what they can serve";
  scenario.servers = equal_servers(count);
  scenario.length_ms = length_ms;
  return scenario;
}

// The load is 70 % of what the others can serve.
Scenario one_slow(const std::string& number, std::size_t count, double length_ms) {
  Scenario scenario = equal(number, count, length_ms);
  scenario.name = number + ", one 10x slower";
  scenario.words = number +
                   " servers, of which one takes ten times as long for everything; 70 % of "
                   "what the others can serve";
  scenario.servers[0].phases = {{.first_token_times = 10, .pace_times = 10}};
  scenario.utilisation = 0.7 * static_cast<double>(count - 1) / static_cast<double>(count);
  scenario.odd_server = 0;
  return scenario;
}

Scenario slow_tokens() {
  Scenario scenario = one_slow("three", 3, 1'200 * kSecond);
  scenario.name = "three, one with slow tokens";
  scenario.words =
      "three servers, of which one begins as fast as the others and then writes five "
      "times as slowly";
  scenario.servers[0].phases = {{.pace_times = 5}};
  return scenario;
}

Scenario mixed_speeds(double length_ms) {
  Scenario scenario = equal("three", 3, length_ms);
  scenario.name = "mixed speeds";
  scenario.words =
      "three servers, of which the second takes 1.5 times and the third 2 times as long "
      "as the first for everything";
  scenario.servers[1].first_token_ms *= 1.5;
  scenario.servers[1].per_output_token_ms *= 1.5;
  scenario.servers[2].first_token_ms *= 2;
  scenario.servers[2].per_output_token_ms *= 2;
  return scenario;
}

Scenario degrades(double length_ms) {
  Scenario scenario = equal("three", 3, length_ms);
  scenario.name = "degrades and recovers";
  scenario.words =
      "three servers, of which one is ten times slower from one third to two thirds of "
      "the run";
  scenario.worse_at_ms = length_ms / 3;
  scenario.well_at_ms = length_ms * 2 / 3;
  scenario.servers[0].phases = {{*scenario.worse_at_ms, *scenario.well_at_ms, 10, 10, false}};
  scenario.utilisation = 0.45;
  scenario.odd_server = 0;
  return scenario;
}

Scenario limited(double length_ms) {
  Scenario scenario = equal("three", 3, length_ms);
  scenario.name = "rate limit";
  scenario.words =
      "three servers, of which one takes 40 requests each 20 s, a third of its share, "
      "and answers 429 with Retry-After to the rest";
  scenario.servers[0].quota_per_window = 40;
  scenario.utilisation = 0.5;
  scenario.odd_server = 0;
  return scenario;
}

Scenario dead(double length_ms) {
  Scenario scenario = equal("three", 3, length_ms);
  scenario.name = "one dead";
  scenario.words =
      "three servers, of which one answers 503 within 20 ms in the middle third of the "
      "run";
  scenario.worse_at_ms = length_ms / 3;
  scenario.well_at_ms = length_ms * 2 / 3;
  scenario.servers[0].phases = {{*scenario.worse_at_ms, *scenario.well_at_ms, 1, 1, true}};
  scenario.utilisation = 0.45;
  scenario.odd_server = 0;
  return scenario;
}

Scenario bursts() {
  Scenario scenario = equal("three", 3, 1'200 * kSecond);
  scenario.name = "bursts";
  scenario.words =
      "three equal servers; the requests of each 10 s come within 2 s; 30 % of what "
      "they can serve";
  scenario.burst_ms = 2 * kSecond;
  scenario.burst_period_ms = 10 * kSecond;
  scenario.utilisation = 0.3;
  return scenario;
}

Scenario long_streams() {
  Scenario scenario = equal("three", 3, 2'400 * kSecond);
  scenario.name = "long streams among short";
  scenario.words = "three equal servers; one answer in thirty has 3,000 tokens, the others 60";
  scenario.output_tokens = 60;
  scenario.long_share = 1.0 / 30;
  return scenario;
}

Scenario several_gateways(Scenario scenario, const std::string& name) {
  scenario.gateways = 4;
  scenario.name = name;
  scenario.words += "; four gateways that know nothing of each other";
  return scenario;
}

Scenario unequal() {
  Scenario scenario = equal("three", 3, 1'200 * kSecond);
  scenario.name = "unequal sizes";
  scenario.words = "three servers with places for 8, 16 and 32 requests, and weights 1, 2 and 4";
  for (std::uint32_t i = 0; i < 3; ++i) {
    scenario.servers[i].slots = 8u << i;
    scenario.servers[i].weight = 1u << i;
  }
  return scenario;
}

Scenario lend(Scenario scenario) {
  scenario.lent_eviction = true;
  scenario.name += ", eviction lent";
  scenario.words +=
      "; the others leave servers out as the engine does, so that only the formulas "
      "differ";
  return scenario;
}

}  // namespace

std::vector<Scenario> all_scenarios(double scale, bool quick) {
  const double usual = 1'200 * kSecond;
  const double eventful = 180 * kSecond;  // long enough for what happens in it, at any scale
  std::vector<Scenario> scenarios = {
      equal("two", 2, usual),
      equal("three", 3, usual),
      equal("ten", 10, usual / 2),
      equal("a thousand", 1'000, 30 * kSecond),
      unequal(),
      one_slow("three", 3, usual),
      one_slow("ten", 10, usual / 2),
      one_slow("a thousand", 1'000, 30 * kSecond),
      slow_tokens(),
      mixed_speeds(usual),
      degrades(eventful),
      bursts(),
      long_streams(),
      several_gateways(equal("three", 3, usual), "four gateways, three equal"),
      several_gateways(one_slow("three", 3, usual), "four gateways, one 10x slower"),
      limited(usual / 2),
      lend(limited(usual / 2)),
      dead(eventful),
      lend(dead(eventful)),
  };
  if (quick)
    std::erase_if(scenarios, [](const Scenario& each) { return each.servers.size() > 100; });
  for (Scenario& scenario : scenarios) {
    if (scenario.worse_at_ms) continue;
    scenario.length_ms = std::max(scenario.length_ms * scale, scenario.warm_up_ms * 1.5);
  }
  return scenarios;
}

}  // namespace headgate::simulation
