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

}  // namespace
}  // namespace headgate::select
