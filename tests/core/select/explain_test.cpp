#include "core/select/explain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "core/select/leases.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

double share_of(const Explanation& explained, std::size_t group, std::size_t index) {
  return explained.groups[group].endpoints[index].share();
}
double share_of(const Explanation& explained, std::size_t index, PickReason reason) {
  return explained.groups[0].endpoints[index].share_by_reason[static_cast<std::size_t>(reason)];
}
double sum_of(const Explanation& explained) {
  double sum = 0;
  for (const GroupExplanation& group : explained.groups)
    for (const EndpointExplanation& each : group.endpoints) sum += each.share();
  return sum;
}

class ExplainTest : public testing::Test {
 protected:
  Explanation explained(const EndpointSet& set) { return explain(set, query_, *rng_); }
  void put_out(const EndpointSet& set, std::size_t index, seconds time) {
    const TimePoint now = world_.clock.now();
    evict(cell_of(set, index), Scope::key, now + time, now, -1, Cause::retry_after);
  }

  World world_;
  PickQuery query_ = world_.query();
  std::unique_ptr<Rng> rng_ = make_rng(1);
};

TEST_F(ExplainTest, OneAloneGetsEverything) {
  const auto set = world_.equal(1);
  const Explanation result = explained(*set);
  EXPECT_EQ(result.group, 0u);
  EXPECT_EQ(result.likeliest, 0);
  EXPECT_EQ(result.reason, PickReason::only);
  EXPECT_EQ(share_of(result, 0, 0), 1);
}

