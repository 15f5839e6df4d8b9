#include "core/select/picker.hpp"

#include <gtest/gtest.h>

#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PickerTest : public testing::Test {
 protected:
  PickResult pick_scripted(const EndpointSet& set, ScriptedRng rng) {
    return pick(set, world_.query(), rng);
  }
  void put_out(const EndpointSet& set, std::size_t index, seconds time = seconds(10)) {
    evict(cell_of(set, index), Scope::endpoint, world_.clock.now() + time, world_.clock.now());
  }

  World world_;
};

TEST_F(PickerTest, ComparesTwoDifferentEndpointsAndTakesTheCheaper) {
  const auto set = world_.equal(3);
  world_.sample(cell_of(*set, 0), 100);
  world_.sample(cell_of(*set, 1), 1'000);
  world_.sample(cell_of(*set, 2), 400);
  ScriptedRng rng{1, 1};  // first: the slowest; second, shifted past it: e2
  const PickResult result = pick(*set, world_.query(), rng);
  EXPECT_EQ(result.endpoint->name(), "e2");
  EXPECT_EQ(result.reason, PickReason::cheaper);
  EXPECT_EQ(rng.bounds, (std::vector<std::uint32_t>{3, 2}));
}

TEST_F(PickerTest, TheFirstStaysUnlessTheSecondIsCheaperByMoreThanNoise) {
  const auto set = world_.equal(2);
  world_.sample(cell_of(*set, 0), 1'000, 0.001);
  world_.sample(cell_of(*set, 1), 810, 0.001);
  PickResult result = pick_scripted(*set, {0});
  EXPECT_EQ(result.endpoint->name(), "e0");
  EXPECT_EQ(result.reason, PickReason::first);
  result = {};

  const auto clear = world_.set({{world_.spec("c0"), world_.spec("c1")}});
  world_.sample(cell_of(*clear, 0), 1'000, 0.001);
  world_.sample(cell_of(*clear, 1), 500, 0.001);
  EXPECT_EQ(pick_scripted(*clear, {0}).endpoint->name(), "c1");
  EXPECT_EQ(pick_scripted(*clear, {1}).endpoint->name(), "c1");
}

TEST_F(PickerTest, LoadMakesAnEndpointDearer) {
  const auto set = world_.equal(2);
  const PickResult held = pick_scripted(*set, {0});
  ASSERT_EQ(held.endpoint->name(), "e0");
  EXPECT_EQ(pick_scripted(*set, {0}).endpoint->name(), "e1");
}

TEST_F(PickerTest, LoadIsForTheWeight) {
  const auto set = world_.set({{world_.spec("light", 1), world_.spec("heavy", 9)}});
  // Weights 0.2 and 1.8 of the mean. One request on the heavy one: 1.56; none on the light: 1.
  PickResult one = pick_scripted(*set, ScriptedRng({}, {0.9}));
  ASSERT_EQ(one.endpoint->name(), "heavy");
  EXPECT_NEAR(cost_terms(set->group(0), set->endpoint(1), world_.query()).weight, 1.8, 1e-6);
  EXPECT_NEAR(cost_terms(set->group(0), set->endpoint(0), world_.query()).weight, 0.2, 1e-6);
  EXPECT_NEAR(cost_terms(set->group(0), set->endpoint(1), world_.query()).load, 1, 1e-6);
}

TEST_F(PickerTest, TheCostHasEveryTerm) {
  const auto set = world_.equal(2);
  Cell& cell = cell_of(*set, 0);
  world_.sample(cell, 300, 10);
  world_.sample(cell_of(*set, 1), 500, 30);
  cell.failures.add(2, to_stamp(world_.clock.now()), 30'000);  // h = 1/2
  PickQuery query = world_.query();
  query.prompt_tokens = 4'000;  // doubles the time to the first token
  query.output_tokens_max = 50;
  query.estimated_tokens = 4'000;
  occupy(cell, 8'000);  // two requests of this size
  const CostTerms terms = cost_terms(set->group(0), set->endpoint(0), query);
  EXPECT_NEAR(terms.ttft_ms, 600, 1e-3);
  EXPECT_NEAR(terms.tpot_ms, 10, 1e-3);
  EXPECT_EQ(terms.output_tokens, 50);
  EXPECT_NEAR(terms.health, 0.5, 1e-6);
  const double median_ms = kResolutionMs + 400 * 2 + 20 * 50;
  EXPECT_NEAR(terms.failure_ms, median_ms, 1e-2);
  EXPECT_NEAR(terms.load, 2, 1e-6);
  const double measured_ms = kResolutionMs + 600 + 500;
  EXPECT_NEAR(terms.cost_ms, (noiseless(measured_ms, median_ms) + median_ms) * load_factor(2, 1),
              0.1);
  EXPECT_LT(noiseless(measured_ms, median_ms), median_ms);
  EXPECT_NEAR(terms.score(), 1 / terms.cost_ms, 1e-12);
}

TEST_F(PickerTest, AnEndpointWithoutASampleCostsTheMedian) {
  const auto set = world_.equal(4);
  world_.sample(cell_of(*set, 0), 100, 5);
  world_.sample(cell_of(*set, 1), 300, 6);
  world_.sample(cell_of(*set, 2), 9'000, 70);
  const CostTerms terms = cost_terms(set->group(0), set->endpoint(3), world_.query());
  EXPECT_NEAR(terms.ttft_ms, 300, 1e-3);
  EXPECT_NEAR(terms.tpot_ms, 6, 1e-3);
}

TEST_F(PickerTest, MediansAreRefreshedButNotAtEachPick) {
  const auto set = world_.equal(2);
  const auto ttft = [&] {
    return cost_terms(set->group(0), set->endpoint(1), world_.query()).ttft_ms;
  };
  world_.sample(cell_of(*set, 0), 100);
  EXPECT_NEAR(ttft(), 100, 1e-3);
  for (int i = 0; i < 50; ++i) world_.sample(cell_of(*set, 0), 5'000);
  EXPECT_NEAR(ttft(), 100, 1e-3);
  world_.clock.advance(milliseconds(100));
  EXPECT_GT(ttft(), 1'000);
}

TEST_F(PickerTest, TheFirstSampleOfAGroupCountsAtOnce) {
  const auto set = world_.equal(2);
  const double guess = cost_terms(set->group(0), set->endpoint(1), world_.query()).ttft_ms;
  EXPECT_EQ(guess, Estimates{}.ttft_ms);
  world_.sample(cell_of(*set, 0), 1);  // without a step of the clock
  EXPECT_NEAR(cost_terms(set->group(0), set->endpoint(1), world_.query()).ttft_ms, 1, 1e-3);
}

TEST_F(PickerTest, DifferencesThatNobodyCanTellDoNotMoveTraffic) {
  const auto set = world_.equal(2);
  world_.sample(cell_of(*set, 0), 2.0, 0.001);  // three times as slow, by a millisecond
  world_.sample(cell_of(*set, 1), 0.7, 0.001);
  EXPECT_EQ(pick_scripted(*set, {0}).reason, PickReason::first);
}

TEST_F(PickerTest, AFailingEndpointPaysEvenWhenItFailsFast) {
  const auto set = world_.equal(2);
  world_.sample(cell_of(*set, 0), 5, 0.01);
  world_.sample(cell_of(*set, 1), 500, 10);
  cell_of(*set, 0).failures.add(6, to_stamp(world_.clock.now()), 30'000);
  EXPECT_EQ(pick_scripted(*set, {0}).endpoint->name(), "e1");
}

TEST_F(PickerTest, ExcludedEndpointsAreNotTakenAgain) {
  const auto set = world_.equal(2);
  PickQuery query = world_.query();
  const std::uint16_t tried[] = {0};
  query.excluded = tried;
  ScriptedRng rng{0, 0, 0, 0, 0, 0, 0, 0};
  const PickResult result = pick(*set, query, rng);
  EXPECT_EQ(result.endpoint->name(), "e1");
  EXPECT_EQ(result.reason, PickReason::only);
}

TEST_F(PickerTest, AfterEightMissesAScanFindsWhatIsLeft) {
  const auto set = world_.equal(5);
  for (const std::size_t index : {0u, 1u, 2u, 4u}) put_out(*set, index);
  ScriptedRng rng{0, 1, 2, 4, 0, 1, 2, 4, /* the second, shifted */ 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(pick(*set, world_.query(), rng).endpoint->name(), "e3");
  EXPECT_EQ(rng.bounds.size(), 16u);
}

TEST_F(PickerTest, InALargeGroupTheSecondDrawIsMadeAheadAndStillAnother) {
  const auto set = world_.equal(300);
  world_.sample(cell_of(*set, 5), 10'000);
  world_.sample(cell_of(*set, 6), 100);
  ScriptedRng rng{5, 5};
  EXPECT_EQ(pick(*set, world_.query(), rng).endpoint->name(), "e6");
  EXPECT_EQ(rng.bounds, (std::vector<std::uint32_t>{300, 299}));
}

TEST_F(PickerTest, ADrawMadeAheadIsDroppedWithTheFirst) {
  const auto set = world_.equal(300);
  put_out(*set, 5);
  world_.sample(cell_of(*set, 7), 10'000);
  world_.sample(cell_of(*set, 9), 100);
  ScriptedRng rng{5, 20, 7, 8};
  EXPECT_EQ(pick(*set, world_.query(), rng).endpoint->name(), "e9");
  put_out(*set, 9);
  ScriptedRng again{7, 8, 19};
  EXPECT_EQ(pick(*set, world_.query(), again).endpoint->name(), "e20");  // drawn again, once
}

TEST_F(PickerTest, AFullEndpointIsNoCandidate) {
  const auto set = world_.set({{world_.spec("a", 1, 1), world_.spec("b"), world_.spec("c")}});
  ScriptedRng first{0, 0};
  const PickResult held = pick(*set, world_.query(), first);
  ASSERT_EQ(held.endpoint->name(), "a");
  world_.sample(cell_of(*set, 1), 1'000);
  world_.sample(cell_of(*set, 2), 100);
  ScriptedRng rng{0, 1, 1};  // a is drawn, then b, then c against b
  EXPECT_EQ(pick(*set, world_.query(), rng).endpoint->name(), "c");
}

TEST_F(PickerTest, AScanProbesWhoComesBackBeforeItServes) {
  std::vector<EndpointSpec> specs;
  for (int i = 0; i < 40; ++i) specs.push_back(world_.spec("out" + std::to_string(i), 1'000));
  specs.push_back(world_.spec("back", 1));
  specs.push_back(world_.spec("serves", 1));
  const auto set = world_.set({std::move(specs)});
  put_out(*set, 40, seconds(1));
  world_.clock.advance(seconds(1));
  for (std::size_t i = 0; i < 40; ++i) put_out(*set, i);
  const auto rng = make_rng(11);
  for (int i = 0; i < 20; ++i) {
    const PickResult result = pick(*set, world_.query(), *rng);
    EXPECT_EQ(result.endpoint->name(), "back");
    EXPECT_TRUE(result.probe);
    EXPECT_EQ(pick(*set, world_.query(), *rng).endpoint->name(), "serves");
  }
}

TEST_F(PickerTest, AScanChoosesByWeight) {
  std::vector<EndpointSpec> specs;
  for (int i = 0; i < 40; ++i) specs.push_back(world_.spec("out" + std::to_string(i), 1'000));
  specs.push_back(world_.spec("light", 1));
  specs.push_back(world_.spec("heavy", 3));
  const auto set = world_.set({std::move(specs)});
  for (std::size_t i = 0; i < 40; ++i) put_out(*set, i);
  const auto rng = make_rng(11);
  int heavy = 0;
  for (int i = 0; i < 4'000; ++i)
    heavy += pick(*set, world_.query(), *rng).endpoint->name() == "heavy" ? 1 : 0;
  EXPECT_NEAR(heavy / 4'000.0, 0.75, 0.03);
}

TEST_F(PickerTest, EndpointsThatCannotExpressTheRequestAreNotAsked) {
  const auto set = world_.equal(3);
  PickQuery query = world_.query();
  const auto only_last = [](const Endpoint& endpoint) { return endpoint.index() == 2; };
  query.eligible = only_last;
  const auto rng = make_rng(1);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(pick(*set, query, *rng).endpoint->name(), "e2");
}

TEST_F(PickerTest, ADrainedEndpointIsNeverTaken) {
  const auto set = world_.set({{world_.spec("a", 0), world_.spec("b", 2)}});
  const auto rng = make_rng(1);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(pick(*set, world_.query(), *rng).endpoint->name(), "b");
  const auto drained = world_.set({{world_.spec("a", 0)}});
  PickQuery query = world_.query();
  query.last_resort = true;
  EXPECT_EQ(pick(*drained, query, *rng).endpoint, nullptr);
}

TEST_F(PickerTest, TheNextGroupServesWhenTheFirstCannot) {
  const auto set = world_.set(
      {{world_.spec("a"), world_.spec("b", 1, 1)}, {world_.spec("c")}, {world_.spec("d")}});
  const auto rng = make_rng(1);
  put_out(*set, 0);
  const PickResult full = pick(*set, world_.query(), *rng);
  EXPECT_EQ(full.endpoint->name(), "b");
  EXPECT_EQ(full.group, 0u);
  const PickResult next = pick(*set, world_.query(), *rng);
  EXPECT_EQ(next.endpoint->name(), "c");
  EXPECT_EQ(next.group, 1u);
  EXPECT_EQ(pick_in_group(*set, 0, world_.query(), *rng).endpoint, nullptr);
  EXPECT_EQ(pick_in_group(*set, 2, world_.query(), *rng).endpoint->name(), "d");
  EXPECT_EQ(pick_in_group(*set, 2, world_.query(), *rng).group, 2u);
}

TEST_F(PickerTest, NoMoreThanTheLimitAreInFlight) {
  const auto set = world_.set({{world_.spec("a", 1, 2)}});
  const auto rng = make_rng(1);
  PickResult first = pick(*set, world_.query(), *rng);
  const PickResult second = pick(*set, world_.query(), *rng);
  EXPECT_NE(second.endpoint, nullptr);
  PickResult third = pick(*set, world_.query(), *rng);
  EXPECT_EQ(third.endpoint, nullptr);
  EXPECT_EQ(third.shortage, Shortage::full);
  first.permit.release();
  EXPECT_NE(pick(*set, world_.query(), *rng).endpoint, nullptr);
}

TEST_F(PickerTest, SaysWhatPassesSoonestWhenThereIsNobody) {
  const auto rng = make_rng(1);
  const auto set = world_.equal(3);
  PickQuery query = world_.query();
  const auto nobody = [](const Endpoint&) { return false; };
  query.eligible = nobody;
  EXPECT_EQ(pick(*set, query, *rng).shortage, Shortage::incapable);

  query = world_.query();
  const std::uint16_t tried[] = {0, 1, 2};
  query.excluded = tried;
  EXPECT_EQ(pick(*set, query, *rng).shortage, Shortage::excluded);
  EXPECT_EQ(pick(*set, query, *rng).earliest_return, std::nullopt);

  put_out(*set, 0, seconds(30));
  put_out(*set, 1, seconds(7));
  put_out(*set, 2, seconds(9));
  const PickResult evicted = pick(*set, world_.query(), *rng);
  EXPECT_EQ(evicted.shortage, Shortage::evicted);
  EXPECT_EQ(evicted.reason, PickReason::none);
  EXPECT_EQ(evicted.earliest_return, world_.clock.now() + seconds(7));

  query = world_.query();
  const std::uint16_t sooner[] = {1};  // it could not serve this request anyway
  query.excluded = sooner;
  EXPECT_EQ(pick(*set, query, *rng).earliest_return, world_.clock.now() + seconds(9));
}

TEST_F(PickerTest, AnEndpointThatComesBackGetsOneProbe) {
  const auto set = world_.equal(2);
  put_out(*set, 0, seconds(5));
  world_.clock.advance(seconds(5));
  const auto rng = make_rng(1);
  int probes = 0;
  std::vector<PickResult> held;
  for (int i = 0; i < 50; ++i) {
    held.push_back(pick(*set, world_.query(), *rng));
    if (held.back().endpoint->name() != "e0") continue;
    ++probes;
    EXPECT_TRUE(held.back().probe);
    EXPECT_EQ(held.back().reason, PickReason::probe);
  }
  EXPECT_EQ(probes, 1);
}

TEST_F(PickerTest, AProbeThatIsCancelledIsGivenBack) {
  const auto set = world_.equal(1);
  put_out(*set, 0, seconds(5));
  world_.clock.advance(seconds(5));
  const auto rng = make_rng(1);
  {
    const PickResult probe = pick(*set, world_.query(), *rng);
    EXPECT_TRUE(probe.probe);
    const PickResult none = pick(*set, world_.query(), *rng);
    EXPECT_EQ(none.endpoint, nullptr);
    EXPECT_EQ(none.shortage, Shortage::evicted);
    EXPECT_GT(none.earliest_return, world_.clock.now());
  }
  EXPECT_TRUE(pick(*set, world_.query(), *rng).probe);
}

TEST_F(PickerTest, AProbeNeedsTheLeaseOfEveryScopeThatIsOut) {
  const auto set = world_.equal(1);
  Cell& cell = cell_of(*set, 0);
  const TimePoint now = world_.clock.now();
  evict(cell, Scope::endpoint, now + seconds(5), now);
  evict(cell, Scope::key_model, now + seconds(5), now);
  world_.clock.advance(seconds(5));
  ASSERT_TRUE(cell.eviction(Scope::key_model).try_lease(world_.clock.now()));
  const auto rng = make_rng(1);
  EXPECT_EQ(pick(*set, world_.query(), *rng).endpoint, nullptr);
  EXPECT_TRUE(cell.eviction(Scope::endpoint).try_lease(world_.clock.now()));  // not kept
  cell.eviction(Scope::endpoint).give_back_lease();
  cell.eviction(Scope::key_model).give_back_lease();
  EXPECT_TRUE(pick(*set, world_.query(), *rng).probe);
}

TEST_F(PickerTest, ARequestThatCannotBeRepeatedIsNoProbe) {
  const auto set = world_.equal(1);
  put_out(*set, 0, seconds(5));
  world_.clock.advance(seconds(5));
  PickQuery query = world_.query();
  query.may_probe = false;
  const auto rng = make_rng(1);
  EXPECT_EQ(pick(*set, query, *rng).endpoint, nullptr);
}

TEST_F(PickerTest, AFullEndpointThatComesBackKeepsItsLease) {
  const auto set = world_.set({{world_.spec("a", 1, 1)}});
  const auto rng = make_rng(1);
  const PickResult held = pick(*set, world_.query(), *rng);
  put_out(*set, 0, seconds(5));
  world_.clock.advance(seconds(5));
  EXPECT_EQ(pick(*set, world_.query(), *rng).shortage, Shortage::full);
  EXPECT_TRUE(cell_of(*set, 0).eviction(Scope::endpoint).try_lease(world_.clock.now()));
}

TEST_F(PickerTest, TheLastResortIsTheNearestReturn) {
  const auto set = world_.set({{world_.spec("a"), world_.spec("b")}, {world_.spec("c")}});
  put_out(*set, 0, seconds(30));
  put_out(*set, 1, seconds(20));
  put_out(*set, 2, seconds(10));
  PickQuery query = world_.query();
  query.last_resort = true;
  const auto rng = make_rng(1);
  const PickResult result = pick(*set, query, *rng);
  EXPECT_EQ(result.endpoint->name(), "c");
  EXPECT_EQ(result.group, 1u);
  EXPECT_EQ(result.reason, PickReason::last_resort);
  EXPECT_FALSE(result.probe);
  EXPECT_TRUE(result.permit.last_resort());

  const std::uint16_t tried[] = {2};
  query.excluded = tried;
  EXPECT_EQ(pick(*set, query, *rng).endpoint->name(), "b");
}

TEST_F(PickerTest, AmongEqualReturnsTheLastResortIsTheCheapest) {
  const auto set = world_.equal(3);
  world_.sample(cell_of(*set, 0), 500);
  world_.sample(cell_of(*set, 1), 100);
  world_.sample(cell_of(*set, 2), 300);
  for (std::size_t i = 0; i < 3; ++i) put_out(*set, i);
  PickQuery query = world_.query();
  query.last_resort = true;
  const auto rng = make_rng(1);
  EXPECT_EQ(pick(*set, query, *rng).endpoint->name(), "e1");
}

TEST_F(PickerTest, ALoserThatWasSilentForLongGetsOneRequestOutOfTurn) {
  const auto set = world_.equal(2);
  world_.sample(cell_of(*set, 0), 10'000);
  world_.clock.advance(Settings{}.out_of_turn_after);
  world_.sample(cell_of(*set, 1), 100);
  PickResult result = pick_scripted(*set, {1});
  EXPECT_EQ(result.endpoint->name(), "e0");
  EXPECT_EQ(result.reason, PickReason::out_of_turn);
  EXPECT_EQ(pick_scripted(*set, {0}).endpoint->name(), "e1");  // one is on its way
  result = {};
  EXPECT_EQ(pick_scripted(*set, {0}).endpoint->name(), "e1");  // it had its turn
  world_.clock.advance(Settings{}.out_of_turn_after);
  world_.sample(cell_of(*set, 1), 100);
  EXPECT_EQ(pick_scripted(*set, {0}).reason, PickReason::out_of_turn);
}

TEST_F(PickerTest, WhoStillWorksOnARequestIsNotSilent) {
  const auto set = world_.equal(2);
  const PickResult stream = pick_scripted(*set, {0});
  world_.sample(cell_of(*set, 0), 10'000);
  world_.clock.advance(seconds(60));
  world_.sample(cell_of(*set, 1), 100);
  EXPECT_EQ(pick_scripted(*set, {0}).reason, PickReason::cheaper);
}

TEST_F(PickerTest, WhenBothWereSilentOneInEightGoesToTheWorse) {
  const auto set = world_.equal(2);
  world_.sample(cell_of(*set, 0), 10'000);
  world_.sample(cell_of(*set, 1), 100);
  world_.clock.advance(seconds(60));
  EXPECT_EQ(pick_scripted(*set, {0, 3}).endpoint->name(), "e1");
  const PickResult turn = pick_scripted(*set, {1, 0});
  EXPECT_EQ(turn.endpoint->name(), "e0");
  EXPECT_EQ(turn.reason, PickReason::out_of_turn);
}

TEST_F(PickerTest, ModelsLeftToTheRequestHaveFiguresOfTheirOwn) {
  EndpointSpec a{"a", 1, 0, world_.table.find_or_make({"p", "a", "", "k", ""}, world_.clock.now())};
  EndpointSpec b{"b", 1, 0, world_.table.find_or_make({"p", "b", "", "k", ""}, world_.clock.now())};
  const auto set = world_.set({{std::move(a), std::move(b)}});
  Cell& slow = learn_model(cell_of(*set, 0), "m1", world_.clock.now());
  world_.sample(slow, 9'000);
  world_.sample(learn_model(cell_of(*set, 1), "m1", world_.clock.now()), 100);
  PickQuery query = world_.query();
  query.model = model_hash("m1");
  ScriptedRng rng{0, 0};
  const PickResult m1 = pick(*set, query, rng);
  EXPECT_EQ(m1.endpoint->name(), "b");
  EXPECT_NE(m1.permit.cell(), &cell_of(*set, 1));
  query.model = model_hash("unheard of");
  const PickResult other = pick(*set, query, rng);
  EXPECT_EQ(other.endpoint->name(), "a");
  EXPECT_EQ(other.permit.cell(), &cell_of(*set, 0));
}

TEST_F(PickerTest, TheLimitCountsAllModelsOfAnEndpoint) {
  EndpointSpec a{"a", 1, 1, world_.table.find_or_make({"p", "a", "", "k", ""}, world_.clock.now())};
  const auto set = world_.set({{std::move(a)}});
  learn_model(cell_of(*set, 0), "m1", world_.clock.now());
  PickQuery query = world_.query();
  query.model = model_hash("m1");
  const auto rng = make_rng(1);
  const PickResult held = pick(*set, query, *rng);
  ASSERT_NE(held.endpoint, nullptr);
  query.model = model_hash("m2");
  EXPECT_EQ(pick(*set, query, *rng).shortage, Shortage::full);
}

TEST(ReasonName, IsWhatLogsSay) {
  EXPECT_EQ(reason_name(PickReason::none), "none");
  EXPECT_EQ(reason_name(PickReason::out_of_turn), "out_of_turn");
  EXPECT_EQ(reason_name(PickReason::last_resort), "last_resort");
  EXPECT_EQ(shortage_name(Shortage::nothing), "nothing");
  EXPECT_EQ(shortage_name(Shortage::full), "full");
}

}  // namespace
}  // namespace headgate::select
