// Counters and token buckets over all workers: what they hand out is bounded, whoever asks.

#include "core/plugin/shared_objects.hpp"

#include <gtest/gtest.h>
#include <headgate/shared.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/plugin/host.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class SharedObjectsTest : public ::testing::Test {
 protected:
  std::uint64_t counter(std::uint64_t instance, std::string_view name) {
    std::uint64_t id = 0;
    EXPECT_EQ(objects.counter(instance, name, id), HG_OK);
    return id;
  }
  std::uint64_t bucket(std::uint64_t instance, std::string_view name, const BucketRates& rates) {
    std::uint64_t id = 0;
    EXPECT_EQ(objects.bucket(instance, name, rates, id), HG_OK);
    return id;
  }
  std::int64_t add(std::uint64_t id, std::int64_t amount) {
    std::int64_t now = 0;
    EXPECT_EQ(objects.add(id, amount, now), HG_OK);
    return now;
  }
  // -1: they were there; otherwise how long to wait.
  std::int64_t wait_for(std::uint64_t id, std::uint64_t tokens) {
    std::uint64_t wait = 0;
    const std::int32_t result = objects.take(id, tokens, time, wait);
    if (result == HG_OK) return -1;
    EXPECT_EQ(result, HG_LIMIT);
    return static_cast<std::int64_t>(wait);
  }

  SharedObjects objects;
  TimePoint time{std::chrono::hours(1)};
  std::uint64_t one = objects.open("p", "place", "");
};

TEST_F(SharedObjectsTest, OfTheSameUseAreTheSameAndOfAnotherAreOthers) {
  EXPECT_EQ(add(counter(one, "a"), 5), 5);
  EXPECT_EQ(add(counter(one, "a"), -7), -2);
  EXPECT_EQ(add(counter(one, "b"), 1), 1);
  EXPECT_EQ(add(counter(objects.open("p", "place", ""), "a"), 1), -1);
  EXPECT_EQ(add(counter(objects.open("q", "place", ""), "a"), 1), 1);
  EXPECT_EQ(add(counter(objects.open("p", "plac", "e"), "a"), 1), 1);
  EXPECT_EQ(add(counter(objects.open("p", "place", "n"), "a"), 1), 1);
}

TEST_F(SharedObjectsTest, AreKeptOverAReloadWhereTheirParametersAreTheSame) {
  const std::uint64_t old = bucket(one, "b", {2, 1, 1000});
  EXPECT_EQ(wait_for(old, 2), -1);
  const std::uint64_t next = objects.open("p", "place", "");
  const std::uint64_t same = bucket(next, "b", {2, 1, 1000});
  const std::uint64_t larger = bucket(next, "b", {3, 1, 1000});
  objects.close(one);
  EXPECT_EQ(wait_for(same, 1), 1000);
  EXPECT_EQ(wait_for(larger, 3), -1);
}

TEST_F(SharedObjectsTest, AreGoneWithTheLastInstance) {
  const std::uint64_t count = counter(one, "a");
  EXPECT_EQ(add(count, 5), 5);
  objects.close(one);
  std::int64_t now = 0;
  EXPECT_EQ(objects.add(count, 1, now), HG_GONE);
  const std::uint64_t next = objects.open("p", "place", "");
  const std::uint64_t fresh = counter(next, "a");
  EXPECT_EQ(add(fresh, 1), 1);
  EXPECT_EQ(objects.add(count, 1, now), HG_GONE) << "its place is another's";
  std::uint64_t id = 0;
  EXPECT_EQ(objects.counter(one, "a", id), HG_GONE);
}