TEST_F(ExplainTest, OfTwoTheCheaperOneGetsEverythingAsFirstOrAsCheaper) {
  const auto set = world_.set({{world_.spec("a", 3), world_.spec("b", 1)}});
  world_.sample(cell_of(*set, 0), 4'000);
  world_.sample(cell_of(*set, 1), 100);
  const Explanation result = explained(*set);
  EXPECT_NEAR(share_of(result, 1, PickReason::first), 0.25, 1e-9);
  EXPECT_NEAR(share_of(result, 1, PickReason::cheaper), 0.75, 1e-9);
  EXPECT_EQ(share_of(result, 0, 0), 0);
  EXPECT_EQ(result.likeliest, 1);
  EXPECT_EQ(result.reason, PickReason::cheaper);
  EXPECT_EQ(result.draws, 0u);
}

TEST_F(ExplainTest, EqualOnesShareByWeight) {
  const auto set = world_.set({{world_.spec("a", 3), world_.spec("b", 1)}});
  const Explanation result = explained(*set);
  EXPECT_NEAR(share_of(result, 0, 0), 0.75, 1e-9);
  EXPECT_NEAR(share_of(result, 0, 1), 0.25, 1e-9);
}

TEST_F(ExplainTest, ShowsTheTermsForTheRequestAskedAbout) {
  const auto set = world_.equal(2);
  world_.sample(cell_of(*set, 0), 100, 2);
  query_.prompt_tokens = 4'000;
  query_.expected_output_tokens = 50;
  const Explanation result = explained(*set);
  const CostTerms wanted = cost_terms(set->group(0), set->endpoint(0), query_);
  const CostTerms& shown = result.groups[0].endpoints[0].view.terms;
  EXPECT_NEAR(shown.ttft_ms, 200, 1e-3);
  EXPECT_NEAR(shown.output_tokens, 50, 1e-9);
  EXPECT_EQ(shown.cost_ms, wanted.cost_ms);
  EXPECT_EQ(result.groups[0].output_tokens, 50);
  EXPECT_GT(result.groups[0].median_cost_ms, 0);
}

TEST_F(ExplainTest, TheNextGroupServesWhenTheFirstIsOutOrFull) {
  const auto set = world_.set(
      {{world_.spec("a"), world_.spec("b", 1, 1)}, {world_.spec("c"), world_.spec("d")}});
  put_out(*set, 0, seconds(9));
  occupy(cell_of(*set, 1), 1);
  const Explanation result = explained(*set);
  EXPECT_EQ(result.group, 1u);
  EXPECT_EQ(result.groups[0].endpoints[0].standing, Standing::out);
  EXPECT_EQ(result.groups[0].endpoints[0].view.scopes[1].cause, Cause::retry_after);
  EXPECT_EQ(result.groups[0].endpoints[1].standing, Standing::full);
  EXPECT_EQ(share_of(result, 0, 0) + share_of(result, 0, 1), 0);
  EXPECT_NEAR(share_of(result, 1, 0) + share_of(result, 1, 1), 1, 1e-9);
}

TEST_F(ExplainTest, SaysWhoCannotBeAskedAndWhy) {
  const auto set = world_.set({{world_.spec("tried"), world_.spec("unable"),
                                world_.spec("drained", 0), world_.spec("left")}});
  const std::array<std::uint16_t, 1> tried{0};
  query_.excluded = tried;
  const auto able = [](const Endpoint& endpoint) { return endpoint.index() != 1; };
  query_.eligible = able;
  const Explanation result = explained(*set);
  const auto& endpoints = result.groups[0].endpoints;
  EXPECT_EQ(endpoints[0].standing, Standing::excluded);
  EXPECT_EQ(endpoints[1].standing, Standing::incapable);
  EXPECT_EQ(endpoints[2].standing, Standing::drained);
  EXPECT_EQ(endpoints[3].standing, Standing::candidate);
  EXPECT_EQ(result.likeliest, 3);
  EXPECT_EQ(result.reason, PickReason::only);
}

TEST_F(ExplainTest, OneThatComesBackIsAProbeUntilSomebodyProbes) {
  const auto set = world_.equal(2);
  put_out(*set, 0, seconds(1));
  world_.clock.advance(seconds(2));
  query_.now = world_.clock.now();
  Explanation result = explained(*set);
  EXPECT_EQ(result.groups[0].endpoints[0].standing, Standing::probe);
  EXPECT_EQ(share_of(result, 0, PickReason::probe), 1) << "drawn first or second, it is probed";

  query_.may_probe = false;
  EXPECT_EQ(explained(*set).groups[0].endpoints[0].standing, Standing::probing);
  query_.may_probe = true;
  const Leases held = take_leases(cell_of(*set, 0), query_.now);
  ASSERT_NE(held, 0);
  result = explained(*set);
  EXPECT_EQ(result.groups[0].endpoints[0].standing, Standing::probing);
  EXPECT_EQ(share_of(result, 1, PickReason::only), 1);
}

TEST_F(ExplainTest, WithEverythingOutTheNearestReturnIsTheLastResort) {
  const auto set = world_.set({{world_.spec("a")}, {world_.spec("b")}});
  const TimePoint now = world_.clock.now();
  evict(cell_of(*set, 0), Scope::key, now + seconds(20), now, -1, Cause::failures);
  evict(cell_of(*set, 1), Scope::key, now + seconds(9), now, -1, Cause::failures);
  query_.last_resort = true;
  Explanation result = explained(*set);
  EXPECT_EQ(result.group, 1u);
  EXPECT_EQ(result.likeliest, 1);
  EXPECT_EQ(result.reason, PickReason::last_resort);
  EXPECT_EQ(result.shortage, Shortage::evicted) << "and it says that everybody is out";
  ASSERT_NE(result.returning, nullptr);
  EXPECT_EQ(result.returning->index(), 1);

  query_.last_resort = false;
  result = explained(*set);
  EXPECT_EQ(result.group, std::nullopt);
  EXPECT_EQ(result.likeliest, std::nullopt);
  EXPECT_EQ(result.shortage, Shortage::evicted);
  EXPECT_EQ(result.earliest_return, query_.now + seconds(9));
  const PickResult picked = pick(*set, query_, *rng_);
  EXPECT_EQ(picked.shortage, result.shortage);
  EXPECT_EQ(picked.earliest_return, result.earliest_return);
}

TEST_F(ExplainTest, DrawsPicksOfALargeGroupAndSaysSo) {
  std::vector<EndpointSpec> specs;
  for (std::size_t i = 0; i < Explanation::kExactMax + 1; ++i)
    specs.push_back(world_.spec("e" + std::to_string(i), i == 7 ? 300 : 1));
  const auto set = world_.set({std::move(specs)});
  const Explanation result = explained(*set);
  EXPECT_EQ(result.draws, Explanation::kDraws);
  EXPECT_NEAR(sum_of(result), 1, 1e-9);
  EXPECT_EQ(result.likeliest, 7);
  EXPECT_EQ(result.groups[0].endpoints.size(), Explanation::kExactMax + 1);
}

// Every figure that a pick reads or writes.
std::vector<double> state_of(const EndpointSet& set, TimePoint now) {
  std::vector<double> state;
  for (std::size_t i = 0; i < set.size(); ++i) {
    Cell& cell = cell_of(set, i);
    const std::uint32_t stamp = to_stamp(now);
    for (const double figure :
         {static_cast<double>(cell.load.requests()), static_cast<double>(cell.load.tokens()),
          static_cast<double>(cell.attention.load()), static_cast<double>(cell.last_sample.load()),
          static_cast<double>(cell.consecutive_failures.load()), cell.ttft.value_or(0),
          cell.tpot.value_or(0), cell.successes.at(stamp, kHealthHalfLifeMs),
          cell.failures.at(stamp, kHealthHalfLifeMs)})
      state.push_back(figure);
    for (const Scope scope : kAllScopes) {
      const Eviction& eviction = cell.eviction(scope);
      state.push_back(eviction.leased() ? 1 : 0);
      state.push_back(static_cast<double>(to_ms(eviction.until())));
      state.push_back(eviction.total());
    }
  }
  return state;
}

TEST_F(ExplainTest, ChangesNothing) {
  const auto set = world_.equal(4);
  world_.sample(cell_of(*set, 1), 300, 5);
  put_out(*set, 0, seconds(1));
  put_out(*set, 3, seconds(900));
  world_.clock.advance(seconds(100));  // 0 is half-open, 1 and 2 are due out of turn
  query_.now = world_.clock.now();
  query_.last_resort = true;
  const std::vector<double> before = state_of(*set, query_.now);
  for (int i = 0; i < 5; ++i) (void)explained(*set);
  EXPECT_EQ(state_of(*set, query_.now), before);
}

TEST_F(ExplainTest, DoesNotKeepWhatIsUsual) {
  const auto set = world_.equal(2);
  world_.sample(cell_of(*set, 0), 300, 5);
  const Explanation result = explained(*set);
  EXPECT_NEAR(result.groups[0].usual.ttft_ms, 300, 1e-3) << "as a pick would find it";
  world_.sample(cell_of(*set, 1), 900, 5);
  const Estimates usual = set->group(0).estimates(0, to_stamp(query_.now));
  EXPECT_NEAR(usual.ttft_ms, 600, 1e-3) << "the first pick still refreshes";
}

// A set with everything that can be the matter with an endpoint.
struct AnySet {
  AnySet(World& world, std::mt19937& random, const Settings& settings = {}) {
    std::vector<EndpointSpec> specs(2 + random() % 7);
    const bool weighted = random() % 2 == 0;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto weight = static_cast<std::uint32_t>(weighted ? random() % 6 : 1);
      specs[i] = world.spec("e" + std::to_string(i), weight, random() % 3 == 0 ? 1 : 0);
    }
    specs[0].weight = std::max(specs[0].weight, 1u);
    set = world.set({std::move(specs)}, settings);
    const TimePoint start = world.clock.now();
    const bool all_out = random() % 6 == 0;
    for (std::size_t i = 0; i < set->size(); ++i) {
      if (all_out || random() % 6 == 0) {
        const seconds out(!all_out && random() % 2 == 0 ? 1 : 900);
        evict(cell_of(*set, i), kAllScopes[random() % kScopes], start + out, start);
      }
      if (random() % 9 == 0) excluded.push_back(static_cast<std::uint16_t>(i));
    }
    if (random() % 3 != 0) world.clock.advance(seconds(40));
    for (std::size_t i = 0; i < set->size(); ++i) {
      Cell& cell = cell_of(*set, i);
      if (random() % 3 != 0)
        world.sample(cell, 50.0 + static_cast<double>(random() % 2'000),
                     1.0 + static_cast<double>(random() % 30));
      if (random() % 3 == 0)
        cell.failures.add(1 + static_cast<double>(random() % 4), to_stamp(world.clock.now()),
                          kHealthHalfLifeMs);
      for (auto n = random() % 4; n > 0; --n) occupy(cell, 100);
      if (random() % 5 == 0) cell.slow_start_since = to_stamp(world.clock.now());
    }
  }
  std::shared_ptr<const EndpointSet> set;
  std::vector<std::uint16_t> excluded;
};

// Picks from the same state each time: what a pick has changed is put back.
std::vector<std::array<double, kPickReasons>> frequencies(const EndpointSet& set,
                                                          const PickQuery& query, Rng& rng,
                                                          int picks) {
  std::vector<std::array<double, kPickReasons>> found(set.size());
  for (int i = 0; i < picks; ++i) {
    std::vector<std::uint32_t> turns;
    for (std::size_t k = 0; k < set.size(); ++k) turns.push_back(cell_of(set, k).last_sample);
    const PickResult picked = pick(set, query, rng);
    if (picked.endpoint)
      found[picked.endpoint->index()][static_cast<std::size_t>(picked.reason)] += 1.0 / picks;
    for (std::size_t k = 0; k < set.size(); ++k) cell_of(set, k).last_sample = turns[k];
  }
  return found;
}

void expect_shares(const Explanation& explained,
                   const std::vector<std::array<double, kPickReasons>>& found, int picks,
                   unsigned seed) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::size_t reason = 0; reason < kPickReasons; ++reason) {
      const double share = explained.groups[0].endpoints[i].share_by_reason[reason];
      // Five standard deviations of a count of that chance; none for what is certain.
      const double slack = 5 * std::sqrt(share * (1 - share) / picks) + 1e-9;
      EXPECT_NEAR(found[i][reason], share, slack) << "set " << seed << ", endpoint " << i << ", "
                                                  << reason_name(static_cast<PickReason>(reason));
    }
  }
}

