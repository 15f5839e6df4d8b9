#include "core/select/cell_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/select/milliseconds.hpp"
#include "tests/support/manual_clock.hpp"

namespace headgate::select {
namespace {

using std::chrono::seconds;

class CellTableTest : public testing::Test {
 protected:
  std::shared_ptr<Cell> cell(const std::string& key, const std::string& model,
                             const std::string& authority = "a:443") {
    return table_.find_or_make({"plugin", authority, "/v1", key, model}, clock_.now());
  }
  bool out(const std::shared_ptr<Cell>& cell) const {
    EXPECT_EQ(cell->quick_state(clock_.now()), cell->state(clock_.now()));
    return cell->state(clock_.now()) != ServiceState::in_service;
  }
  bool put_out(const std::shared_ptr<Cell>& cell, Scope scope) {
    return evict(*cell, scope, clock_.now() + seconds(10), clock_.now()).changed;
  }

  ManualClock clock_;
  CellTable table_;
};

TEST_F(CellTableTest, GivesTheSameCellForTheSameKeyOverReloads) {
  std::shared_ptr<Cell> first = cell("k", "m");
  Cell* const address = first.get();
  first->ttft.add(123, to_stamp(clock_.now()), kLatencyHalfLifeMs);
  first.reset();
  EXPECT_EQ(cell("k", "m").get(), address);
  EXPECT_EQ(cell("k", "m")->ttft.value(), 123);
}

TEST_F(CellTableTest, EachPartOfTheKeyMakesAnotherCell) {
  const CellKey base{"plugin", "a:443", "/v1", "k", "m"};
  std::set<Cell*> cells{table_.find_or_make(base, clock_.now()).get()};
  for (int part = 0; part < 5; ++part) {
    CellKey other = base;
    std::string* const parts[] = {&other.provider, &other.authority, &other.base_path,
                                  &other.key_fingerprint, &other.model};
    *parts[part] += "x";
    cells.insert(table_.find_or_make(other, clock_.now()).get());
  }
  EXPECT_EQ(cells.size(), 6u);
}

// Far apart, a pick among thousands of endpoints would take three times as long.
TEST_F(CellTableTest, CellsOfDifferentTargetsStandSideBySide) {
  const std::shared_ptr<Cell> first = cell("k", "m", "a:443");
  for (int i = 1; i < 10; ++i)
    EXPECT_EQ(cell("k", "m", "a" + std::to_string(i)).get(), first.get() + i);
}

TEST_F(CellTableTest, PlacesOfForgottenCellsAreUsedAgainAndBeginAnew) {
  Cell* const kept = cell("k", "m", "kept").get();
  const std::shared_ptr<Cell> hold_kept = cell("k", "m", "kept");
  Cell* const forgotten = cell("k", "m", "forgotten").get();
  forgotten->ttft.add(123, to_stamp(clock_.now()), kLatencyHalfLifeMs);
  table_.prune();
  const std::shared_ptr<Cell> next = cell("k", "m", "next");
  EXPECT_EQ(next.get(), forgotten);
  EXPECT_TRUE(next->ttft.empty());
  EXPECT_EQ(cell("k", "m", "kept").get(), kept);
  EXPECT_NE(cell("k", "m", "more").get(), next.get());
}

TEST_F(CellTableTest, ManyMoreCellsThanASlabAreAllDifferent) {
  std::set<Cell*> cells;
  for (int i = 0; i < 500; ++i) cells.insert(cell("k", "m", std::to_string(i)).get());
  EXPECT_EQ(cells.size(), 500u);
}

TEST_F(CellTableTest, AScopeTakesOutWhatItCoversAndNothingElse) {
  struct Case {
    Scope scope;
    std::array<bool, 5> out;  // k1/m1, k1/m2, k2/m1, k2/m2, another authority's k1/m1
  };
  const Case cases[] = {{Scope::endpoint, {true, true, true, true, false}},
                        {Scope::key, {true, true, false, false, false}},
                        {Scope::model, {true, false, true, false, false}},
                        {Scope::key_model, {true, false, false, false, false}}};
  const std::array<std::shared_ptr<Cell>, 5> cells = {cell("k1", "m1"), cell("k1", "m2"),
                                                      cell("k2", "m1"), cell("k2", "m2"),
                                                      cell("k1", "m1", "b:443")};
  for (const Case& each : cases) {
    ASSERT_TRUE(put_out(cells[0], each.scope));
    for (std::size_t i = 0; i < cells.size(); ++i)
      EXPECT_EQ(out(cells[i]), each.out[i]) << scope_name(each.scope) << " " << i;
    restore(*cells[0], each.scope, clock_.now());
    for (const auto& each_cell : cells) EXPECT_FALSE(out(each_cell));
  }
}

TEST_F(CellTableTest, ACellMadeLaterJoinsAnEvictionThatStands) {
  put_out(cell("k1", "m1"), Scope::endpoint);
  EXPECT_TRUE(out(cell("k9", "m9")));
}

TEST_F(CellTableTest, IsSeenOutAgainAfterEachOfManyEvictions) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(out(c));
    EXPECT_EQ(c->attention, 0u);  // the next look is short again
    put_out(c, Scope::key);
    EXPECT_TRUE(out(c));
    restore(*c, Scope::key, clock_.now());
  }
}

