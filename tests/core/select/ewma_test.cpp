#include "core/select/ewma.hpp"

#include <gtest/gtest.h>

#include "core/select/milliseconds.hpp"

namespace headgate::select {
namespace {

constexpr double kHalfLife = 1'000;

TEST(Decay, HalvesInOneHalfLife) {
  EXPECT_DOUBLE_EQ(decay(0, kHalfLife), 1);
  EXPECT_NEAR(decay(1'000, kHalfLife), 0.5, 1e-6);
  EXPECT_NEAR(decay(2'000, kHalfLife), 0.25, 1e-6);
  EXPECT_NEAR(decay(100, kHalfLife), 0.933, 1e-3);
  EXPECT_EQ(decay(1e9, kHalfLife), 0);
}

TEST(AgeMs, SurvivesTheWrapOfTheStamp) {
  EXPECT_EQ(age_ms(10, UINT32_MAX - 9), 20u);
  EXPECT_EQ(age_ms(500, 100), 400u);
}

TEST(AgeMs, TakesAStampALittleAheadAsNow) {
  EXPECT_EQ(age_ms(100, 150), 0u);
  EXPECT_EQ(age_ms(100, 60'099), 0u);
  EXPECT_GT(age_ms(100, 60'200), 4'000'000'000u);  // not ahead: weeks ago
}

TEST(ToStamp, IsNeverTheMarkForNever) {
  EXPECT_EQ(to_stamp(TimePoint{}), 1u);
  EXPECT_EQ(to_stamp(TimePoint(std::chrono::milliseconds(1LL << 32))), 1u);
  EXPECT_EQ(to_stamp(TimePoint(std::chrono::milliseconds(7))), 7u);
}

TEST(DecayedCount, CountsEachEventAndForgetsWithTime) {
  DecayedCount count;
  EXPECT_TRUE(count.zero());
  count.add(1, 1'000, kHalfLife);
  count.add(1, 1'000, kHalfLife);
  EXPECT_FALSE(count.zero());
  EXPECT_NEAR(count.at(1'000, kHalfLife), 2, 1e-6);
  EXPECT_NEAR(count.at(2'000, kHalfLife), 1, 1e-6);
  count.add(1, 2'000, kHalfLife);
  EXPECT_NEAR(count.at(2'000, kHalfLife), 2, 1e-6);
}

TEST(DecayedCount, AWorkerThatIsBehindDoesNotTurnTheTimeBack) {
  DecayedCount count;
  count.add(1, 5'000, kHalfLife);
  count.add(1, 4'000, kHalfLife);
  EXPECT_NEAR(count.at(5'000, kHalfLife), 2, 1e-6);
  EXPECT_NEAR(count.at(6'000, kHalfLife), 1, 1e-6);
}

TEST(DecayedCount, CanBeSet) {
  DecayedCount count;
  count.add(5, 1'000, kHalfLife);
  count.set(3, 2'000);
  EXPECT_NEAR(count.at(3'000, kHalfLife), 1.5, 1e-6);
  count.set(0, 2'000);
  EXPECT_TRUE(count.zero());
}

TEST(DecayedMean, TheFirstSampleIsTheMean) {
  DecayedMean mean;
  EXPECT_TRUE(mean.empty());
  EXPECT_EQ(mean.value_or(7), 7);
  mean.add(40, 1'000, kHalfLife);
  EXPECT_FALSE(mean.empty());
  EXPECT_EQ(mean.value(), 40);
  EXPECT_EQ(mean.value_or(7), 40);
}

TEST(DecayedMean, TheNewestSampleStandsForTheTimeSinceTheLast) {
  DecayedMean mean;
  mean.add(40, 1'000, kHalfLife);
  mean.add(80, 2'000, kHalfLife);
  EXPECT_NEAR(mean.value(), 60, 1e-3);
  mean.add(0, 4'000, kHalfLife);
  EXPECT_NEAR(mean.value(), 15, 1e-3);
}

TEST(DecayedMean, ForgetsByTimeAndNotBySample) {
  DecayedMean mean;
  mean.add(100, 1'000, kHalfLife);
  for (std::uint32_t ms = 1; ms <= 1'000; ++ms) mean.add(0, 1'000 + ms, kHalfLife);
  EXPECT_NEAR(mean.value(), 50, 0.5);
}

TEST(PeakMean, BelievesBadNewsAtOnce) {
  PeakMean mean;
  mean.add(100, 1'000, kHalfLife);
  mean.add(300, 1'000, kHalfLife);
  EXPECT_EQ(mean.value(), 300);
}

TEST(PeakMean, OneSampleRaisesItFourTimesAtMost) {
  PeakMean mean;
  mean.add(100, 1'000, kHalfLife);
  mean.add(100'000, 9'000, kHalfLife);
  EXPECT_EQ(mean.value(), 400);
  mean.add(100'000, 9'000, kHalfLife);
  EXPECT_EQ(mean.value(), 1'600);
}

TEST(PeakMean, BelievesGoodNewsWithTime) {
  PeakMean mean;
  mean.add(100, 1'000, kHalfLife);
  mean.add(20, 1'000, kHalfLife);  // no time has passed
  EXPECT_EQ(mean.value(), 100);
  mean.add(20, 2'000, kHalfLife);
  EXPECT_NEAR(mean.value(), 60, 1e-3);
}

TEST(PeakMean, DoesNotAgeWithoutSamples) {
  PeakMean mean;
  mean.add(100, 1'000, kHalfLife);
  EXPECT_EQ(mean.value(), 100);
  mean.add(100, 900'000, kHalfLife);
  EXPECT_EQ(mean.value(), 100);
}

TEST(PeakMean, IsNotStuckAfterASampleOfNothing) {
  PeakMean mean;
  mean.add(0, 1'000, kHalfLife);
  EXPECT_GT(mean.value(), 0);
  for (int i = 0; i < 12; ++i) mean.add(100, 1'000, kHalfLife);
  EXPECT_EQ(mean.value(), 100);
}

TEST(PeakMean, TakesAnImpossibleSampleForASmallOne) {
  PeakMean mean;
  mean.add(-5, 1'000, kHalfLife);
  EXPECT_GT(mean.value(), 0);
}

}  // namespace
}  // namespace headgate::select