TEST(ExplainProperty, SharesAreTheFrequenciesOfRealPicks) {
  constexpr int kPicks = 20'000;
  std::array<int, kPickReasons> seen{};
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    World world;
    const AnySet any(world, random);
    PickQuery query = world.query();
    query.excluded = any.excluded;
    query.last_resort = random() % 2 == 0;
    const auto rng = make_rng(seed);
    const Explanation explained = explain(*any.set, query, *rng);
    const auto found = frequencies(*any.set, query, *rng, kPicks);
    expect_shares(explained, found, kPicks, seed);
    EXPECT_NEAR(sum_of(explained), explained.likeliest ? 1 : 0, 1e-9);
    for (const auto& each : found)
      for (std::size_t reason = 0; reason < kPickReasons; ++reason)
        seen[reason] += each[reason] > 0 ? 1 : 0;
  }
  for (std::size_t reason = 1; reason < static_cast<std::size_t>(PickReason::affinity); ++reason)
    EXPECT_GT(seen[reason], 0) << "no set had " << reason_name(static_cast<PickReason>(reason));
}

TEST(ExplainProperty, WithAffinityToo) {
  constexpr int kPicks = 2'000;
  std::array<int, kPickReasons> seen{};
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    World world;
    Settings settings;
    settings.affinity = {1, static_cast<double>(1 + random() % 4)};
    const AnySet any(world, random, settings);
    PickQuery query = world.query();
    query.excluded = any.excluded;
    query.last_resort = random() % 2 == 0;
    const std::array<std::uint64_t, 1> key{random()};
    query.affinity = key;
    const auto rng = make_rng(seed);
    const Explanation explained = explain(*any.set, query, *rng);
    const auto found = frequencies(*any.set, query, *rng, kPicks);
    expect_shares(explained, found, kPicks, seed);
    for (const auto& each : found)
      for (std::size_t reason = 0; reason < kPickReasons; ++reason)
        seen[reason] += each[reason] > 0 ? 1 : 0;
  }
  EXPECT_GT(seen[static_cast<std::size_t>(PickReason::affinity)], 20);
  EXPECT_GT(seen[static_cast<std::size_t>(PickReason::probe)], 2);
  EXPECT_GT(seen[static_cast<std::size_t>(PickReason::first)], 2) << "where all are too busy";
}

TEST(ExplainProperty, DrawnSharesAreNearTheExactOnes) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 random(seed);
    World world;
    std::vector<EndpointSpec> specs(Explanation::kExactMax + 4);
    for (std::size_t i = 0; i < specs.size(); ++i)
      specs[i] = world.spec("e" + std::to_string(i), i < 4 ? 500 + 100 * seed : 1);
    const auto set = world.set({std::move(specs)});
    for (std::size_t i = 0; i < 4; ++i)
      world.sample(cell_of(*set, i), 50.0 + static_cast<double>(random() % 2'000));
    const auto rng = make_rng(seed);
    const PickQuery query = world.query();
    const Explanation explained = explain(*set, query, *rng);
    const auto found = frequencies(*set, query, *rng, 2'000);
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(explained.groups[0].endpoints[i].share(),
                  std::accumulate(found[i].begin(), found[i].end(), 0.0), 0.06)
          << "set " << seed << ", endpoint " << i;
  }
}

}  // namespace
}  // namespace headgate::select