TEST_F(CellTableTest, ReturnsWhenTheLastOfItsScopesReturns) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  EXPECT_EQ(c->returns_at(), TimePoint{});
  evict(*c, Scope::key, clock_.now() + seconds(5), clock_.now());
  evict(*c, Scope::model, clock_.now() + seconds(9), clock_.now());
  EXPECT_EQ(c->returns_at(), clock_.now() + seconds(9));
  clock_.advance(seconds(6));
  EXPECT_EQ(c->state(clock_.now()), ServiceState::out);  // one half-open, one out
}

TEST_F(CellTableTest, OneThatIsHeldBackIsOutUntilThenAndNothingIsHeldAgainstIt) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  c->slow_start_since = 0;
  c->failures.add(1, to_stamp(clock_.now()), kHealthHalfLifeMs);
  const double health = c->health_at(to_stamp(clock_.now()));
  ASSERT_TRUE(hold_back(*c, clock_.now() + seconds(10)));
  EXPECT_TRUE(out(c));
  EXPECT_FALSE(out(cell("k", "m2")));
  EXPECT_FALSE(out(cell("k2", "m")));
  EXPECT_EQ(c->evicted_state(clock_.now()), ServiceState::in_service);
  EXPECT_EQ(c->returns_at(), clock_.now() + seconds(10));
  EXPECT_EQ(c->eviction_ends_at(), TimePoint{});
  EXPECT_EQ(c->health_at(to_stamp(clock_.now())), health);

  clock_.advance(seconds(10) - std::chrono::milliseconds(1));
  EXPECT_TRUE(out(c));
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(out(c));  // at once and for everybody, not half-open
  EXPECT_EQ(c->slow_start_since, 0u);
  EXPECT_EQ(c->eviction(Scope::key_model).total(), 0u);
}

TEST_F(CellTableTest, BeingHeldBackOnlyExtends) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  hold_back(*c, clock_.now() + seconds(10));
  hold_back(*c, clock_.now() + seconds(2));
  EXPECT_EQ(c->returns_at(), clock_.now() + seconds(10));
  hold_back(*c, clock_.now() + seconds(12));
  EXPECT_EQ(c->returns_at(), clock_.now() + seconds(12));
}

TEST_F(CellTableTest, BeingHeldBackDoesNotHideAnEviction) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  put_out(c, Scope::key);  // for 10 s
  hold_back(*c, clock_.now() + seconds(2));
  EXPECT_EQ(c->returns_at(), clock_.now() + seconds(10));
  clock_.advance(seconds(3));
  EXPECT_EQ(c->state(clock_.now()), ServiceState::out);
  clock_.advance(seconds(7));
  EXPECT_EQ(c->state(clock_.now()), ServiceState::half_open);
}

TEST_F(CellTableTest, ACellOfManyModelsIsNotHeldBackForOneOfThem) {
  const std::shared_ptr<Cell> base = cell("k", "");
  EXPECT_FALSE(hold_back(*base, clock_.now() + seconds(10)));
  EXPECT_FALSE(out(base));
  EXPECT_TRUE(hold_back(learn_model(*base, "m", clock_.now()), clock_.now() + seconds(10)));
  EXPECT_FALSE(out(base));
}

TEST_F(CellTableTest, ARestoreClearsWhatWasCountedAndStartsSlowly) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  c->slow_start_since = 0;
  c->failures.add(3, to_stamp(clock_.now()), 30'000);
  c->consecutive_failures = 3;
  put_out(c, Scope::endpoint);
  restore(*c, Scope::endpoint, clock_.now());
  EXPECT_EQ(c->health_at(to_stamp(clock_.now())), 1);
  EXPECT_EQ(c->consecutive_failures, 0u);
  EXPECT_EQ(c->slow_start(to_stamp(clock_.now()), 10'000, 0.1), 0.1);
}

TEST_F(CellTableTest, ARestoreOfWhatIsInServiceChangesNothing) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  c->consecutive_failures = 2;
  restore(*c, Scope::endpoint, clock_.now());
  EXPECT_EQ(c->consecutive_failures, 2u);
}

TEST_F(CellTableTest, AReturnMayBeGivenAHealth) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  c->successes.add(50, to_stamp(clock_.now()), 30'000);
  evict(*c, Scope::endpoint, clock_.now() + seconds(5), clock_.now(), 0.5);
  restore(*c, Scope::endpoint, clock_.now());
  EXPECT_NEAR(c->health_at(to_stamp(clock_.now())), 0.5, 1e-6);
}

TEST_F(CellTableTest, TheHealthOfAReturnHoldsForOneReturnOnly) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  evict(*c, Scope::endpoint, clock_.now() + seconds(5), clock_.now(), 0.2);
  c->failures.add(7, to_stamp(clock_.now()), kHealthHalfLifeMs);
  restore(*c, Scope::endpoint, clock_.now());
  EXPECT_NEAR(c->health_at(to_stamp(clock_.now())), 0.2, 1e-6);
  put_out(c, Scope::endpoint);
  restore(*c, Scope::endpoint, clock_.now());
  EXPECT_EQ(c->health_at(to_stamp(clock_.now())), 1);
}

