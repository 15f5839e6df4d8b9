#include "core/select/affinity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "core/base/stable_hash.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AffinityTest : public testing::Test {
 protected:
  AffinityTest() { settings_.affinity.emplace(); }

  std::shared_ptr<const EndpointSet> equal(std::size_t count) {
    std::vector<EndpointSpec> specs;
    for (std::size_t i = 0; i < count; ++i) specs.push_back(world_.spec("e" + std::to_string(i)));
    return world_.set({std::move(specs)}, settings_);
  }

  PickResult pick_for(const EndpointSet& set, std::uint64_t key, PickQuery query) {
    const std::vector<std::uint64_t> keys(set.groups(), key);
    query.affinity = keys;
    return pick(set, query, *rng_);
  }
  PickResult pick_for(const EndpointSet& set, std::uint64_t key) {
    return pick_for(set, key, world_.query());
  }
  // Where the key goes while nothing is in flight.
  std::size_t home(const EndpointSet& set, std::uint64_t key) {
    const PickResult result = pick_for(set, key);
    EXPECT_EQ(result.reason, PickReason::affinity);
    return result.endpoint->index();
  }
  std::size_t second(const EndpointSet& set, std::uint64_t key) {
    const std::vector<std::uint16_t> tried{static_cast<std::uint16_t>(home(set, key))};
    PickQuery query = world_.query();
    query.excluded = tried;
    return pick_for(set, key, query).endpoint->index();
  }
  // Requests of mean size (100 tokens) in flight there.
  void occupy(const EndpointSet& set, std::size_t index, std::int64_t requests) {
    for (std::int64_t i = 0; i < requests; ++i) select::occupy(cell_of(set, index), 100);
  }
  void put_out(const EndpointSet& set, std::size_t index, seconds time = seconds(10)) {
    evict(cell_of(set, index), Scope::endpoint, world_.clock.now() + time, world_.clock.now());
  }

  World world_;
  Settings settings_;
  std::unique_ptr<Rng> rng_ = make_rng(7);
  const std::uint64_t key_ = stable_hash("user-1");
};

TEST_F(AffinityTest, AKeyAlwaysGoesToTheSameEndpoint) {
  const auto set = equal(5);
  std::map<std::size_t, int> homes;
  for (std::uint64_t key = 1; key <= 200; ++key) {
    const std::size_t first = home(*set, mix_bits(key));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(home(*set, mix_bits(key)), first);
    ++homes[first];
  }
  EXPECT_EQ(homes.size(), 5u) << "and keys go to all of them";
}

TEST_F(AffinityTest, WithoutAKeyOrWithoutTheSettingTheBetterOfTwoServes) {
  const auto with = equal(5);
  const auto without = world_.equal(5);
  std::map<std::size_t, int> with_key_0;
  std::map<std::size_t, int> without_setting;
  for (int i = 0; i < 200; ++i) {
    PickResult result = pick_for(*with, 0);
    EXPECT_NE(result.reason, PickReason::affinity);
    ++with_key_0[result.endpoint->index()];
    result = pick_for(*without, key_);
    EXPECT_NE(result.reason, PickReason::affinity);
    ++without_setting[result.endpoint->index()];
    result = pick(*with, world_.query(), *rng_);
    EXPECT_NE(result.reason, PickReason::affinity);
  }
  EXPECT_EQ(with_key_0.size(), 5u);
  EXPECT_EQ(without_setting.size(), 5u);
}

TEST_F(AffinityTest, OneThatIsOutIsReplacedByTheSameOtherUntilItIsBack) {
  const auto set = equal(4);
  const std::size_t first = home(*set, key_);
  const std::size_t next = second(*set, key_);
  EXPECT_NE(first, next);
  put_out(*set, first);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(home(*set, key_), next);

  world_.clock.advance(seconds(11));
  PickResult probe = pick_for(*set, key_);
  EXPECT_EQ(probe.endpoint->index(), first);
  EXPECT_EQ(probe.reason, PickReason::probe);
  EXPECT_EQ(home(*set, key_), next) << "one probe at a time";
  probe.permit.decide_probe(true, world_.clock.now());
  probe.permit.release();
  EXPECT_EQ(home(*set, key_), first);
}

TEST_F(AffinityTest, AfterAFailureTheNextOfTheOrderComesBeforeTheNextGroup) {
  const auto set = world_.set({{world_.spec("a"), world_.spec("b"), world_.spec("c")},
                               {world_.spec("d"), world_.spec("e")}},
                              settings_);
  std::vector<std::uint16_t> tried;
  std::vector<std::size_t> groups;
  std::map<std::size_t, int> seen;
  for (int i = 0; i < 5; ++i) {
    PickQuery query = world_.query();
    query.excluded = tried;
    const PickResult result = pick_for(*set, key_, query);
    EXPECT_EQ(result.reason, PickReason::affinity);
    groups.push_back(result.group);
    tried.push_back(result.endpoint->index());
    ++seen[result.endpoint->index()];
  }
  EXPECT_EQ(groups, (std::vector<std::size_t>{0, 0, 0, 1, 1}));
  EXPECT_EQ(seen.size(), 5u);
}

