#include "core/select/view.hpp"

#include <gtest/gtest.h>

#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::seconds;

TEST(CellView, ShowsEveryFigureBehindTheScore) {
  World world;
  const auto set = world.set({{world.spec("a", 2, 7), world.spec("b", 2)}});
  Cell& cell = cell_of(*set, 0);
  const std::uint32_t stamp = to_stamp(world.clock.now());
  world.sample(cell, 300, 12);
  cell.successes.add(2, stamp, kHealthHalfLifeMs);
  cell.failures.add(4, stamp, kHealthHalfLifeMs);
  cell.consecutive_failures = 4;
  cell.slow_start_since = stamp;
  occupy(cell, 250);
  const TimePoint now = world.clock.now();
  evict(cell, Scope::key_model, now + seconds(8), now);
  world.clock.advance(seconds(3));

  const CellView view = snapshot_of(set->group(0), set->endpoint(0), world.clock.now());
  EXPECT_EQ(view.name, "a");
  EXPECT_EQ(view.index, 0);
  EXPECT_EQ(view.weight, 2u);
  EXPECT_EQ(view.concurrency_max, 7u);
  EXPECT_EQ(view.requests_in_flight, 1);
  EXPECT_EQ(view.tokens_in_flight, 250);
  EXPECT_NEAR(view.ttft_ms.value(), 300, 1e-3);
  EXPECT_NEAR(view.tpot_ms.value(), 12, 1e-3);
  EXPECT_NEAR(view.successes, 2 * decay(3'000, 30'000), 1e-4);
  EXPECT_NEAR(view.failures, 4 * decay(3'000, 30'000), 1e-4);
  EXPECT_EQ(view.consecutive_failures, 4u);
  EXPECT_NEAR(view.slow_start_share, 0.3, 1e-6);
  EXPECT_EQ(view.since_last_sample, seconds(3));
  EXPECT_NEAR(view.terms.weight, 0.3, 1e-6);
  EXPECT_LT(view.terms.health, 0.6);
  EXPECT_EQ(view.state, ServiceState::out);
  EXPECT_EQ(view.scopes[3].scope, Scope::key_model);
  EXPECT_EQ(view.scopes[3].state, ServiceState::out);
  EXPECT_EQ(view.scopes[3].returns_in, Millis(5'000));
  EXPECT_EQ(view.scopes[3].evictions, 1u);
  EXPECT_EQ(view.scopes[3].in_a_row, 1u);
  EXPECT_EQ(view.scopes[0].state, ServiceState::in_service);
  EXPECT_EQ(view.scopes[0].returns_in, std::nullopt);
}

TEST(CellView, SaysForHowLongItIsHeldBack) {
  World world;
  const auto set = world.equal(1);
  hold_back(cell_of(*set, 0), world.clock.now() + std::chrono::seconds(7));
  CellView view = snapshot_of(set->group(0), set->endpoint(0), world.clock.now());
  EXPECT_EQ(view.state, ServiceState::out);
  EXPECT_EQ(view.held_back_for, Millis(7'000));
  world.clock.advance(std::chrono::seconds(7));
  view = snapshot_of(set->group(0), set->endpoint(0), world.clock.now());
  EXPECT_EQ(view.state, ServiceState::in_service);
  EXPECT_EQ(view.held_back_for, std::nullopt);
}

TEST(CellView, AnOverdueReturnIsNotNegative) {
  World world;
  const auto set = world.equal(1);
  const TimePoint now = world.clock.now();
  evict(cell_of(*set, 0), Scope::endpoint, now + seconds(8), now);
  world.clock.advance(seconds(30));
  const CellView view = snapshot_of(set->group(0), set->endpoint(0), world.clock.now());
  EXPECT_EQ(view.state, ServiceState::half_open);
  EXPECT_EQ(view.scopes[0].returns_in, Millis(0));
}

TEST(CellView, SaysWhenThereIsNoSample) {
  World world;
  const auto set = world.equal(1);
  const CellView view = snapshot_of(set->group(0), set->endpoint(0), world.clock.now());
  EXPECT_EQ(view.ttft_ms, std::nullopt);
  EXPECT_EQ(view.tpot_ms, std::nullopt);
  EXPECT_EQ(view.terms.ttft_ms, Estimates{}.ttft_ms);
}

}  // namespace
}  // namespace headgate::select
