#include "core/select/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace headgate::select {
namespace {

constexpr std::uint32_t kStart = 10 * LatencyHistogram::kWindowMs + 1;

TEST(LatencyHistogram, SaysNothingOfFewSamples) {
  LatencyHistogram times;
  for (int i = 0; i < 19; ++i) times.add(100, kStart);
  EXPECT_FALSE(times.p95(kStart));
  times.add(100, kStart + 1);
  EXPECT_TRUE(times.p95(kStart + LatencyHistogram::kKeptMs));
}

TEST(LatencyHistogram, IsAtMostAQuarterAboveTheTruth) {
  for (const double ms : {0.0, 0.5, 1.0, 1.1, 7.0, 100.0, 999.0, 60'000.0, 1'000'000.0}) {
    LatencyHistogram times;
    for (int i = 0; i < 20; ++i) times.add(ms, kStart);
    const double found = times.p95(kStart).value();
    EXPECT_GE(found * 1.0001, ms);
    EXPECT_LE(found, std::max(1.0, ms * LatencyHistogram::kBucketRatio) * 1.0001);
  }
}

TEST(LatencyHistogram, FindsTheSlowestTwentieth) {
  LatencyHistogram quick;
  for (int i = 0; i < 95; ++i) quick.add(10, kStart);
  for (int i = 0; i < 5; ++i) quick.add(5'000, kStart);
  EXPECT_LT(quick.p95(kStart).value(), 13);
  LatencyHistogram slow;
  for (int i = 0; i < 94; ++i) slow.add(10, kStart);
  for (int i = 0; i < 6; ++i) slow.add(5'000, kStart);
  EXPECT_GT(slow.p95(kStart).value(), 4'999);
}

TEST(LatencyHistogram, TakesWhatIsBeyondItsLastBucketIntoIt) {
  LatencyHistogram times;
  for (int i = 0; i < 20; ++i) times.add(1e12, kStart);
  EXPECT_GT(times.p95(kStart).value(), 1'000'000);
}

TEST(LatencyHistogram, RemembersTheWindowBeforeAndForgetsWhatIsOlder) {
  LatencyHistogram times;
  for (int i = 0; i < 20; ++i) times.add(1'000, kStart);
  const std::uint32_t next = kStart + LatencyHistogram::kWindowMs;
  EXPECT_GT(times.p95(next).value_or(0), 900) << "nothing came in this window yet";
  times.add(1, next);
  EXPECT_GT(times.p95(next + 500).value_or(0), 900) << "both windows count";
  const std::uint32_t third = next + LatencyHistogram::kWindowMs;
  for (int i = 0; i < 20; ++i) times.add(1, third);
  EXPECT_LT(times.p95(third + 500).value_or(1e9), 2) << "the first one is forgotten";
  const std::uint32_t later = third + 2 * LatencyHistogram::kWindowMs;
  EXPECT_FALSE(times.p95(later));
  times.add(5, later);
  EXPECT_FALSE(times.p95(later + 500)) << "a lull forgets both";
}

TEST(LatencyHistogram, UsesAnAnswerAgainForAMoment) {
  LatencyHistogram times;
  for (int i = 0; i < 20; ++i) times.add(1, kStart);
  EXPECT_LT(times.p95(kStart).value(), 2);
  for (int i = 0; i < 100; ++i) times.add(1'000, kStart);
  EXPECT_LT(times.p95(kStart + LatencyHistogram::kKeptMs - 1).value(), 2);
  EXPECT_GT(times.p95(kStart + LatencyHistogram::kKeptMs).value(), 900);
}

TEST(LatencyHistogram, CountsWhatSeveralThreadsAdd) {
  LatencyHistogram times;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&times, t] {
      for (int i = 0; i < 1'000; ++i) times.add(t == 0 ? 1'000 : 1, kStart);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(times.p95(kStart).value(), 900) << "a quarter of all took long";
}

}  // namespace
}  // namespace headgate::select
