#include "core/select/permit.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/select/outcome.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;

TEST(Permit, CountsFromThePickToTheRelease) {
  World world;
  const auto set = world.equal(1);
  const Cell& cell = cell_of(*set, 0);
  const auto rng = make_rng(1);
  PickResult result = pick(*set, world.query(), *rng);
  EXPECT_EQ(cell.load.requests(), 1);
  EXPECT_EQ(cell.load.tokens(), 100);
  EXPECT_EQ(result.permit.tokens(), 100);
  result.permit.release();
  result.permit.release();
  EXPECT_EQ(cell.load.requests(), 0);
  EXPECT_EQ(cell.load.tokens(), 0);
  EXPECT_FALSE(result.permit);
}

TEST(Permit, AMoveTakesTheLoadAlong) {
  World world;
  const auto set = world.equal(1);
  const Cell& cell = cell_of(*set, 0);
  const auto rng = make_rng(1);
  Permit outer;
  {
    PickResult result = pick(*set, world.query(), *rng);
    outer = std::move(result.permit);
  }
  EXPECT_EQ(cell.load.requests(), 1);
  outer = std::move(pick(*set, world.query(), *rng).permit);  // the old one is released
  EXPECT_EQ(cell.load.requests(), 1);
  outer = Permit();
  EXPECT_EQ(cell.load.requests(), 0);
}

TEST(Permit, TheSizeOfTheRequestIsBoundedAndAtLeastOne) {
  World world;
  const auto set = world.equal(1);
  const auto rng = make_rng(1);
  PickQuery query = world.query();
  query.estimated_tokens = 1e300;
  EXPECT_EQ(pick(*set, query, *rng).permit.tokens(), 10'000'000);
  query.estimated_tokens = 0.001;
  EXPECT_EQ(pick(*set, query, *rng).permit.tokens(), 1);
  query.estimated_tokens = 0;
  query.prompt_tokens = 2 * kPromptTokensToDouble;
  query.expected_output_tokens = 7;
  EXPECT_EQ(pick(*set, query, *rng).permit.tokens(),
            occupied_tokens(query.prompt_tokens, query.expected_output_tokens));
}

// Whatever happens to requests, in whatever order: the load is what is open, and nothing at the
// end.
TEST(Permit, PendingIsNeverNegativeAndReturnsToZero) {
  World world;
  const auto set = world.set({{world.spec("a", 3, 20), world.spec("b", 1), world.spec("c", 2, 5)},
                              {world.spec("d", 1, 3)}});
  const auto rng = make_rng(99);
  std::mt19937 random(4'711);
  std::vector<Permit> open;
  for (int i = 0; i < 50'000; ++i) {
    world.clock.advance(milliseconds(random() % 300));
    const TimePoint now = world.clock.now();
    if (open.empty() || random() % 2 == 0) {
      PickQuery query = world.query();
      query.estimated_tokens = static_cast<double>(random() % 5'000);
      query.last_resort = random() % 4 == 0;
      PickResult result = pick(*set, query, *rng);
      if (result.permit) open.push_back(std::move(result.permit));
    } else {
      std::swap(open[random() % open.size()], open.back());
      AttemptOutcome outcome;
      outcome.kind = static_cast<OutcomeKind>(random() % 3);
      if (random() % 2 == 0)
        note_first_token(open.back(), Millis(static_cast<double>(random() % 900)), 10, now);
      if (random() % 3 != 0) {
        const OutcomeFacts facts = record(open.back(), outcome, now);
        if (facts.consecutive_failures >= 3 || facts.probe_failed)
          evict(*open.back().cell(), kAllScopes[random() % kScopes],
                now + duration_for(facts.evictions_in_a_row), now);
      }
      open.pop_back();
    }
    std::int64_t total = 0;
    for (std::size_t index = 0; index < set->size(); ++index) {
      const Cell& cell = cell_of(*set, index);
      ASSERT_GE(cell.load.tokens(), 0);
      ASSERT_GE(cell.load.requests(), 0);
      const std::uint32_t limit = set->endpoint(index).concurrency_max();
      ASSERT_TRUE(limit == 0 || cell.load.requests() <= limit);
      total += cell.load.requests();
    }
    ASSERT_EQ(total, static_cast<std::int64_t>(open.size()));
  }
  open.clear();
  world.clock.advance(std::chrono::minutes(10));
  for (std::size_t index = 0; index < set->size(); ++index) {
    Cell& cell = cell_of(*set, index);
    EXPECT_EQ(cell.load.requests(), 0);
    EXPECT_EQ(cell.load.tokens(), 0);
    // No lease leaked: whatever is out can be probed.
    if (cell.state(world.clock.now()) != ServiceState::in_service) {
      const Leases leases = take_leases(cell, world.clock.now());
      EXPECT_NE(leases, 0);
      give_back_leases(cell, leases);
    }
  }
}

}  // namespace
}  // namespace headgate::select
