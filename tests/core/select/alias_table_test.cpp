#include "core/select/alias_table.hpp"

#include <gtest/gtest.h>

#include "tests/support/scripted_rng.hpp"

namespace headgate::select {
namespace {

using Weights = std::vector<std::uint32_t>;

std::vector<double> shares(const Weights& weights, int draws) {
  const AliasTable table(weights);
  const auto rng = make_rng(7);
  std::vector<double> counts(weights.size());
  for (int i = 0; i < draws; ++i) counts.at(table.draw(*rng)) += 1.0 / draws;
  return counts;
}

TEST(AliasTable, DrawsInProportionToTheWeights) {
  const Weights weights = {1, 2, 3, 0, 10, 4};
  const std::vector<double> found = shares(weights, 400'000);
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_NEAR(found[i], weights[i] / 20.0, 0.004) << i;
}

TEST(AliasTable, NeverDrawsAWeightOfZero) {
  EXPECT_EQ(shares({3, 0, 7, 0}, 50'000)[1], 0);
  EXPECT_EQ(shares({0, 1}, 1'000)[0], 0);
}

TEST(AliasTable, EqualWeightsNeedOnePlainDraw) {
  const AliasTable table(Weights{5, 5, 5});
  EXPECT_TRUE(table.uniform());
  ScriptedRng rng{2, 0};
  EXPECT_EQ(table.draw(rng), 2u);
  EXPECT_EQ(table.draw(rng), 0u);
  EXPECT_EQ(rng.bounds, (Weights{3, 3}));
}

TEST(AliasTable, ExtremeWeightsDoNotOverflow) {
  Weights weights(65'535, UINT32_MAX);
  weights[17] = 0;
  const AliasTable table(weights);
  EXPECT_FALSE(table.uniform());
  const auto rng = make_rng(3);
  for (int i = 0; i < 10'000; ++i) ASSERT_NE(table.draw(*rng), 17u);
}

TEST(AliasTable, TheLastPointOfTheRangeIsStillAnIndex) {
  const AliasTable table(Weights{1, 2, 3});
  ScriptedRng rng({}, {0x1.fffffffffffffp-1, 0.0});
  EXPECT_LT(table.draw(rng), 3u);
  EXPECT_LT(table.draw(rng), 3u);
}

TEST(AliasTable, IsEmptyWithoutWeights) {
  EXPECT_TRUE(AliasTable(Weights{}).empty());
  EXPECT_TRUE(AliasTable(Weights{0, 0}).empty());
  EXPECT_FALSE(AliasTable(Weights{1}).empty());
}

}  // namespace
}  // namespace headgate::select