TEST_F(SharedObjectsTest, RefuseWhatIsNotTheirs) {
  std::uint64_t id = 0;
  std::uint64_t wait = 0;
  std::int64_t now = 0;
  EXPECT_EQ(objects.counter(one, "", id), HG_INVALID);
  EXPECT_EQ(objects.counter(one, std::string(129, 'x'), id), HG_INVALID);
  for (const BucketRates& rates : std::vector<BucketRates>{{0, 1, 1000},
                                                           {1, 0, 1000},
                                                           {1, 1, 0},
                                                           {1, 1001, 1},
                                                           {1, 1, ~std::uint64_t{0}},
                                                           {~std::uint64_t{0}, 1, 1000},
                                                           {1'000'000'000, 1, 1000}}) {
    EXPECT_EQ(objects.bucket(one, "b", rates, id), HG_INVALID) << rates.capacity;
  }
  const std::uint64_t count = counter(one, "a");
  const std::uint64_t tokens = bucket(one, "b", {2, 1, 1000});
  EXPECT_EQ(objects.take(count, 1, time, wait), HG_GONE);
  EXPECT_EQ(objects.add(tokens, 1, now), HG_GONE);
  EXPECT_EQ(objects.take(tokens, 3, time, wait), HG_INVALID);
  EXPECT_EQ(objects.take(tokens, ~std::uint64_t{0}, time, wait), HG_INVALID);
  EXPECT_EQ(objects.add(0, 1, now), HG_GONE);
  EXPECT_EQ(objects.add(~std::uint64_t{0}, 1, now), HG_GONE);
}

TEST_F(SharedObjectsTest, AreBounded) {
  std::uint64_t id = 0;
  for (int i = 0; i < 256; ++i) counter(one, std::to_string(i));
  EXPECT_EQ(objects.counter(one, "256", id), HG_LIMIT);
  EXPECT_EQ(objects.counter(one, "255", id), HG_OK) << "it has it already";
  std::vector<std::uint64_t> all;
  for (std::size_t n = 1; n < SharedObjects::kAllMax / 256; ++n) {
    all.push_back(objects.open("p", std::to_string(n), ""));
    for (int i = 0; i < 256; ++i) counter(all.back(), std::to_string(i));
  }
  const std::uint64_t late = objects.open("p", "late", "");
  EXPECT_EQ(objects.counter(late, "a", id), HG_LIMIT);
  objects.close(all.front());
  EXPECT_EQ(add(counter(late, "a"), 1), 1);
}

TEST_F(SharedObjectsTest, BucketsBeginFullAndFillEvenly) {
  const std::uint64_t id = bucket(one, "b", {3, 3, 1000});
  EXPECT_EQ(wait_for(id, 3), -1);
  EXPECT_EQ(wait_for(id, 1), 334);
  time += milliseconds(334);
  EXPECT_EQ(wait_for(id, 1), -1);
  EXPECT_GT(wait_for(id, 1), 0);
  EXPECT_EQ(wait_for(id, 0), -1);
  time += std::chrono::hours(5);
  EXPECT_EQ(wait_for(id, 2), -1);
  EXPECT_EQ(wait_for(id, 1), -1) << "it holds three, and no more";
  EXPECT_GT(wait_for(id, 1), 0);
}

TEST_F(SharedObjectsTest, AWaitIsLongEnoughAndNotLonger) {
  const std::uint64_t id = bucket(one, "b", {10, 7, 1000});
  EXPECT_EQ(wait_for(id, 10), -1);
  const std::int64_t wait = wait_for(id, 4);
  time += milliseconds(wait - 1);
  EXPECT_GT(wait_for(id, 4), 0);
  time += milliseconds(1);
  EXPECT_EQ(wait_for(id, 4), -1);
}

// Two threads with clocks of their own, one behind the other.
TEST_F(SharedObjectsTest, ABucketNeverHandsOutMoreThanItHeldAndWasRefilledWith) {
  for (const BucketRates& rates :
       std::vector<BucketRates>{{10, 100, 1000}, {1, 1000, 7}, {1000, 3, 1}, {7, 1, 1}}) {
    const std::uint64_t id = bucket(one, std::to_string(rates.capacity), rates);
    const auto run = [&](std::uint32_t seed, std::uint64_t& taken) {
      std::mt19937 random(seed);
      std::uint64_t wait = 0;
      for (int i = 0; i < 20'000; ++i) {
        const TimePoint now = time + nanoseconds(i) * 10'000;
        const std::uint64_t tokens = random() % std::min<std::uint64_t>(rates.capacity, 5) + 1;
        if (objects.take(id, tokens, now, wait) == HG_OK) taken += tokens;
      }
    };
    std::uint64_t by_one = 0;
    std::uint64_t by_two = 0;
    std::thread other([&] { run(1, by_two); });
    run(2, by_one);
    other.join();
    const std::uint64_t length_ms = 200;
    const std::uint64_t refilled = rates.refill * length_ms / rates.period;
    EXPECT_LE(by_one + by_two, rates.capacity + refilled) << rates.capacity;
    EXPECT_GE(by_one + by_two, rates.capacity) << rates.capacity;
  }
}

TEST_F(SharedObjectsTest, NothingIsLostThatTwoThreadsAdd) {
  const std::uint64_t id = counter(one, "a");
  const auto run = [&] {
    std::int64_t now = 0;
    for (int i = 0; i < 10'000; ++i) objects.add(id, 1, now);
  };
  std::thread other(run);
  run();
  other.join();
  EXPECT_EQ(add(id, 0), 20'000);
}

TEST(SharedTable, ReachesTheObjectsOfItsHost) {
  FakeServices services;
  Host owner{services, "1"};
  const hg_host* host = owner.make("p");
  const auto& table = table_of<hg_shared_ext>(host, HG_EXT_SHARED);
  const std::uint64_t instance = shared_of(host).open("p", "here", "");
  std::uint64_t id = 0;
  std::int64_t now = 0;
  ASSERT_EQ(table.counter(host, instance, str("c"), &id), HG_OK);
  EXPECT_EQ(table.add(host, id, 3, nullptr), HG_OK);
  EXPECT_EQ(table.add(host, id, 1, &now), HG_OK);
  EXPECT_EQ(now, 4);
  hg_bucket rates{};
  rates.size = HG_END_OF(hg_bucket, period);
  rates.capacity = rates.refill = 2;
  rates.period = 1000;
  std::uint64_t wait = 0;
  ASSERT_EQ(table.bucket(host, instance, str("b"), &rates, &id), HG_OK);
  EXPECT_EQ(table.take(host, id, 2, nullptr), HG_OK);
  EXPECT_EQ(table.take(host, id, 1, &wait), HG_LIMIT);
  EXPECT_EQ(wait, 500u);
  services.time += milliseconds(500);
  EXPECT_EQ(table.take(host, id, 1, &wait), HG_OK);
  rates.size = HG_END_OF(hg_bucket, refill);
  EXPECT_EQ(table.bucket(host, instance, str("b"), &rates, &id), HG_INVALID);
  EXPECT_EQ(table.counter(host, instance, {nullptr, 3}, &id), HG_INVALID);
  EXPECT_EQ(table.counter(nullptr, instance, str("c"), &id), HG_INVALID);
}

}  // namespace
}  // namespace headgate::plugin
