#include "core/select/eviction.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/support/manual_clock.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EvictionTest : public testing::Test {
 protected:
  bool evict_for(seconds time) {
    return eviction_.evict(clock_.now() + time, clock_.now()).changed;
  }
  ServiceState state() const { return eviction_.state(clock_.now()); }

  ManualClock clock_;
  Eviction eviction_;
};

TEST_F(EvictionTest, IsOutUntilTheDeadlineAndHalfOpenAfter) {
  EXPECT_EQ(state(), ServiceState::in_service);
  EXPECT_TRUE(evict_for(seconds(5)));
  EXPECT_EQ(state(), ServiceState::out);
  clock_.advance(milliseconds(4'999));
  EXPECT_EQ(state(), ServiceState::out);
  clock_.advance(milliseconds(1));
  EXPECT_EQ(state(), ServiceState::half_open);
  clock_.advance(seconds(3'600));
  EXPECT_EQ(state(), ServiceState::half_open);  // time alone restores nothing
}

TEST_F(EvictionTest, DoesNotReturnAFractionOfAMillisecondEarly) {
  eviction_.evict(clock_.now() + std::chrono::microseconds(1'500), clock_.now());
  clock_.advance(milliseconds(1));
  EXPECT_EQ(state(), ServiceState::out);
  clock_.advance(milliseconds(1));
  EXPECT_EQ(state(), ServiceState::half_open);
}

TEST_F(EvictionTest, ALaterDeadlineExtendsAnEarlierOneChangesNothing) {
  evict_for(seconds(60));
  const TimePoint until = eviction_.until();
  EXPECT_FALSE(evict_for(seconds(1)));
  EXPECT_EQ(eviction_.until(), until);
  EXPECT_TRUE(evict_for(seconds(90)));
  EXPECT_EQ(eviction_.until(), clock_.now() + seconds(90));
  EXPECT_EQ(eviction_.total(), 1u);  // extended, not evicted again
}

TEST_F(EvictionTest, TellsANewEvictionFromALongerOneAndKeepsTheLastCause) {
  const TimePoint now = clock_.now();
  EXPECT_TRUE(eviction_.evict(now + seconds(5), now, Cause::failures).anew);
  EXPECT_EQ(eviction_.cause(), Cause::failures);
  const Evicted extended = eviction_.evict(now + seconds(9), now, Cause::retry_after);
  EXPECT_TRUE(extended.changed);
  EXPECT_FALSE(extended.anew);
  EXPECT_EQ(eviction_.cause(), Cause::retry_after);
  EXPECT_FALSE(eviction_.evict(now + seconds(1), now, Cause::key));
  EXPECT_EQ(eviction_.cause(), Cause::retry_after) << "what changed nothing is no cause";
}

TEST_F(EvictionTest, EachCauseHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCauses; ++i) names.insert(cause_name(static_cast<Cause>(i)));
  EXPECT_EQ(names.size(), kCauses);
  EXPECT_EQ(cause_name(Cause::probe), "probe");
}

TEST_F(EvictionTest, ADeadlineInThePastIsNone) {
  EXPECT_FALSE(evict_for(seconds(0)));
  EXPECT_EQ(state(), ServiceState::in_service);
}

TEST_F(EvictionTest, DeadlinesNeverShrinkWhateverHappensButARestore) {
  std::mt19937 random(20'260'101);
  TimePoint before{};
  for (int i = 0; i < 20'000; ++i) {
    clock_.advance(milliseconds(random() % 20'000));
    switch (random() % 4) {
      case 0:
        evict_for(seconds(random() % 30));
        break;
      case 1:
        if (eviction_.try_lease(clock_.now())) eviction_.probe_failed(clock_.now());
        break;
      case 2:
        if (eviction_.try_lease(clock_.now())) eviction_.give_back_lease();
        break;
      default:
        break;
    }
    ASSERT_GE(eviction_.until(), before);
    before = eviction_.until();
  }
  EXPECT_GT(eviction_.total(), 100u);
}

TEST_F(EvictionTest, GivesTheLeaseToOneAtATimeAndOnlyWhenHalfOpen) {
  EXPECT_FALSE(eviction_.try_lease(clock_.now()));
  evict_for(seconds(5));
  EXPECT_FALSE(eviction_.try_lease(clock_.now()));
  clock_.advance(seconds(5));
  EXPECT_TRUE(eviction_.try_lease(clock_.now()));
  EXPECT_FALSE(eviction_.try_lease(clock_.now()));
  eviction_.give_back_lease();
  EXPECT_TRUE(eviction_.try_lease(clock_.now()));
}

TEST_F(EvictionTest, AProbeThatAnswersRestores) {
  evict_for(seconds(5));
  clock_.advance(seconds(5));
  ASSERT_TRUE(eviction_.try_lease(clock_.now()));
  EXPECT_TRUE(eviction_.probe_succeeded(clock_.now()));
  EXPECT_EQ(state(), ServiceState::in_service);
  EXPECT_EQ(eviction_.until(), TimePoint{});
}

TEST_F(EvictionTest, AProbeThatFailsPutsItOutForAsLongAsBefore) {
  evict_for(seconds(7));
  clock_.advance(seconds(10));
  ASSERT_TRUE(eviction_.try_lease(clock_.now()));
  eviction_.probe_failed(clock_.now());
  EXPECT_EQ(state(), ServiceState::out);
  EXPECT_EQ(eviction_.until(), clock_.now() + seconds(7));
  clock_.advance(seconds(7));
  EXPECT_TRUE(eviction_.try_lease(clock_.now()));  // the lease was free again
}

TEST_F(EvictionTest, AProbeDoesNotRestoreWhatSomebodyExtendedMeanwhile) {
  evict_for(seconds(5));
  clock_.advance(seconds(5));
  ASSERT_TRUE(eviction_.try_lease(clock_.now()));
  evict_for(seconds(30));
  EXPECT_FALSE(eviction_.probe_succeeded(clock_.now()));
  EXPECT_EQ(state(), ServiceState::out);
  clock_.advance(seconds(30));
  EXPECT_TRUE(eviction_.try_lease(clock_.now()));
}

TEST_F(EvictionTest, CountsEvictionsInARowThroughFailedProbes) {
  EXPECT_EQ(eviction_.in_a_row(clock_.now()), 0u);
  evict_for(seconds(5));
  EXPECT_EQ(eviction_.in_a_row(clock_.now()), 1u);
  for (std::uint32_t row = 1; row < 4; ++row) {
    clock_.advance(seconds(60));
    ASSERT_TRUE(eviction_.try_lease(clock_.now()));
    eviction_.probe_failed(clock_.now());
    ASSERT_TRUE(evict_for(seconds(5)));  // no longer than the core did, but it counts
    EXPECT_EQ(eviction_.in_a_row(clock_.now()), row + 1);
    EXPECT_EQ(eviction_.total(), row + 1);
  }
}

TEST_F(EvictionTest, AFailureOfARequestFromBeforeIsNotAnotherEviction) {
  evict_for(seconds(5));
  clock_.advance(seconds(20));  // half-open, nobody has probed
  EXPECT_TRUE(evict_for(seconds(5)));
  EXPECT_EQ(eviction_.in_a_row(clock_.now()), 1u);
  EXPECT_EQ(eviction_.until(), clock_.now() + seconds(5));
  clock_.advance(seconds(5));
  ASSERT_TRUE(eviction_.try_lease(clock_.now()));
  eviction_.probe_failed(clock_.now());
  EXPECT_EQ(eviction_.until(), clock_.now() + seconds(5));  // not the 25 s since the first
}

TEST_F(EvictionTest, ARowEndsWhenItServedForAsLongAsItWasOut) {
  evict_for(seconds(10));
  clock_.advance(seconds(10));
  ASSERT_TRUE(eviction_.try_lease(clock_.now()));
  ASSERT_TRUE(eviction_.probe_succeeded(clock_.now()));
  clock_.advance(milliseconds(9'999));
  EXPECT_EQ(eviction_.in_a_row(clock_.now()), 1u);
  clock_.advance(milliseconds(1));
  EXPECT_EQ(eviction_.in_a_row(clock_.now()), 0u);
  evict_for(seconds(10));
  EXPECT_EQ(eviction_.in_a_row(clock_.now()), 1u);
}

TEST_F(EvictionTest, AnExtensionCountsFromTheBeginningForTheLength) {
  evict_for(seconds(5));
  clock_.advance(seconds(2));
  evict_for(seconds(8));  // 10 s in all
  clock_.advance(seconds(8));
  ASSERT_TRUE(eviction_.try_lease(clock_.now()));
  eviction_.probe_failed(clock_.now());
  EXPECT_EQ(eviction_.until(), clock_.now() + seconds(10));
}

TEST_F(EvictionTest, ARestoreIsAtOnce) {
  evict_for(seconds(600));
  eviction_.restore(clock_.now());
  EXPECT_EQ(state(), ServiceState::in_service);
  EXPECT_TRUE(evict_for(seconds(1)));  // a shorter one than the one that was lifted
  EXPECT_EQ(eviction_.in_a_row(clock_.now()), 2u);
}

TEST(DurationFor, DoublesFromTheBaseToTheCap) {
  EXPECT_EQ(duration_for(0), seconds(5));
  EXPECT_EQ(duration_for(1), seconds(10));
  EXPECT_EQ(duration_for(3), seconds(40));
  EXPECT_EQ(duration_for(4), seconds(60));
  EXPECT_EQ(duration_for(4'000'000'000u), seconds(60));
  EXPECT_EQ(duration_for(2, seconds(1), seconds(3)), seconds(3));
}

TEST(ScopeName, IsWhatMetricsSay) {
  EXPECT_EQ(scope_name(Scope::endpoint), "endpoint");
  EXPECT_EQ(scope_name(Scope::key_model), "key_model");
  EXPECT_EQ(state_name(ServiceState::in_service), "in_service");
  EXPECT_EQ(state_name(ServiceState::half_open), "half_open");
  EXPECT_EQ(state_name(ServiceState::out), "out");
}

}  // namespace
}  // namespace headgate::select
