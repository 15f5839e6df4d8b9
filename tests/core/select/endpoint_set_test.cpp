#include "core/select/endpoint_set.hpp"

#include <gtest/gtest.h>

#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::seconds;

bool refused(std::vector<std::vector<EndpointSpec>> groups, const Settings& settings = {}) {
  return !EndpointSet::make(std::move(groups), settings).ok();
}

TEST(EndpointSet, NumbersEndpointsThroughAllGroups) {
  World world;
  const auto set = world.set({{world.spec("a"), world.spec("b")}, {}, {world.spec("c")}});
  EXPECT_EQ(set->groups(), 3u);
  ASSERT_EQ(set->size(), 3u);
  EXPECT_EQ(set->endpoint(2).name(), "c");
  EXPECT_EQ(set->endpoint(2).index(), 2);
  EXPECT_EQ(set->group_of(1), 0u);
  EXPECT_EQ(set->group_of(2), 2u);
  const auto rng = make_rng(1);
  EXPECT_NE(pick(*set, world.query(), *rng).endpoint, nullptr);
}

TEST(EndpointSet, AnEmptyGroupIsPassedOver) {
  World world;
  const auto set = world.set({{}, {world.spec("c")}});
  const auto rng = make_rng(1);
  EXPECT_EQ(pick(*set, world.query(), *rng).endpoint->name(), "c");
}

TEST(EndpointSet, RefusesWhatCannotWork) {
  World world;
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({{}}));
  EXPECT_TRUE(refused({{EndpointSpec{"a", 1, 0, nullptr}}}));
  const EndpointSpec spec = world.spec("a");
  EXPECT_TRUE(refused({std::vector<EndpointSpec>(EndpointSet::kEndpointsMax + 1, spec)}));
  EXPECT_FALSE(refused({std::vector<EndpointSpec>(EndpointSet::kEndpointsMax, spec)}));
}

TEST(EndpointSet, RefusesSettingsOutOfTheirLimits) {
  World world;
  const std::vector<std::vector<EndpointSpec>> groups = {{world.spec("a")}};
  Settings settings;
  EXPECT_FALSE(refused(groups, settings));
  settings.keep_ratio = 0;
  EXPECT_TRUE(refused(groups, settings));
  settings.keep_ratio = 1.1;
  EXPECT_TRUE(refused(groups, settings));
  settings = {};
  settings.slow_start = seconds(-1);
  EXPECT_TRUE(refused(groups, settings));
  settings = {};
  settings.slow_start_least = 0;
  EXPECT_TRUE(refused(groups, settings));
  settings = {};
  settings.out_of_turn_after = std::chrono::milliseconds(999);
  EXPECT_TRUE(refused(groups, settings));
}

TEST(EndpointSet, EachGroupHasItsOwnSettings) {
  World world;
  std::vector<Settings> settings(2);
  settings[1].keep_ratio = 0.5;
  const auto set = EndpointSet::make({{world.spec("a")}, {world.spec("b")}}, settings);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ((*set)->group(0).settings().keep_ratio, 1);
  EXPECT_EQ((*set)->group(1).settings().keep_ratio, 0.5);
  settings[1].keep_ratio = 0;
  EXPECT_FALSE(EndpointSet::make({{world.spec("a")}, {world.spec("b")}}, settings).ok());
}

TEST(EndpointSet, SettingsOfAGroupAreUsed) {
  World world;
  Settings settings;
  const auto first_drawn = [&] {
    const auto set = world.set({{world.spec("a"), world.spec("b")}}, settings);
    world.sample(cell_of(*set, 0), 1'000, 0.001);
    world.sample(cell_of(*set, 1), 500, 0.001);
    ScriptedRng rng{0};
    return pick(*set, world.query(), rng).endpoint->name();
  };
  EXPECT_EQ(first_drawn(), "b");
  settings.keep_ratio = 0.5;
  EXPECT_EQ(first_drawn(), "a");
}

TEST(Group, EvictsNoMoreThanItsShare) {
  World world;
  const auto set = world.equal(4);
  const TimePoint now = world.clock.now();
  const Group& group = set->group(0);
  EXPECT_FALSE(group.may_evict(24, now));
  EXPECT_TRUE(group.may_evict(25, now));
  evict(cell_of(*set, 0), Scope::key, now + seconds(5), now);
  EXPECT_FALSE(group.may_evict(25, now));
  EXPECT_TRUE(group.may_evict(50, now));
  EXPECT_TRUE(group.may_evict(100, now));
  world.clock.advance(seconds(6));
  EXPECT_FALSE(group.may_evict(25, world.clock.now()));  // half-open is not back
  hold_back(cell_of(*set, 3), world.clock.now() + seconds(60));
  EXPECT_TRUE(group.may_evict(50, world.clock.now()));  // nothing is held against that one
}

TEST(Group, WeightsAreRelativeToTheMeanOfThoseInUse) {
  World world;
  const auto set = world.set({{world.spec("a", 10), world.spec("b", 30), world.spec("c", 0)}});
  EXPECT_NEAR(set->endpoint(0).relative_weight(), 0.5, 1e-6);
  EXPECT_NEAR(set->endpoint(1).relative_weight(), 1.5, 1e-6);
}

TEST(GroupEstimates, AreTheMediansAndMeansOfTheEndpoints) {
  World world;
  const auto set = world.equal(4);
  const std::uint32_t stamp = to_stamp(world.clock.now());
  const double ttft[] = {100, 200, 400, 90'000};
  for (std::size_t i = 0; i < 4; ++i) {
    world.sample(cell_of(*set, i), ttft[i], ttft[i] / 100);
    cell_of(*set, i).output_tokens.add(100 * static_cast<double>(i), stamp, kSizeHalfLifeMs);
    cell_of(*set, i).estimated_tokens.add(1'000, stamp, kSizeHalfLifeMs);
  }
  const Estimates estimates = set->group(0).estimates(0, stamp);
  EXPECT_NEAR(estimates.ttft_ms, 300, 1e-3);
  EXPECT_NEAR(estimates.tpot_ms, 3, 1e-3);
  EXPECT_NEAR(estimates.output_tokens, 150, 1e-3);
  EXPECT_NEAR(estimates.estimated_tokens, 1'000, 1e-3);
}

TEST(GroupEstimates, OfALargeGroupComeFromASample) {
  World world;
  const auto set = world.equal(1'000);
  for (std::size_t i = 0; i < 1'000; ++i)
    world.sample(cell_of(*set, i), 100 + static_cast<double>(i));
  const Estimates estimates = set->group(0).estimates(0, to_stamp(world.clock.now()));
  EXPECT_NEAR(estimates.ttft_ms, 600, 30);
}

}  // namespace
}  // namespace headgate::select
