#include "core/select/cost.hpp"

#include <gtest/gtest.h>

#include "core/select/health.hpp"

namespace headgate::select {
namespace {

TEST(Health, IsFaultlessBeforeAnythingHappened) {
  EXPECT_EQ(health(0, 0), 1);
  EXPECT_EQ(health(1'000, 0), 1);
}

TEST(Health, OneFailureOfAnUnknownEndpointIsTwoThirds) {
  EXPECT_NEAR(health(0, 1), 2.0 / 3, 1e-12);
}

TEST(Health, IsTheShareOfGoodAttemptsOverThePrior) {
  EXPECT_NEAR(health(8, 10), 0.5, 1e-12);
  EXPECT_NEAR(health(0, 2), 0.5, 1e-12);
  EXPECT_GT(health(0, 1e6), 0);  // never nothing: it divides
}

TEST(Health, CanBeSetByTheFailuresThatMakeIt) {
  for (const double wanted : {0.1, 0.5, 0.9})
    EXPECT_NEAR(health(0, failures_for_health(wanted)), wanted, 1e-12);
  EXPECT_EQ(failures_for_health(1), 0);
  EXPECT_EQ(failures_for_health(2), 0);
  EXPECT_NEAR(health(0, failures_for_health(0)), 0.01, 1e-12);
}

TEST(PromptFactor, GrowsWithThePrompt) {
  EXPECT_EQ(prompt_factor(0), 1);
  EXPECT_EQ(prompt_factor(4'000), 2);
  EXPECT_EQ(prompt_factor(100'000), 26);
  EXPECT_EQ(prompt_factor(-5), 1);
}

TEST(ServiceCost, IsFirstTokenPlusTheOthers) {
  EXPECT_EQ(service_cost(500, 20, 100), 2'500);
}

TEST(OccupiedTokens, AreTheAnswerAndTheTimeBeforeIt) {
  EXPECT_EQ(occupied_tokens(0, 0), kFirstTokenInTokens);
  EXPECT_EQ(occupied_tokens(0, 300), kFirstTokenInTokens + 300);
  EXPECT_EQ(occupied_tokens(kPromptTokensToDouble, 300), 2 * kFirstTokenInTokens + 300);
}

TEST(Noiseless, WithinTheNoiseAnEndpointCountsAsTheMedian) {
  EXPECT_EQ(noiseless(1'000, 1'000), 1'000);
  EXPECT_EQ(noiseless(1'249, 1'000), 1'000);
  EXPECT_EQ(noiseless(801, 1'000), 1'000);
}

TEST(Noiseless, BeyondItDifferencesCountFromItsEdge) {
  constexpr double kEdge = 1 + kNoiseShare;
  EXPECT_NEAR(noiseless(1'000 * kEdge + 1, 1'000), 1'000, 1);  // no step at the edge
  EXPECT_NEAR(noiseless(1'000 / kEdge - 1, 1'000), 1'000, 2);
  EXPECT_NEAR(noiseless(10'000 * kEdge, 1'000), 10'000, 1e-9);
  EXPECT_NEAR(noiseless(100, 1'000), 100 * kEdge, 1e-9);
  EXPECT_GT(noiseless(1'400, 1'000), noiseless(1'300, 1'000));
  EXPECT_LT(noiseless(600, 1'000), noiseless(700, 1'000));
}

TEST(FailuresPerSuccess, AreWhatTheHealthSays) {
  for (const double successes : {0.0, 0.5, 7.0, 1'000.0}) {
    EXPECT_EQ(failures_per_success(successes, 0), 0);
    for (const double failures : {0.001, 1.0, 30.0}) {
      const double h = health(successes, failures);
      EXPECT_NEAR(failures_per_success(successes, failures), (1 - h) / h, 1e-9);
    }
  }
}

TEST(FailureCost, IsThePriceOfTheFailuresBeforeOneSuccess) {
  EXPECT_EQ(failure_cost(1'000, 0), 0);
  EXPECT_EQ(failure_cost(1'000, 1), 1'000);  // one failure for each success
  EXPECT_NEAR(failure_cost(1'000, 4), 4'000, 1e-9);
}

TEST(LoadFactor, GrowsWithTheLoadForTheWeight) {
  EXPECT_EQ(load_factor(0, 1), 1);
  EXPECT_EQ(load_factor(kRequestsToDouble, 1), 2);
  EXPECT_EQ(load_factor(kRequestsToDouble, 2), 1.5);
}

TEST(SlowStartShare, GrowsEvenlyFromTheLeastToAll) {
  EXPECT_EQ(slow_start_share(0, 10'000, 0.1), 0.1);
  EXPECT_EQ(slow_start_share(500, 10'000, 0.1), 0.1);
  EXPECT_EQ(slow_start_share(5'000, 10'000, 0.1), 0.5);
  EXPECT_EQ(slow_start_share(10'000, 10'000, 0.1), 1);
  EXPECT_EQ(slow_start_share(99'000, 10'000, 0.1), 1);
  EXPECT_EQ(slow_start_share(0, 0, 0.1), 1);  // no slow start
}

}  // namespace
}  // namespace headgate::select
