// A choice among endpoints of which some are held back by a rate limit that is used up.

#include <gtest/gtest.h>

#include "core/select/picker.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::seconds;

class HeldBack : public testing::Test {
 protected:
  void put_out(const EndpointSet& set, std::size_t index, seconds time) {
    evict(cell_of(set, index), Scope::endpoint, world_.clock.now() + time, world_.clock.now());
  }

  World world_;
};

TEST_F(HeldBack, OneThatIsHeldBackIsTheLastResortBeforeAllThatFailed) {
  const auto set = world_.set({{world_.spec("failed")}, {world_.spec("held")}});
  put_out(*set, 0, seconds(1));
  hold_back(cell_of(*set, 1), world_.clock.now() + seconds(30));
  PickQuery query = world_.query();
  ScriptedRng rng{0};
  EXPECT_EQ(pick(*set, query, rng).endpoint, nullptr);
  query.last_resort = true;
  EXPECT_EQ(pick(*set, query, rng).endpoint->name(), "held");
}

TEST_F(HeldBack, OfThoseThatAreHeldBackTheNearestReturnIsTheLastResort) {
  const auto set = world_.set({{world_.spec("later"), world_.spec("sooner")}});
  hold_back(cell_of(*set, 0), world_.clock.now() + seconds(30));
  hold_back(cell_of(*set, 1), world_.clock.now() + seconds(3));
  world_.sample(cell_of(*set, 1), 10'000);
  PickQuery query = world_.query();
  query.last_resort = true;
  const auto rng = make_rng(1);
  const PickResult result = pick(*set, query, *rng);
  EXPECT_EQ(result.endpoint->name(), "sooner");
  EXPECT_EQ(result.reason, PickReason::last_resort);
}

TEST_F(HeldBack, AnotherGoesBeforeOneThatIsHeldBack) {
  const auto set = world_.set({{world_.spec("held")}, {world_.spec("other")}});
  hold_back(cell_of(*set, 0), world_.clock.now() + seconds(30));
  ScriptedRng rng{0};
  PickQuery query = world_.query();
  query.last_resort = true;
  EXPECT_EQ(pick(*set, query, rng).endpoint->name(), "other");
  world_.clock.advance(seconds(30));
  query = world_.query();
  EXPECT_EQ(pick(*set, query, rng).endpoint->name(), "held");
}

TEST_F(HeldBack, WhoWasToldWhenToComeBackIsNoLastResort) {
  const auto set = world_.set({{world_.spec("told")}, {world_.spec("failed")}});
  const TimePoint now = world_.clock.now();
  evict(cell_of(*set, 0), Scope::key_model, now + seconds(10), now, 1, Cause::retry_after);
  PickQuery query = world_.query();
  query.last_resort = true;
  const auto rng = make_rng(1);
  PickResult result = pick(*set, query, *rng);
  EXPECT_EQ(result.shortage, Shortage::nothing);
  put_out(*set, 1, seconds(30));
  result = {};
  result = pick(*set, query, *rng);
  ASSERT_NE(result.endpoint, nullptr);
  EXPECT_EQ(result.endpoint->name(), "failed");

  const std::uint16_t tried[] = {1};
  query.excluded = tried;
  result = pick(*set, query, *rng);
  EXPECT_EQ(result.endpoint, nullptr);
  EXPECT_EQ(result.shortage, Shortage::evicted);
  ASSERT_NE(result.returning, nullptr);
  EXPECT_EQ(result.returning->name(), "told");
  EXPECT_EQ(result.earliest_return, now + seconds(10));
}

TEST_F(HeldBack, SaysThatSomebodyIsOnlyHeldBack) {
  const auto set = world_.set({{world_.spec("failed"), world_.spec("held")}});
  put_out(*set, 0, seconds(1));
  put_out(*set, 1, seconds(1));
  const PickQuery query = world_.query();
  const auto rng = make_rng(1);
  EXPECT_FALSE(pick(*set, query, *rng).held_back);
  world_.clock.advance(seconds(2));
  cell_of(*set, 1).eviction(Scope::endpoint).restore(world_.clock.now());
  put_out(*set, 0, seconds(1));
  hold_back(cell_of(*set, 1), world_.clock.now() + seconds(30));
  const PickResult result = pick(*set, world_.query(), *rng);
  EXPECT_EQ(result.shortage, Shortage::evicted);
  EXPECT_TRUE(result.held_back);
  EXPECT_EQ(result.returning->name(), "failed");
}

TEST_F(HeldBack, AFailedTryAfterTheToldTimeIsNotWhatTheUpstreamTold) {
  const auto set = world_.equal(1);
  Cell& cell = cell_of(*set, 0);
  evict(cell, Scope::key, world_.clock.now() + seconds(9), world_.clock.now(), 1,
        Cause::retry_after);
  world_.clock.advance(seconds(9));
  ASSERT_TRUE(cell.eviction(Scope::key).try_lease(world_.clock.now()));
  cell.eviction(Scope::key).probe_failed(world_.clock.now());
  EXPECT_EQ(cell.state(world_.clock.now()), ServiceState::out);
  EXPECT_EQ(cell.told_to_wait(world_.clock.now()), std::nullopt);
}

TEST_F(HeldBack, OnlyWhoMayBeIsTheLastResort) {
  const auto set = world_.set({{world_.spec("sooner")}, {world_.spec("later")}});
  put_out(*set, 0, seconds(10));
  put_out(*set, 1, seconds(30));
  PickQuery query = world_.query();
  query.last_resort = true;
  const auto may = [](const Endpoint& endpoint) { return endpoint.name() == "later"; };
  query.may_resort = may;
  const auto rng = make_rng(1);
  const PickResult result = pick(*set, query, *rng);
  ASSERT_NE(result.endpoint, nullptr);
  EXPECT_EQ(result.endpoint->name(), "later");
}

TEST_F(HeldBack, ACellKnowsWhatItWasToldAndWhetherItIsBeingProbed) {
  const auto set = world_.equal(1);
  Cell& cell = cell_of(*set, 0);
  TimePoint now = world_.clock.now();
  EXPECT_EQ(cell.told_to_wait(now), std::nullopt);
  evict(cell, Scope::key, now + seconds(2), now, 1, Cause::failures);
  EXPECT_EQ(cell.told_to_wait(now), std::nullopt);
  evict(cell, Scope::key_model, now + seconds(2), now, 1, Cause::retry_after);
  EXPECT_EQ(cell.told_to_wait(now), Scope::key_model);
  EXPECT_FALSE(cell.being_probed(now));
  now += seconds(2);
  EXPECT_EQ(cell.told_to_wait(now), std::nullopt);
  EXPECT_FALSE(cell.being_probed(now));
  ASSERT_TRUE(cell.eviction(Scope::key).try_lease(now));
  EXPECT_TRUE(cell.being_probed(now));
  cell.eviction(Scope::key).give_back_lease();
  EXPECT_FALSE(cell.being_probed(now));
}

}  // namespace
}  // namespace headgate::select
