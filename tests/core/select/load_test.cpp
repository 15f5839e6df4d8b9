#include "core/select/load.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace headgate::select {
namespace {

constexpr std::uint32_t kNow = 5'000;

void spread(Load& load) {
  load.collide(kNow);
  load.collide(kNow);
  ASSERT_TRUE(load.is_spread());
}

// On a thread that has counted nothing before, like another worker.
template <class Do>
void elsewhere(const Do& what) {
  std::thread(what).join();
}

TEST(Load, CountsRequestsAndTokensApart) {
  Load load;
  for (int i = 0; i < 1'000; ++i) load.add(Load::kRequestTokensMax, kNow);
  Load::Word& counted = load.add(7, kNow);
  EXPECT_EQ(load.requests(), 1'001);
  EXPECT_EQ(load.tokens(), 10'000'000'007);
  for (int i = 0; i < 1'000; ++i) Load::remove(counted, Load::kRequestTokensMax);
  EXPECT_EQ(load.requests(), 1);
  EXPECT_EQ(load.tokens(), 7);
  EXPECT_EQ(load.tokens_seen(kNow), 7);
  EXPECT_FALSE(load.is_spread());
}

TEST(Load, TheLimitIsOnRequests) {
  Load load;
  EXPECT_TRUE(load.try_add(5, 2, kNow));
  EXPECT_FALSE(load.full(2));
  EXPECT_TRUE(load.try_add(5, 2, kNow));
  EXPECT_TRUE(load.full(2));
  EXPECT_FALSE(load.try_add(5, 2, kNow));
  EXPECT_EQ(load.requests(), 2);  // undone
  EXPECT_EQ(load.tokens(), 10);
  EXPECT_TRUE(load.try_add(5, 3, kNow));  // the limit was raised
  EXPECT_TRUE(load.try_add(5, 0, kNow));  // and lifted
  EXPECT_FALSE(load.full(0));
}

TEST(Load, IsSpreadWhereThreadsMeetAgainSoon) {
  Load load;
  load.collide(kNow);
  load.collide(kNow + 101);
  EXPECT_FALSE(load.is_spread());
  Load another;
  another.collide(kNow + 101);
  load.collide(kNow + 101);
  EXPECT_FALSE(load.is_spread());
  EXPECT_FALSE(another.is_spread());
  load.collide(kNow + 201);
  EXPECT_TRUE(load.is_spread());
  load.collide(kNow + 202);  // more of it changes nothing
  EXPECT_TRUE(load.is_spread());
}

TEST(Load, WhatWasCountedBeforeItWasSpreadGoesWhereItCameFrom) {
  Load load;
  Load::Word& before = load.add(100, kNow);
  spread(load);
  Load::Word& after = load.add(20, kNow);
  EXPECT_NE(&before, &after);
  EXPECT_EQ(load.requests(), 2);
  EXPECT_EQ(load.tokens(), 120);
  EXPECT_EQ(load.tokens_seen(kNow), 120);
  Load::remove(before, 100);
  EXPECT_EQ(load.requests(), 1);
  EXPECT_EQ(load.tokens_seen(kNow), 20);
  Load::remove(after, 20);
  EXPECT_EQ(load.requests(), 0);
  EXPECT_EQ(load.tokens(), 0);
}

TEST(Load, ASpreadOneIsSeenExactlyByWhoCountsAndSoonByOthers) {
  Load load;
  spread(load);
  Load::Word& own = load.add(5, kNow);
  EXPECT_EQ(load.tokens_seen(kNow), 5);
  Load::Word* other = nullptr;
  elsewhere([&load, &other] { other = &load.add(1'000, kNow); });
  EXPECT_NE(other, &own);
  EXPECT_EQ(load.tokens(), 1'005);  // who asks for all of it gets it
  EXPECT_EQ(load.tokens_seen(kNow + 9), 5);
  EXPECT_EQ(load.tokens_seen(kNow + 10), 1'005);
  elsewhere([other] { Load::remove(*other, 1'000); });
  Load::remove(own, 5);
  EXPECT_EQ(load.tokens_seen(kNow + 10), 1'000);
  EXPECT_EQ(load.tokens_seen(kNow + 20), 0);
}

TEST(Load, TheLimitHoldsOverThreadsAlsoWhereItWasSpread) {
  Load load;
  spread(load);
  Load::Word& unlimited = load.add(1, kNow);
  elsewhere([&load] { load.add(1, kNow); });
  EXPECT_TRUE(load.full(2));
  EXPECT_FALSE(load.try_add(1, 2, kNow));
  Load::Word* const third = load.try_add(1, 3, kNow);
  ASSERT_NE(third, nullptr);
  EXPECT_FALSE(load.try_add(1, 3, kNow));
  EXPECT_EQ(load.requests(), 3);
  Load::remove(unlimited, 1);
  Load::remove(*third, 1);
  EXPECT_EQ(load.requests(), 1);
}

}  // namespace
}  // namespace headgate::select