TEST_F(AffinityTest, OneThatCannotDoItIsNoPartOfTheOrder) {
  const auto set = equal(4);
  const std::size_t first = home(*set, key_);
  const auto others = [first](const Endpoint& endpoint) { return endpoint.index() != first; };
  const std::size_t next = second(*set, key_);
  PickQuery query = world_.query();
  query.eligible = others;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pick_for(*set, key_, query).endpoint->index(), next);
}

TEST_F(AffinityTest, AFullOneIsReplacedByTheNext) {
  const auto set = world_.set(
      {{world_.spec("a", 1, 1), world_.spec("b", 1, 1), world_.spec("c", 1, 1)}}, settings_);
  const PickResult one = pick_for(*set, key_);
  const PickResult two = pick_for(*set, key_);
  const PickResult three = pick_for(*set, key_);
  EXPECT_EQ(two.reason, PickReason::affinity);
  EXPECT_NE(three.reason, PickReason::affinity);
  EXPECT_NE(one.endpoint, two.endpoint);
  EXPECT_NE(two.endpoint, three.endpoint);
  EXPECT_EQ(pick_for(*set, key_).shortage, Shortage::full);
}

TEST_F(AffinityTest, AFewRequestsAreNeverTooMany) {
  const auto set = equal(4);
  const std::size_t first = home(*set, key_);
  const std::size_t next = second(*set, key_);
  std::vector<PickResult> held;
  for (int i = 0; i < 8; ++i) {
    held.push_back(pick_for(*set, key_));
    EXPECT_EQ(held.back().endpoint->index(), first) << i;
  }
  // The ninth: 9 of 9 in flight is more than 1.25 times a quarter of them.
  EXPECT_EQ(home(*set, key_), next);
}

TEST_F(AffinityTest, ABusyOneOverflowsToTheSecondAndThenToWhoeverIsBest) {
  const auto set = equal(4);
  const std::size_t first = home(*set, key_);
  const std::size_t next = second(*set, key_);
  // 100 requests each: the bound is 1.25 * 401 / 4 = 125.3 with the request itself.
  for (std::size_t i = 0; i < 4; ++i) occupy(*set, i, 100);
  occupy(*set, first, 30);
  EXPECT_EQ(home(*set, key_), first) << "131 <= 1.25 * 431 / 4 = 134.7";
  occupy(*set, first, 10);
  PickResult result = pick_for(*set, key_);
  EXPECT_EQ(result.endpoint->index(), next) << "141 > 1.25 * 441 / 4 = 137.8";
  EXPECT_EQ(result.reason, PickReason::affinity);
  result = {};
  occupy(*set, first, 60);
  occupy(*set, next, 100);  // 200 each, of 600: the bound is 187.8
  std::map<std::size_t, int> served;
  for (int i = 0; i < 100; ++i) {
    result = pick_for(*set, key_);
    EXPECT_NE(result.reason, PickReason::affinity);
    ++served[result.endpoint->index()];
    result = {};
  }
  EXPECT_GE(served.size(), 2u) << "as any other request";
}

