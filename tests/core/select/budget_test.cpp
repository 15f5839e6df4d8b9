#include "core/select/budget.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/support/manual_clock.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int spend_all(Budget& budget, TimePoint now) {
  int spent = 0;
  while (spent < 10'000 && budget.try_spend(now)) ++spent;
  return spent;
}

TEST(Budget, AShareOfTheRequestsMayBeSpent) {
  ManualClock clock;
  Budget budget({.ratio = 0.2, .floor_per_second = 0, .balance_max = 100});
  EXPECT_FALSE(budget.try_spend(clock.now()));
  budget.deposit(50, clock.now());
  EXPECT_EQ(spend_all(budget, clock.now()), 10);
}

TEST(Budget, TheFloorGrowsWithTimeAndIsThereAtTheStart) {
  ManualClock clock;
  Budget budget({.ratio = 0.2, .floor_per_second = 3, .balance_max = 100});
  EXPECT_EQ(spend_all(budget, clock.now()), 3);
  clock.advance(seconds(2));
  EXPECT_EQ(spend_all(budget, clock.now()), 6);
  clock.advance(milliseconds(400));
  EXPECT_EQ(spend_all(budget, clock.now()), 1);
}

TEST(Budget, CountsWhatItGaveAndWhatItRefused) {
  ManualClock clock;
  Budget budget({.ratio = 0.2, .floor_per_second = 3, .balance_max = 100});
  EXPECT_EQ(spend_all(budget, clock.now()), 3);
  EXPECT_FALSE(budget.try_spend(clock.now()));
  EXPECT_EQ(budget.spent(), 3u);
  EXPECT_EQ(budget.refused(), 2u) << "spend_all() asks once more than it gets";
}

TEST(Budget, SmallStepsOfTimeAreNotLost) {
  ManualClock clock;
  Budget budget({.ratio = 0.2, .floor_per_second = 3, .balance_max = 100});
  spend_all(budget, clock.now());
  int spent = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    clock.advance(milliseconds(1));
    budget.deposit(0, clock.now());
    spent += spend_all(budget, clock.now());
  }
  EXPECT_NEAR(spent, 30, 1);
}

TEST(Budget, SavesNoMoreThanTheMaximum) {
  ManualClock clock;
  Budget budget({.ratio = 0.2, .floor_per_second = 3, .balance_max = 10});
  budget.deposit(1'000'000, clock.now());
  clock.advance(seconds(3'600));
  EXPECT_EQ(budget.balance(clock.now()), 10);
  EXPECT_EQ(spend_all(budget, clock.now()), 10);
}

TEST(Budget, AWorkerThatIsBehindDoesNotCollectTheFloorTwice) {
  ManualClock clock;
  Budget budget({.ratio = 0, .floor_per_second = 10, .balance_max = 100});
  const TimePoint early = clock.now();
  clock.advance(seconds(1));
  spend_all(budget, clock.now());
  budget.deposit(0, early);
  EXPECT_EQ(spend_all(budget, clock.now()), 0);
}

TEST(BudgetShare, PaysInByTheBatch) {
  ManualClock clock;
  Budget budget({.ratio = 1, .floor_per_second = 0, .balance_max = 100});
  BudgetShare share(budget);
  for (std::uint32_t i = 1; i < BudgetShare::kBatch; ++i) share.deposit_one(clock.now());
  EXPECT_FALSE(share.try_spend(clock.now()));
  share.deposit_one(clock.now());
  EXPECT_EQ(spend_all(budget, clock.now()), static_cast<int>(BudgetShare::kBatch));
  share.deposit_one(clock.now());
  EXPECT_FALSE(share.try_spend(clock.now()));  // a batch begins anew
}

TEST(Waiters, HaveSoManyPlacesAndNoMore) {
  Waiters waiters;
  std::vector<std::unique_ptr<Waiters::Seat>> seats;
  for (std::uint32_t i = 0; i < Waiters::kMax; ++i) {
    seats.push_back(std::make_unique<Waiters::Seat>());
    EXPECT_TRUE(seats.back()->take(waiters));
    EXPECT_TRUE(seats.back()->take(waiters));  // has one already
  }
  Waiters::Seat late;
  EXPECT_FALSE(late.take(waiters));
  EXPECT_EQ(waiters.waiting(), Waiters::kMax);
  seats.pop_back();
  EXPECT_TRUE(late.take(waiters));
  late.release();
  late.release();
  EXPECT_EQ(waiters.waiting(), Waiters::kMax - 1);
}

}  // namespace
}  // namespace headgate::select