TEST_F(CellTableTest, AReturnWithLittleHealthHealsBySuccessesAndByTime) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  evict(*c, Scope::endpoint, clock_.now() + seconds(5), clock_.now(), 0.2);
  restore(*c, Scope::endpoint, clock_.now());
  c->successes.add(8, to_stamp(clock_.now()), kHealthHalfLifeMs);
  // 8 failures stand for 0.2 over the prior of 2: 10 / 18 with as many successes.
  EXPECT_NEAR(c->health_at(to_stamp(clock_.now())), 10.0 / 18, 1e-6);
  clock_.advance(seconds(30));
  EXPECT_NEAR(c->health_at(to_stamp(clock_.now())), 6.0 / 10, 1e-3);
}

TEST_F(CellTableTest, AModelGetsItsCellWhenItHasAnswered) {
  const std::shared_ptr<Cell> base = cell("k", "");
  ASSERT_NE(base->models, nullptr);
  EXPECT_EQ(base->models->find(model_hash("m1")), nullptr);
  Cell& learned = learn_model(*base, "m1", clock_.now());
  EXPECT_NE(&learned, base.get());
  EXPECT_EQ(learned.model, "m1");
  EXPECT_EQ(base->models->find(model_hash("m1")), &learned);
  EXPECT_EQ(&learn_model(*base, "m1", clock_.now()), &learned);
  EXPECT_EQ(cell("k", "m1").get(), &learned);  // the same as a configured one
}

TEST_F(CellTableTest, MoreModelsThanTheLimitShareOneCell) {
  const std::shared_ptr<Cell> base = cell("k", "");
  std::set<Cell*> learned;
  for (std::size_t i = 0; i < ModelCells::kModelsMax; ++i)
    learned.insert(&learn_model(*base, "m" + std::to_string(i), clock_.now()));
  EXPECT_EQ(learned.size(), ModelCells::kModelsMax);
  EXPECT_EQ(learned.count(base.get()), 0u);
  EXPECT_EQ(&learn_model(*base, "one more", clock_.now()), base.get());
  for (std::size_t i = 0; i < ModelCells::kModelsMax; ++i)
    EXPECT_NE(base->models->find(model_hash("m" + std::to_string(i))), nullptr);

  const std::shared_ptr<Cell> configured = cell("k", "another");
  EXPECT_NE(configured, base);
  EXPECT_EQ(cell("k", "a third"), configured);
  EXPECT_EQ(configured->models, nullptr);
  EXPECT_NE(cell("k2", "another"), configured);  // the limit is per key
}

TEST_F(CellTableTest, ACellOfOneModelLearnsNoOther) {
  const std::shared_ptr<Cell> c = cell("k", "m");
  EXPECT_EQ(&learn_model(*c, "other", clock_.now()), c.get());
  const std::shared_ptr<Cell> base = cell("k", "");
  EXPECT_EQ(&learn_model(*base, "", clock_.now()), base.get());
}

TEST_F(CellTableTest, AModelOfTheClientsChoiceDoesNotEvictTheOthers) {
  const std::shared_ptr<Cell> base = cell("k", "");
  EXPECT_FALSE(put_out(base, Scope::model));
  EXPECT_FALSE(out(base));
  Cell& learned = learn_model(*base, "m1", clock_.now());
  EXPECT_TRUE(evict(learned, Scope::model, clock_.now() + seconds(1), clock_.now()));
  EXPECT_FALSE(out(base));
}

TEST_F(CellTableTest, ForgetsTargetsThatNothingUses) {
  std::shared_ptr<Cell> kept = cell("k", "m");
  cell("k", "m", "b:443");
  EXPECT_EQ(table_.targets(), 2u);
  table_.prune();
  EXPECT_EQ(table_.targets(), 1u);
  kept.reset();
  table_.prune();
  EXPECT_EQ(table_.targets(), 0u);
}

TEST_F(CellTableTest, ACellOutlivesTheTable) {
  auto table = std::make_unique<CellTable>();
  const std::shared_ptr<Cell> c = table->find_or_make({"p", "a", "", "", "m"}, clock_.now());
  table.reset();
  EXPECT_TRUE(put_out(c, Scope::endpoint));
}

TEST(Cell, WhatAPickReadsIsOneCacheLine) {
  ManualClock clock;
  CellTable table;
  const std::shared_ptr<Cell> cell = table.find_or_make({"p", "a", "", "", "m"}, clock.now());
  const auto start = reinterpret_cast<std::uintptr_t>(cell.get());
  const auto end =
      reinterpret_cast<std::uintptr_t>(&cell->consecutive_failures) + sizeof(std::uint32_t);
  EXPECT_EQ(start % 128, 0u);
  EXPECT_LE(end - start, 64u);
}

}  // namespace
}  // namespace headgate::select