TEST_F(AffinityTest, TheBoundIsByWeight) {
  const auto set = world_.set({{world_.spec("light", 1), world_.spec("heavy", 3)}}, settings_);
  std::uint64_t key = 1;
  while (home(*set, key) != 1) ++key;
  occupy(*set, 0, 100);
  occupy(*set, 1, 340);
  // Three quarters of 441 times 1.25 are 413.
  EXPECT_EQ(home(*set, key), 1u);
  occupy(*set, 1, 2'000);
  EXPECT_EQ(pick_for(*set, key).endpoint->index(), 0u);
}

// Or the others would all seem too busy while one is missing, and nobody's prompts found their
// cache.
TEST_F(AffinityTest, OnesThatAreOutAreNoPartOfTheMean) {
  const auto set = equal(3);
  const std::size_t first = home(*set, key_);
  for (std::size_t i = 0; i < 3; ++i) {
    if (i == first || i == second(*set, key_)) continue;
    put_out(*set, i);
  }
  // Of the other two each has a half of 200, which is more than 1.25 times a third.
  for (std::size_t i = 0; i < 3; ++i)
    if (cell_of(*set, i).state(world_.clock.now()) != ServiceState::out) occupy(*set, i, 100);
  EXPECT_EQ(home(*set, key_), first);
}

TEST_F(AffinityTest, KeysComeBackSlowlyToOneThatReturned) {
  const auto set = equal(4);
  const std::size_t first = home(*set, key_);
  for (std::size_t i = 0; i < 4; ++i) occupy(*set, i, 10);
  EXPECT_EQ(home(*set, key_), first);
  cell_of(*set, first).slow_start_since = to_stamp(world_.clock.now());
  EXPECT_NE(home(*set, key_), first) << "a tenth of its weight";
  world_.clock.advance(seconds(11));
  EXPECT_EQ(home(*set, key_), first);
}

// Since all begin with a tenth of their weight, none is too busy for a whole one.
TEST_F(AffinityTest, SlowStartOfAllTogetherLowersNobodysBound) {
  std::vector<EndpointSpec> specs;
  for (int i = 0; i < 4; ++i) specs.push_back(world_.spec("e" + std::to_string(i), 1, 0, true));
  const auto set = world_.set({std::move(specs)}, settings_);
  const std::size_t first = home(*set, key_);
  for (std::size_t i = 0; i < 4; ++i) occupy(*set, i, 10);
  EXPECT_EQ(home(*set, key_), first);
}

TEST_F(AffinityTest, OneThatMostlyFailsIsPassedOverUntilThatIsForgotten) {
  const auto set = equal(4);
  const std::size_t first = home(*set, key_);
  const std::size_t next = second(*set, key_);
  const std::uint32_t stamp = to_stamp(world_.clock.now());
  cell_of(*set, first).failures.add(2, stamp, kHealthHalfLifeMs);
  EXPECT_EQ(home(*set, key_), first) << "a half";
  cell_of(*set, first).failures.add(1, stamp, kHealthHalfLifeMs);
  EXPECT_EQ(home(*set, key_), next);
  world_.clock.advance(seconds(30));
  EXPECT_EQ(home(*set, key_), first);
}

TEST_F(AffinityTest, ALargeGroupIsBoundedAsASampleOfItTells) {
  const auto set = equal(1'000);
  const std::size_t first = home(*set, key_);
  for (std::size_t i = 0; i < 1'000; ++i) occupy(*set, i, 20);
  EXPECT_EQ(home(*set, key_), first);
  occupy(*set, first, 10);
  EXPECT_NE(home(*set, key_), first);
}

// Whatever the weights, sizes, speeds and keys: who was chosen by its key is within its bound.
TEST_F(AffinityTest, NobodyIsEverOverItsBoundByItsKeys) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    settings_.affinity->load_max = 1 + 0.25 * static_cast<double>(random() % 5);
    settings_.affinity->requests_min = 1 + static_cast<double>(random() % 8);
    std::vector<EndpointSpec> specs;
    const std::size_t size = 2 + random() % 40;
    for (std::size_t i = 0; i < size; ++i)
      specs.push_back(world_.spec("s" + std::to_string(seed) + "e" + std::to_string(i),
                                  1 + static_cast<std::uint32_t>(random() % 4)));
    const auto set = world_.set({std::move(specs)}, settings_);
    std::vector<PickResult> open;
    int by_key = 0;
    for (int step = 0; step < 3'000; ++step) {
      if (!open.empty() && random() % 5 < 2) {
        std::swap(open[random() % open.size()], open.back());
        open.pop_back();
        continue;
      }
      double tokens = 0;
      double weight = 0;
      for (std::size_t i = 0; i < size; ++i) {
        tokens += static_cast<double>(cell_of(*set, i).load.tokens());
        weight += set->endpoint(i).relative_weight();
      }
      PickQuery query = world_.query();
      query.estimated_tokens = 50 + static_cast<double>(random() % 100);
      // Half of all have one of a few keys.
      const std::uint64_t key = random() % 2 == 0 ? mix_bits(random() % 3 + 1) : mix_bits(random());
      PickResult result = pick_for(*set, key, query);
      ASSERT_NE(result.endpoint, nullptr);
      if (result.reason == PickReason::affinity) {
        ++by_key;
        const double own = set->endpoint(result.endpoint->index()).relative_weight();
        const auto load = static_cast<double>(result.endpoint->base_cell().load.tokens());
        const double bound =
            settings_.affinity->load_max * (tokens + query.estimated_tokens) * own / weight;
        // In this test no mean is known, so that each request is of mean size.
        const double least = settings_.affinity->requests_min * own * query.estimated_tokens;
        EXPECT_LE(load, std::max(bound, least + query.estimated_tokens) + 1e-6)
            << "seed " << seed << ", step " << step;
      }
      open.push_back(std::move(result));
    }
    EXPECT_GT(by_key, 500) << "seed " << seed;
    open.clear();
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(cell_of(*set, i).load.requests(), 0);
  }
}

// Somebody who sends one value only, or looks for values of the same endpoint, gets no more of it.
TEST_F(AffinityTest, OneKeyAloneCannotFloodItsEndpoint) {
  const auto set = equal(10);
  const std::size_t first = home(*set, key_);
  std::vector<PickResult> open;
  for (int i = 0; i < 1'000; ++i) open.push_back(pick_for(*set, key_));
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_NEAR(static_cast<double>(cell_of(*set, i).load.requests()), 100, 30) << i;
  EXPECT_LE(cell_of(*set, first).load.requests(), 126);
}

}  // namespace
}  // namespace headgate::select
