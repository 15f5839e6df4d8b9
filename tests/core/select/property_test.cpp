// What holds for whatever group: sizes, weights and speeds are drawn, from fixed seeds. That
// pending is never negative is in permit_test.cpp, that deadlines never shrink in
// eviction_test.cpp.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/core/select/traffic.hpp"

namespace headgate::select {
namespace {

using std::chrono::seconds;

constexpr unsigned kGroups = 12;

// From 2 to 8 endpoints, with weights from 1 to 9 if they are to differ.
std::vector<EndpointSpec> any_group(World& world, std::mt19937& random, bool weighted) {
  std::vector<EndpointSpec> specs(2 + random() % 7);
  for (std::size_t i = 0; i < specs.size(); ++i)
    specs[i] = world.spec("e" + std::to_string(i),
                          weighted ? 1 + static_cast<std::uint32_t>(random() % 9) : 1);
  return specs;
}

TEST(Property, ShareFollowsWeightForEqualEndpoints) {
  for (unsigned seed = 1; seed <= kGroups; ++seed) {
    std::mt19937 random(seed);
    World world;
    const auto set = world.set({any_group(world, random, true)});
    double weights = 0;
    for (std::size_t i = 0; i < set->size(); ++i) weights += set->endpoint(i).weight();
    Traffic traffic(world, *set, std::vector<Upstream>(set->size()));
    const double per_second = 5 + static_cast<double>(random() % 60);
    const std::vector<double> shares = traffic.run(per_second, seconds(200));
    for (std::size_t i = 0; i < set->size(); ++i) {
      const double fair = set->endpoint(i).weight() / weights;
      EXPECT_NEAR(shares[i], fair, 0.015 + 0.2 * fair) << "group " << seed << ", endpoint " << i;
    }
  }
}

TEST(Property, ADeadEndpointGetsAtMostItsFirstFailuresAndItsProbes) {
  for (unsigned seed = 1; seed <= kGroups; ++seed) {
    std::mt19937 random(seed);
    World world;
    const auto set = world.set({any_group(world, random, true)});
    const std::size_t dead = random() % set->size();
    std::vector<Upstream> upstreams(set->size());
    upstreams[dead].fails = [](TimePoint) { return true; };
    Traffic traffic(world, *set, upstreams);
    traffic.evicts = true;
    const double requests = 50 * 600;
    const double to_dead = traffic.run(50, seconds(600))[dead] * requests;
    // Probes after 5, 10, 20, 40, 60, 60 ... s, and what was on its way at the third failure.
    EXPECT_LE(to_dead, 3 + 12 + 3) << "group " << seed;
    EXPECT_GE(to_dead, 3) << "group " << seed;
  }
}

// Slow ones are asked now and then, and when all are equal all get their part.
TEST(Property, NoEndpointStarves) {
  for (unsigned seed = 1; seed <= kGroups; ++seed) {
    std::mt19937 random(seed);
    World world;
    const auto set = world.set({any_group(world, random, false)});
    std::vector<Upstream> upstreams(set->size());
    for (Upstream& upstream : upstreams)
      upstream = {50.0 + static_cast<double>(random() % 5'000),
                  1.0 + static_cast<double>(random() % 50)};
    Traffic traffic(world, *set, upstreams);
    traffic.run(20, seconds(60));
    for (int minute = 0; minute < 5; ++minute) {
      const std::vector<double> shares = traffic.run(20, seconds(60));
      EXPECT_GT(*std::min_element(shares.begin(), shares.end()), 0) << "group " << seed;
    }
    traffic.change(std::vector<Upstream>(set->size()));
    traffic.run(20, seconds(120));
    const std::vector<double> shares = traffic.run(20, seconds(300));
    for (const double share : shares)
      EXPECT_NEAR(share * static_cast<double>(set->size()), 1, 0.25) << "group " << seed;
  }
}

}  // namespace
}  // namespace headgate::select
