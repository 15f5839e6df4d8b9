#include "core/select/rendezvous.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/stable_hash.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

constexpr int kKeys = 10'000;

std::uint64_t key_of(int number) {
  return stable_hash("user-" + std::to_string(number));
}

constexpr auto anybody = [](std::size_t) { return true; };

class RendezvousTest : public testing::Test {
 protected:
  using Weights = std::vector<std::pair<std::string, std::uint32_t>>;

  std::shared_ptr<const EndpointSet> set_of(const Weights& weights) {
    std::vector<EndpointSpec> specs;
    for (const auto& [name, weight] : weights) specs.push_back(world_.spec(name, weight));
    return world_.set({std::move(specs)});
  }

  // Who is first for each key.
  std::vector<std::string> firsts(const Weights& weights) {
    const auto set = set_of(weights);
    const Rendezvous order(set->group(0).endpoints());
    std::vector<std::string> names;
    for (int i = 0; i < kKeys; ++i)
      names.push_back(set->endpoint(order.first_two(key_of(i), anybody)[0].value()).name());
    return names;
  }

  World world_;
};

double share(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<double>(std::count(names.begin(), names.end(), name)) / kKeys;
}

TEST_F(RendezvousTest, NamesCountAndNotPlaces) {
  EXPECT_EQ(firsts({{"a", 1}, {"b", 3}, {"c", 2}}), firsts({{"c", 2}, {"a", 1}, {"b", 3}}));
}

TEST_F(RendezvousTest, EachGetsItsShareOfTheKeysByWeight) {
  const auto weighted = firsts({{"a", 1}, {"b", 2}, {"c", 5}, {"out", 0}});
  EXPECT_NEAR(share(weighted, "a"), 0.125, 0.015);
  EXPECT_NEAR(share(weighted, "b"), 0.25, 0.015);
  EXPECT_NEAR(share(weighted, "c"), 0.625, 0.015);
  const auto equal = firsts({{"a", 7}, {"b", 7}, {"c", 7}});
  EXPECT_NEAR(share(equal, "a"), 1.0 / 3, 0.015);
  EXPECT_NEAR(share(equal, "b"), 1.0 / 3, 0.015);
}

TEST_F(RendezvousTest, OneThatGoesMovesItsOwnKeysOnly) {
  for (const std::uint32_t weight : {1u, 4u}) {
    const auto before = firsts({{"a", 1}, {"b", weight}, {"c", 1}, {"d", 1}});
    const auto after = firsts({{"a", 1}, {"c", 1}, {"d", 1}});
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_TRUE(before[i] == "b" || after[i] == before[i]) << i;
    const double moved = share(before, "b");
    EXPECT_NEAR(share(after, "a") - share(before, "a"), moved / 3, 0.015) << "shared by the others";
  }
}

TEST_F(RendezvousTest, OneOfAnotherWeightMovesKeysToItselfOnly) {
  const auto before = firsts({{"a", 1}, {"b", 1}, {"c", 1}});
  const auto after = firsts({{"a", 1}, {"b", 2}, {"c", 1}});
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(after[i] == before[i] || after[i] == "b") << i;
}

// The formula written down plainly, beside the one that takes few logarithms.
TEST_F(RendezvousTest, IsTheOrderOfTheFormula) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Weights weights;
    const std::size_t size = 2 + random() % 30;
    const bool uniform = random() % 2 == 0;
    for (std::size_t i = 0; i < size; ++i)
      weights.emplace_back("e" + std::to_string(i),
                           uniform ? 3u : 1 + static_cast<std::uint32_t>(random() % 50));
    const auto set = set_of(weights);
    const std::uint64_t key = key_of(round);
    std::vector<std::pair<double, std::size_t>> scores;
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint64_t hash = mix_bits(key ^ stable_hash(weights[i].first));
      const double u = (static_cast<double>(hash >> 11) + 0.5) * 0x1.0p-53;
      scores.emplace_back(static_cast<double>(weights[i].second) / -std::log(u), i);
    }
    std::sort(scores.rbegin(), scores.rend());
    const Rendezvous::Two two = Rendezvous(set->group(0).endpoints()).first_two(key, anybody);
    EXPECT_EQ(two[0], scores[0].second) << round;
    EXPECT_EQ(two[1], scores[1].second) << round;
  }
}

TEST_F(RendezvousTest, WhoCannotServeIsPassedOver) {
  const auto set = set_of({{"a", 1}, {"b", 2}, {"c", 3}});
  const Rendezvous order(set->group(0).endpoints());
  for (int i = 0; i < 100; ++i) {
    const Rendezvous::Two all = order.first_two(key_of(i), anybody);
    const std::size_t out = *all[0];
    const auto others = [out](std::size_t place) { return place != out; };
    const Rendezvous::Two two = order.first_two(key_of(i), others);
    EXPECT_EQ(two[0], all[1]) << "the second takes its place";
    EXPECT_EQ(*two[1], 3 - out - *all[1]);
    const auto nobody = [](std::size_t) { return false; };
    EXPECT_FALSE(order.first_two(key_of(i), nobody)[0]);
    const auto one = [out](std::size_t place) { return place == out; };
    EXPECT_EQ(order.first_two(key_of(i), one)[0], out);
    EXPECT_FALSE(order.first_two(key_of(i), one)[1]);
  }
}

TEST_F(RendezvousTest, AsksFewOfManyWhetherTheyCanServe) {
  const auto set = world_.equal(1'000);
  const Rendezvous order(set->group(0).endpoints());
  double asked = 0;
  const auto count = [&asked](std::size_t) { return ++asked > 0; };
  for (int i = 0; i < 100; ++i) order.first_two(key_of(i), count);
  // Twice the harmonic number of 1,000 is 15.
  EXPECT_LT(asked / 100, 20);
}

}  // namespace
}  // namespace headgate::select
