// How latency, noise and load together make one endpoint cheaper than another.

#include <gtest/gtest.h>

#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

// What a pick gives of two when this one is drawn first.
PickResult drawn_first(const World& world, const EndpointSet& set, std::uint32_t index) {
  ScriptedRng rng{index};
  return pick(set, world.query(), rng);
}

// Otherwise the noise of measured times would send requests to the busier of two equal endpoints.
TEST(Pricing, AmongEndpointsThatAreEqualButForNoiseTheLoadDecides) {
  World world;
  const auto set = world.equal(2);
  world.sample(cell_of(*set, 0), 900, 0.001);
  world.sample(cell_of(*set, 1), 1'100, 0.001);
  occupy(cell_of(*set, 0), 2'000);
  occupy(cell_of(*set, 1), 1'900);
  EXPECT_EQ(drawn_first(world, *set, 0).endpoint->name(), "e1");
  EXPECT_EQ(drawn_first(world, *set, 1).endpoint->name(), "e1");
}

// Waiting for one that is ten times slower is worse than being one of many elsewhere.
TEST(Pricing, AManyTimesSlowerEndpointIsNoRefugeFromOrdinaryLoad) {
  World world;
  const auto set = world.equal(2);
  world.sample(cell_of(*set, 0), 200, 5);
  world.sample(cell_of(*set, 1), 2'000, 50);
  occupy(cell_of(*set, 0), 15 * 100);  // 15 requests of the size of the query
  EXPECT_EQ(drawn_first(world, *set, 1).endpoint->name(), "e0");
  occupy(cell_of(*set, 0), 300 * 100);
  EXPECT_EQ(drawn_first(world, *set, 0).endpoint->name(), "e1");  // but of a flood it is
}

}  // namespace
}  // namespace headgate::select
