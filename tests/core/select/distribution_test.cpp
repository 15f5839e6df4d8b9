// What many picks do in situations that matter. Seeds are fixed, so the shares repeat.

#include <gtest/gtest.h>

#include "tests/core/select/traffic.hpp"

namespace headgate::select {
namespace {

using std::chrono::seconds;

TEST(Distribution, EqualEndpointsShareByWeight) {
  World world;
  const auto set = world.set({{world.spec("a", 1), world.spec("b", 2), world.spec("c", 5)}});
  Traffic traffic(world, *set, std::vector<Upstream>(3));
  const std::vector<double> shares = traffic.run(20, seconds(300));
  EXPECT_NEAR(shares[0], 0.125, 0.025);
  EXPECT_NEAR(shares[1], 0.25, 0.025);
  EXPECT_NEAR(shares[2], 0.625, 0.03);
}

TEST(Distribution, EqualEndpointsShareEvenlyAtManyEndpointsAndUnderLoad) {
  for (const std::size_t count : {2u, 10u, 200u}) {
    World world;
    const auto set = world.equal(count);
    Traffic traffic(world, *set, std::vector<Upstream>(count));
    const std::vector<double> shares = traffic.run(500, seconds(40));
    for (const double share : shares) {
      EXPECT_GT(share * static_cast<double>(count), 0.5) << count;
      EXPECT_LT(share * static_cast<double>(count), 1.5) << count;
    }
  }
}

TEST(Distribution, ASlowEndpointLoses) {
  World world;
  const auto set = world.equal(3);
  Traffic traffic(world, *set, {{2'000, 50}, {200, 5}, {200, 5}});
  const std::vector<double> shares = traffic.run(50, seconds(120));
  EXPECT_LT(shares[0], 0.03);
  EXPECT_GT(shares[0], 0);  // and is not forgotten
  EXPECT_NEAR(shares[1], shares[2], 0.05);
}

TEST(Distribution, ASlowTokenStreamLosesToo) {
  World world;
  const auto set = world.equal(2);
  Traffic traffic(world, *set, {{200, 50}, {200, 5}});
  EXPECT_LT(traffic.run(50, seconds(120))[0], 0.15);
}

TEST(Distribution, AnEndpointThatAnswersErrorsFastLoses) {
  World world;
  const auto set = world.equal(3);
  Upstream broken{5, 0.1};
  broken.fails = [](TimePoint) { return true; };
  Traffic traffic(world, *set, {broken, {}, {}});
  EXPECT_LT(traffic.run(50, seconds(120))[0], 0.05);
}

TEST(Distribution, ADeadEndpointGetsItsFirstFailuresAndThenItsProbes) {
  World world;
  const auto set = world.equal(2);
  Upstream dead;
  dead.fails = [](TimePoint) { return true; };
  Traffic traffic(world, *set, {dead, {}});
  traffic.evicts = true;
  const double requests = 50 * 600;
  const std::vector<double> shares = traffic.run(50, seconds(600));
  // Three failures, then probes after 5, 10, 20, 40, 60, 60 ... s: 12 in ten minutes. A few more
  // may be on their way when the third failure is known.
  EXPECT_LE(shares[0] * requests, 3 + 12 + 3);
  EXPECT_GE(shares[0] * requests, 3 + 10);
}

TEST(Distribution, AnEndpointThatRecoversIsBackWithinItsProbe) {
  World world;
  const auto set = world.equal(2);
  Upstream once;
  const TimePoint recovery = world.clock.now() + seconds(60);
  once.fails = [recovery](TimePoint now) { return now < recovery; };
  Traffic traffic(world, *set, {once, {}});
  traffic.evicts = true;
  EXPECT_LT(traffic.run(20, seconds(60))[0], 0.02);
  traffic.run(20, seconds(60));
  EXPECT_NEAR(traffic.run(20, seconds(60))[0], 0.5, 0.06);
}

TEST(Distribution, NoEndpointStarvesAfterABadDay) {
  World world;
  const auto set = world.equal(2);
  Upstream recovered{200, 5};
  Traffic traffic(world, *set, {recovered, {}});
  world.sample(cell_of(*set, 0), 60'000, 500);  // what it was like before
  const std::vector<double> shares = traffic.run(20, seconds(300));
  EXPECT_GT(shares[0], 0.05);
  EXPECT_NEAR(traffic.run(20, seconds(300))[0], 0.5, 0.06);
}

TEST(Distribution, NoEndpointStarvesWithLittleTraffic) {
  World world;
  const auto set = world.equal(2);
  world.sample(cell_of(*set, 0), 60'000, 500);
  Traffic traffic(world, *set, std::vector<Upstream>(2));
  traffic.run(1.0 / 60, std::chrono::hours(4));  // one request a minute
  EXPECT_NEAR(traffic.run(20, seconds(120))[0], 0.5, 0.1);
}

TEST(Distribution, ANewEndpointIsNotFlooded) {
  World world;
  std::vector<EndpointSpec> specs;
  for (int i = 0; i < 3; ++i) specs.push_back(world.spec("old" + std::to_string(i)));
  specs.push_back(world.spec("new", 1, 0, /*cold=*/true));
  const auto set = world.set({std::move(specs)});
  const auto rng = make_rng(5);
  // 60 requests are open on each of the old ones; 60 more come at once.
  std::vector<PickResult> open;
  for (std::size_t i = 0; i < 3; ++i) {
    world.sample(cell_of(*set, i), 200, 5);
    PickQuery query = world.query();
    const auto only = [i](const Endpoint& endpoint) { return endpoint.index() == i; };
    query.eligible = only;
    for (int n = 0; n < 60; ++n) open.push_back(pick(*set, query, *rng));
  }
  const auto more = [&](int count) {
    int to_new = 0;
    for (int i = 0; i < count; ++i) {
      open.push_back(pick(*set, world.query(), *rng));
      to_new += open.back().endpoint->name() == "new" ? 1 : 0;
    }
    return to_new;
  };
  const int at_first = more(60);
  EXPECT_GT(at_first, 3);
  EXPECT_LT(at_first, 12);  // a tenth of its weight: some 7
  world.clock.advance(seconds(10));
  EXPECT_GT(more(60), 20);  // now it catches up
}

TEST(Distribution, LongStreamsCountUntilTheirEnd) {
  World world;
  const auto set = world.equal(2);
  const auto rng = make_rng(5);
  std::vector<PickResult> streams;
  PickQuery query = world.query();
  const auto only_first = [](const Endpoint& endpoint) { return endpoint.index() == 0; };
  query.eligible = only_first;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(pick(*set, query, *rng));
    note_first_token(streams.back().permit, Millis(100), 0, world.clock.now());
  }
  for (int i = 0; i < 20; ++i) {
    PickResult result = pick(*set, world.query(), *rng);
    EXPECT_EQ(result.endpoint->name(), "e1");
  }
}

}  // namespace
}  // namespace headgate::select
