// Several threads on the same cells, as workers are; what they leave behind must add up. Meant for
// the thread sanitizer, but the sums are checked in every build.

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "core/select/budget.hpp"
#include "core/select/outcome.hpp"
#include "core/select/view.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kThreads = 4;

template <class Work>
void on_threads(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(Stress, NoEventOfACountIsLost) {
  DecayedCount count;
  on_threads([&count](int) {
    for (int i = 0; i < 20'000; ++i) count.add(1, 5'000, 30'000);
  });
  EXPECT_EQ(count.at(5'000, 30'000), kThreads * 20'000);
}

TEST(Stress, AMeanStaysAmongItsSamples) {
  PeakMean peak;
  DecayedMean mean;
  peak.add(100, 1, 10'000);
  mean.add(100, 1, 10'000);
  on_threads([&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      const double sample = 100 + static_cast<double>(random() % 100);
      peak.add(sample, 2 + i, 10'000);
      mean.add(sample, 2 + i, 10'000);
      ASSERT_GE(peak.value(), 100);
      ASSERT_LE(peak.value(), 200);
      ASSERT_GE(mean.value(), 99.9);
      ASSERT_LE(mean.value(), 200);
    }
  });
}

TEST(Stress, ALimitIsNeverPassed) {
  Load load;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  on_threads([&](int) {
    for (int i = 0; i < 20'000; ++i) {
      Load::Word* const counted = load.try_add(3, 2, 1);
      if (counted == nullptr) continue;
      const int now_inside = ++inside;
      if (now_inside > most) most = now_inside;
      --inside;
      Load::remove(*counted, 3);
    }
  });
  EXPECT_LE(most, 2);
  EXPECT_EQ(load.requests(), 0);
  EXPECT_EQ(load.tokens(), 0);
}

// It is spread while they are at it.
TEST(Stress, EachSeesAtLeastItsOwnLoad) {
  Load load;
  on_threads([&load](int thread) {
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      const std::uint32_t now = 5'000 + i / 8;
      if (thread == 0 && i == 10'000) {
        load.collide(now);
        load.collide(now);
      }
      Load::Word& one = load.add(3, now);
      Load::Word& two = load.add(4, now);
      ASSERT_GE(load.tokens_seen(now), 7);
      Load::remove(one, 3);
      ASSERT_GE(load.tokens_seen(now), 4);
      Load::remove(two, 4);
    }
  });
  EXPECT_TRUE(load.is_spread());
  EXPECT_EQ(load.requests(), 0);
  EXPECT_EQ(load.tokens(), 0);
}

TEST(Stress, OneProbeAtATime) {
  Eviction eviction;
  ManualClock clock;
  eviction.evict(clock.now() + seconds(1), clock.now());
  clock.advance(seconds(1));
  std::atomic<int> holders{0};
  std::atomic<int> taken{0};
  on_threads([&](int) {
    for (int i = 0; i < 10'000; ++i) {
      if (!eviction.try_lease(clock.now())) continue;
      EXPECT_EQ(++holders, 1);
      ++taken;
      --holders;
      eviction.give_back_lease();
    }
  });
  EXPECT_GT(taken, 0);
}

TEST(Stress, ABudgetIsNotSpentTwice) {
  ManualClock clock;
  Budget budget({.ratio = 0.2, .floor_per_second = 0, .balance_max = 1e6});
  budget.deposit(50'000, clock.now());
  std::atomic<int> spent{0};
  on_threads([&](int) {
    for (int i = 0; i < 5'000; ++i)
      if (budget.try_spend(clock.now())) ++spent;
  });
  EXPECT_EQ(spent, 10'000);
}

TEST(Stress, TheDeadlineIsTheLatestThatAnybodySet) {
  CellTable table;
  ManualClock clock;
  const std::shared_ptr<Cell> cell = table.find_or_make({"p", "a", "", "k", "m"}, clock.now());
  on_threads([&](int thread) {
    for (int i = 0; i < 5'000; ++i) {
      evict(*cell, Scope::endpoint, clock.now() + milliseconds(1 + i * kThreads + thread),
            clock.now());
      ASSERT_EQ(cell->quick_state(clock.now()), ServiceState::out);
    }
  });
  EXPECT_EQ(cell->returns_at(), clock.now() + milliseconds(5'000 * kThreads));
  EXPECT_EQ(cell->eviction(Scope::endpoint).total(), 1u);
}

// Everything at once: picks, outcomes, evictions, restores, models that are met first, readers.
TEST(Stress, WorkersLeaveNothingBehind) {
  World world;
  EndpointSpec open{"open", 2, 30,
                    world.table.find_or_make({"p", "open", "", "k", ""}, world.clock.now())};
  const auto set = world.set(
      {{world.spec("a", 1, 10), world.spec("b", 3), std::move(open)}, {world.spec("c", 1, 2)}});
  const TimePoint start = world.clock.now();

  on_threads([&set, start](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread) + 1);
    const auto rng = make_rng(random());
    std::vector<Permit> held;
    for (int i = 0; i < 15'000; ++i) {
      const TimePoint now = start + milliseconds(i);
      const std::string model = "m" + std::to_string(random() % 80);
      if (held.empty() || random() % 2 == 0) {
        PickQuery query;
        query.now = now;
        query.estimated_tokens = static_cast<double>(random() % 2'000);
        query.model = model_hash(model);
        query.last_resort = true;
        if (PickResult result = pick(*set, query, *rng); result.permit)
          held.push_back(std::move(result.permit));
        continue;
      }
      Permit permit = std::move(held.back());
      held.pop_back();
      AttemptOutcome outcome;
      outcome.kind = static_cast<OutcomeKind>(random() % 3);
      outcome.first_token = Millis(static_cast<double>(random() % 500));
      outcome.streaming = Millis(static_cast<double>(random() % 2'000));
      outcome.output_tokens = static_cast<double>(random() % 300);
      outcome.model = model;
      const OutcomeFacts facts = record(permit, outcome, now);
      if (facts.consecutive_failures >= 2 || facts.probe_failed)
        evict(*permit.cell(), kAllScopes[random() % kScopes], now + milliseconds(random() % 50),
              now);
      if (random() % 50 == 0) restore(*permit.cell(), kAllScopes[random() % kScopes], now);
      if (random() % 20 == 0) {
        EXPECT_GT(snapshot_of(set->group(0), set->endpoint(0), now).terms.cost_ms, 0);
      }
    }
  });

  const TimePoint end = start + std::chrono::hours(1);
  for (std::size_t index = 0; index < set->size(); ++index) {
    Cell& cell = cell_of(*set, index);
    EXPECT_EQ(cell.load.requests(), 0);
    EXPECT_EQ(cell.load.tokens(), 0);
    if (cell.state(end) == ServiceState::in_service) continue;
    const Leases leases = take_leases(cell, end);
    EXPECT_NE(leases, 0);
    give_back_leases(cell, leases);
  }
  // How many of the 80 models it has served depends on how the threads met.
  EXPECT_GT(cell_of(*set, 2).models->size(), 0u);
  EXPECT_LE(cell_of(*set, 2).models->size(), ModelCells::kModelsMax);
}

}  // namespace
}  // namespace headgate::select
